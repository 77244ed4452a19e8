"""Is a surface drifter caught in an eddy? Velocity records of unequal length through a packed GRU."""
import numpy as np
import torch
import torch.nn as nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_sequence
from torch.utils.data import DataLoader, Dataset


class Drifters(Dataset):
    """Six-hourly (u, v) in m/s from 16 to 40 fixes per drifter."""

    def __init__(self, n, seed):
        rng = np.random.default_rng(seed)
        self.tracks, self.trapped = [], []
        for _ in range(n):
            length = int(rng.integers(16, 41))
            t = np.arange(length)
            drift = rng.normal(0, 0.15, 2)
            noise = np.zeros((length, 2))
            for k in range(1, length):
                noise[k] = 0.8 * noise[k - 1] + rng.normal(0, 0.08, 2)
            uv = drift + noise
            trapped = rng.random() < 0.5
            phase, swirl = rng.uniform(0, 2 * np.pi), rng.uniform(0.10, 0.30)
            period = rng.uniform(8, 16) * rng.choice([-1, 1])
            angle = 2 * np.pi * t / period + phase
            if trapped:
                uv = uv + swirl * np.stack([np.cos(angle), np.sin(angle)], axis=1)
            else:
                uv = uv + swirl * np.stack([np.cos(angle), np.cos(angle + 0.2)], axis=1)
            self.tracks.append(torch.tensor(uv / 0.25, dtype=torch.float32))
            self.trapped.append(int(trapped))

    def __len__(self):
        return len(self.tracks)

    def __getitem__(self, i):
        return self.tracks[i], self.trapped[i]


def collate(items):
    tracks = sorted((track for track, _ in items), key=len, reverse=True)
    labels = torch.tensor([label for _, label in items])
    lengths = torch.tensor([len(track) for track in tracks])
    return pad_sequence(tracks, batch_first=True), lengths, labels


class LoopNet(nn.Module):
    def __init__(self, hidden=32):
        super().__init__()
        self.gru = nn.GRU(2, hidden, batch_first=True)
        self.head = nn.Linear(hidden, 2)

    def forward(self, padded, lengths):
        packed = pack_padded_sequence(padded, lengths, batch_first=True)
        _, last = self.gru(packed)
        return self.head(last[-1])


def run():
    torch.manual_seed(3)
    train, test = Drifters(500, seed=3), Drifters(300, seed=4)
    loader = DataLoader(train, batch_size=20, shuffle=True, collate_fn=collate)
    net = LoopNet()
    opt = torch.optim.Adam(net.parameters(), lr=4e-3)
    for epoch in range(9):
        net.train()
        mean_loss = 0.0
        for padded, lengths, labels in loader:
            loss = nn.functional.cross_entropy(net(padded, lengths), labels)
            opt.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            opt.step()
            mean_loss += loss.item() / len(loader)
        print(f"epoch {epoch + 1:2d} cross-entropy {mean_loss:.4f}")
    net.eval()
    with torch.no_grad():
        right = sum(net(track[None], torch.tensor([len(track)])).argmax().item() == label for track, label in test)
    print(f"metric: accuracy {right / len(test):.4f}")


if __name__ == "__main__":
    run()
