"""Tag every ten-minute step of a disdrometer record: 0 stratiform, 1 convective, 2 transition.

Events differ in length; they are padded to the longest one of the batch."""
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader

PAD_LENGTH = 90


def event(rng):
    steps = int(np.clip(rng.lognormal(2.7, 0.6), 6, PAD_LENGTH))
    state, states = rng.integers(0, 3), []
    for _ in range(steps):
        if rng.random() < 0.12:
            state = (state + rng.integers(1, 3)) % 3
        states.append(state)
    states = np.array(states)
    log_rain = np.array([0.3, 1.2, 0.7])[states] + rng.normal(0, 0.45, steps)
    drop_mm = np.array([1.3, 1.6, 1.1])[states] + rng.normal(0, 0.25, steps)
    width = np.array([0.4, 0.5, 0.6])[states] + rng.normal(0, 0.12, steps)
    return np.stack([log_rain, drop_mm - 1.3, width - 0.5], axis=1).astype(np.float32), states


def pad(events):
    x = torch.zeros(len(events), PAD_LENGTH, 3)
    tags = torch.zeros(len(events), PAD_LENGTH, dtype=torch.long)
    mask = torch.zeros(len(events), PAD_LENGTH, dtype=torch.bool)
    for row, (values, states) in enumerate(events):
        x[row, :len(values)] = torch.from_numpy(values)
        tags[row, :len(states)] = torch.from_numpy(states)
        mask[row, :len(states)] = True
    return x, tags, mask


class Tagger(nn.Module):
    def __init__(self, channels=24):
        super().__init__()
        self.stack = nn.Sequential(
            nn.Conv1d(3, channels, 5, padding=2), nn.ReLU(),
            nn.Conv1d(channels, channels, 5, padding=2), nn.ReLU(),
            nn.Conv1d(channels, 3, 1))

    def forward(self, x):
        return self.stack(x.transpose(1, 2)).transpose(1, 2)


def sequence_loss(logits, tags, mask):
    every = nn.functional.cross_entropy(logits.flatten(0, 1), tags.flatten(), reduction="none")
    return (every * mask.flatten()).sum() / mask.sum()


@torch.no_grad()
def tag_accuracy(model, loader):
    model.eval()
    hits = count = 0
    for x, tags, mask in loader:
        guess = model(x).argmax(-1)
        guess[~mask] = 0
        hits += (guess == tags)[mask].sum().item()
        count += mask.sum().item()
    return hits / count


def main():
    torch.manual_seed(14)
    rng = np.random.default_rng(14)
    train = DataLoader([event(rng) for _ in range(500)], batch_size=20, shuffle=True, collate_fn=pad)
    test = DataLoader([event(rng) for _ in range(300)], batch_size=50, collate_fn=pad)
    model = Tagger()
    opt = torch.optim.Adam(model.parameters(), lr=3e-3)
    for epoch in range(15):
        model.train()
        losses = []
        for x, tags, mask in train:
            loss = sequence_loss(model(x), tags, mask)
            opt.zero_grad()
            loss.backward()
            opt.step()
            losses.append(loss.item())
        if epoch % 5 == 4:
            print(f"epoch {epoch + 1}: loss {np.mean(losses):.4f}  accuracy {tag_accuracy(model, test):.4f}")
    print(f"metric: step_accuracy {tag_accuracy(model, test):.4f}")


if __name__ == "__main__":
    main()
