"""One step ahead of two mixed oscillations, by an LSTM; options from the command line."""
import argparse

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


def options():
    p = argparse.ArgumentParser()
    p.add_argument("--window", type=int, default=20)
    p.add_argument("--hidden", type=int, default=24)
    p.add_argument("--lr", type=float, default=2e-3)
    p.add_argument("--epochs", type=int, default=16)
    p.add_argument("--batch-size", type=int, default=32)
    p.add_argument("--seed", type=int, default=0)
    return p.parse_args()


class Windows(Dataset):
    def __init__(self, series, width):
        self.series, self.width = series, width

    def __len__(self):
        return len(self.series) - self.width

    def __getitem__(self, i):
        return self.series[i:i + self.width, None], self.series[i + self.width, None]


class Forecaster(nn.Module):
    def __init__(self, hidden):
        super().__init__()
        self.lstm = nn.LSTM(1, hidden, batch_first=True)
        self.readout = nn.Linear(hidden, 1)

    def forward(self, x):
        _, (h, _) = self.lstm(x)
        return self.readout(h[-1])


def main():
    args = options()
    torch.manual_seed(args.seed)
    t = torch.arange(1000.0)
    series = torch.sin(t / 3) + 0.6 * torch.sin(t / 7.3 + 1) + 0.05 * torch.randn(len(t))
    series = (series - series[:800].mean()) / series[:800].std()
    train = DataLoader(Windows(series[:800], args.window), args.batch_size, shuffle=True)
    test = DataLoader(Windows(series[800:], args.window), 200)
    model = Forecaster(args.hidden)
    opt = torch.optim.Adam(model.parameters(), args.lr)
    loss_fn = nn.MSELoss()
    for epoch in range(1, args.epochs + 1):
        model.train()
        seen = 0.0
        for x, y in train:
            opt.zero_grad()
            loss = loss_fn(model(x), y)
            loss.backward()
            opt.step()
            seen += loss.item()
        model.eval()
        with torch.no_grad():
            mse = sum(loss_fn(model(x), y).item() * len(x) for x, y in test) / len(test.dataset)
        print(f"epoch {epoch}/{args.epochs}: train {seen / len(train):.4f} test {mse:.4f}")
    print(f"metric: mse {mse:.4f}")


if __name__ == "__main__":
    main()
