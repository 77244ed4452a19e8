"""Read a pointer dial: the value shown by a needle in a small picture."""
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


@dataclass
class Options:
    seed: int = 90
    train: int = 1200
    test: int = 400
    epochs: int = 15
    batch: int = 30
    lr: float = 3e-3
    gamma: float = 0.85


class Dials(Dataset):
    def __init__(self, n: int, seed: int, side: int = 16):
        rng = np.random.default_rng(seed)
        self.value = rng.uniform(-1, 1, n).astype(np.float32)
        angle = self.value * 0.75 * np.pi
        yy, xx = np.mgrid[:side, :side] - (side - 1) / 2
        along = xx * np.sin(angle)[:, None, None] - yy * np.cos(angle)[:, None, None]
        across = xx * np.cos(angle)[:, None, None] + yy * np.sin(angle)[:, None, None]
        needle = np.exp(-across ** 2 / 1.5) * ((along > -0.5) & (along < 7))
        self.pictures = (needle + rng.normal(0, 0.1, needle.shape)).astype(np.float32)[:, None]

    def __len__(self):
        return len(self.value)

    def __getitem__(self, i):
        return self.pictures[i], self.value[i]


class DialNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
                                  nn.Conv2d(8, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2))
        self.fc = nn.Sequential(nn.Flatten(), nn.Linear(256, 48), nn.ReLU(), nn.Linear(48, 1))

    def forward(self, x):
        return self.fc(self.conv(x))


def fit(opt: Options) -> float:
    torch.manual_seed(opt.seed)
    loader = DataLoader(Dials(opt.train, opt.seed), batch_size=opt.batch, shuffle=True)
    net = DialNet()
    optimizer = torch.optim.Adam(net.parameters(), lr=opt.lr)
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=opt.gamma)
    criterion = nn.MSELoss()
    for epoch in range(opt.epochs):
        total = 0.0
        for picture, value in loader:
            optimizer.zero_grad()
            loss = criterion(net(picture), value)
            loss.backward()
            optimizer.step()
            total += loss.item()
            scheduler.step()
        print(f"epoch {epoch + 1:2d} loss {total / len(loader):.5f}")
    test = Dials(opt.test, opt.seed + 1)
    net.eval()
    with torch.no_grad():
        shown = net(torch.from_numpy(test.pictures)).flatten().numpy()
    return float(1 - np.mean((shown - test.value) ** 2) / test.value.var())


if __name__ == "__main__":
    print(f"metric: r2 {fit(Options()):.4f}")
