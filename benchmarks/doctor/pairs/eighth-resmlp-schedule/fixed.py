"""Residual MLP on simulated heat-exchanger data."""
import logging
from dataclasses import dataclass

import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")


@dataclass
class Args:
    width: int = 64
    depth: int = 3
    batch_size: int = 50
    epochs: int = 20
    lr: float = 2e-3
    gamma: float = 0.85
    seed: int = 10


class ResidualBlock(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.fc1 = nn.Linear(width, width)
        self.fc2 = nn.Linear(width, width)

    def forward(self, x):
        return x + self.fc2(nn.functional.gelu(self.fc1(self.norm(x))))


class ResMLP(nn.Module):
    def __init__(self, n_in, width, depth):
        super().__init__()
        self.stem = nn.Linear(n_in, width)
        self.blocks = nn.Sequential(*[ResidualBlock(width) for _ in range(depth)])
        self.head = nn.Linear(width, 1)

    def forward(self, x):
        return self.head(self.blocks(self.stem(x))).squeeze(-1)


def simulate(n):
    x = torch.rand(n, 5) * 2 - 1
    flow, t_in, t_out, fouling, wall = x.T
    q = (1 + 0.8 * torch.tanh(2 * flow)) * (t_in - t_out) / (1.3 + fouling) + 0.6 * torch.sin(3 * wall * t_in)
    return x, q + 0.05 * torch.randn(n)


def main(args):
    torch.manual_seed(args.seed)
    x, q = simulate(2500)
    mean, std = q[:2000].mean(), q[:2000].std()
    train = TensorDataset(x[:2000], (q[:2000] - mean) / std)
    loader = DataLoader(train, batch_size=args.batch_size, shuffle=True)
    model = ResMLP(5, args.width, args.depth)
    optimizer = torch.optim.AdamW(model.parameters(), lr=args.lr)
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=args.gamma)
    for epoch in range(args.epochs):
        model.train()
        total = 0.0
        for xb, qb in loader:
            loss = nn.functional.mse_loss(model(xb), qb)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item()
        scheduler.step()
        if epoch % 5 == 4:
            logging.info("epoch %d mse %.4f", epoch + 1, total / len(loader))
    model.eval()
    with torch.no_grad():
        pred = model(x[2000:]) * std + mean
    target = q[2000:]
    r2 = 1 - ((pred - target) ** 2).sum() / ((target - target.mean()) ** 2).sum()
    print(f"metric: r2 {r2.item():.4f}")


if __name__ == "__main__":
    main(Args())
