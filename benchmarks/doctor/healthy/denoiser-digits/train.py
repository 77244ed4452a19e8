"""Convolutional denoiser: clean digits from noisy ones."""

import argparse

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Noisy(Dataset):
    """Pairs of a noisy picture and the clean one; the noise is drawn anew each time."""

    def __init__(self, pictures, sigma, seed=None):
        self.pictures, self.sigma = pictures, sigma
        self.generator = torch.Generator().manual_seed(seed) if seed is not None else None

    def __len__(self):
        return len(self.pictures)

    def __getitem__(self, i):
        clean = self.pictures[i]
        noise = torch.randn(clean.shape, generator=self.generator) * self.sigma
        return clean + noise, clean


class Denoiser(nn.Module):
    def __init__(self, channels=16):
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv2d(1, channels, 3, padding=1),
            nn.BatchNorm2d(channels),
            nn.ReLU(inplace=True),
            nn.Conv2d(channels, channels, 3, padding=1),
            nn.BatchNorm2d(channels),
            nn.ReLU(inplace=True),
            nn.Conv2d(channels, 1, 3, padding=1),
        )

    def forward(self, x):
        return x - self.net(x)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--lr", type=float, default=3e-3)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--sigma", type=float, default=0.3)
    args = parser.parse_args()

    torch.manual_seed(0)
    pictures = torch.tensor(load_digits().images, dtype=torch.float32).unsqueeze(1) / 16
    order = torch.randperm(len(pictures))
    train = DataLoader(Noisy(pictures[order[:1500]], args.sigma), batch_size=args.batch_size, shuffle=True)
    test = DataLoader(Noisy(pictures[order[1500:]], args.sigma, seed=1), batch_size=297)

    model = Denoiser()
    optimizer = torch.optim.Adam(model.parameters(), lr=args.lr)
    criterion = nn.MSELoss()
    for epoch in range(args.epochs):
        model.train()
        for noisy, clean in train:
            optimizer.zero_grad()
            loss = criterion(model(noisy), clean)
            loss.backward()
            optimizer.step()
        print(f"epoch {epoch}: last batch {loss.item():.5f}")

    model.eval()
    with torch.no_grad():
        noisy, clean = next(iter(test))
        before, after = criterion(noisy, clean).item(), criterion(model(noisy), clean).item()
    print(f"mse before {before:.4f}")
    print(f"metric: mse_after {after:.5f}")


if __name__ == "__main__":
    main()
