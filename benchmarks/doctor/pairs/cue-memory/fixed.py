"""A mouse in a virtual corridor: which arm is rewarded is told by the cues it saw on the way."""
from typing import Tuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset


class Corridor(Dataset):
    """Cues left (0), right (1) or none (2) along the corridor; the arm with more cues is rewarded; noise on top."""

    def __init__(self, n: int, seed: int, length: int = 18) -> None:
        rng = np.random.default_rng(seed)
        bias = rng.uniform(0.15, 0.85, (n, 1))
        side = (rng.random((n, length)) < bias).astype(int)
        cue = rng.random((n, length)) < 0.45
        cue[:, -6:] = False                                # delay before the choice
        evidence = np.where(cue, 2 * side - 1, 0)
        self.arm = (evidence.sum(1) + 0.5 * rng.choice([-1, 1], n) > 0).astype(np.int64)
        frames = np.stack([cue & (side == 0), cue & (side == 1)], axis=2).astype(np.float32)
        frames = np.concatenate([frames, rng.random((n, length, 2)).astype(np.float32)], axis=2)
        self.frames = frames - 0.5 + rng.normal(0, 0.1, frames.shape).astype(np.float32)

    def __len__(self) -> int:
        return len(self.arm)

    def __getitem__(self, i: int) -> Tuple[Tensor, Tensor]:
        return torch.from_numpy(self.frames[i]), torch.tensor(self.arm[i])


class Agent(nn.Module):
    def __init__(self, n_in: int = 4, n_hidden: int = 24) -> None:
        super().__init__()
        self.cell = nn.GRUCell(n_in, n_hidden)
        self.choice = nn.Linear(n_hidden, 2)

    def forward(self, frames: Tensor) -> Tensor:
        h = frames.new_zeros(frames.shape[0], self.cell.hidden_size)
        for t in range(frames.shape[1]):
            h = self.cell(frames[:, t], h)
        return self.choice(h)


def main() -> None:
    torch.manual_seed(15)
    train_loader = DataLoader(Corridor(1500, 150), batch_size=50, shuffle=True)
    test_loader = DataLoader(Corridor(500, 151), batch_size=250)
    agent = Agent()
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(agent.parameters(), lr=5e-3)

    for epoch in range(1, 16):
        agent.train()
        losses = []
        for frames, arm in train_loader:
            loss = criterion(agent(frames), arm)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(agent.parameters(), 5.0)
            optimizer.step()
            losses.append(loss.item())
        agent.eval()
        with torch.no_grad():
            out = [(agent(frames), arm) for frames, arm in test_loader]
        logits, arms = torch.cat([o for o, _ in out]), torch.cat([a for _, a in out])
        test_loss = criterion(logits, arms).item()
        correct = (logits.argmax(1) == arms).float().mean().item()
        print(f"session {epoch:2d}: loss {np.mean(losses):.4f}, test loss {test_loss:.4f}, correct choices {correct:.3f}")

    print(f"metric: accuracy {correct:.4f}")


if __name__ == "__main__":
    main()
