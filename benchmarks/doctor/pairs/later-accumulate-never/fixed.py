"""Next-hour load from the last day, LSTM, gradient accumulation."""
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Config:
    window = 24
    hidden = 24
    batch_size = 64
    accumulation_steps = 4
    epochs = 10
    lr = 1e-2


class Load(Dataset):
    def __init__(self, series):
        self.series = series

    def __len__(self):
        return len(self.series) - Config.window

    def __getitem__(self, i):
        return self.series[i : i + Config.window, None], self.series[i + Config.window]


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(1, Config.hidden, batch_first=True)
        self.fc = nn.Linear(Config.hidden, 1)

    def forward(self, x):
        out, _ = self.lstm(x)
        return self.fc(out[:, -1]).squeeze(-1)


def train_one_epoch(model, loader, optimizer, criterion):
    model.train()
    total = 0.0
    optimizer.zero_grad()
    for step, (x, y) in enumerate(loader):
        loss = criterion(model(x), y)
        total += loss.item()
        (loss / Config.accumulation_steps).backward()
        if (step + 1) % Config.accumulation_steps == 0:
            optimizer.step()
            optimizer.zero_grad()
    return total / len(loader)


def main():
    torch.manual_seed(1)
    rng = np.random.default_rng(1)
    hours = np.arange(1900)
    series = np.sin(hours / 24 * 2 * np.pi) + 0.5 * np.sin(hours / 168 * 2 * np.pi) + 0.1 * rng.standard_normal(1900)
    series = torch.tensor(series, dtype=torch.float32)
    train_loader = DataLoader(Load(series[:1500]), batch_size=Config.batch_size, shuffle=True)
    val_loader = DataLoader(Load(series[1500:]), batch_size=Config.batch_size)
    model = Net()
    optimizer = torch.optim.Adam(model.parameters(), lr=Config.lr)
    criterion = nn.MSELoss()
    for epoch in range(Config.epochs):
        train_loss = train_one_epoch(model, train_loader, optimizer, criterion)
        model.eval()
        with torch.no_grad():
            errors = torch.cat([model(x) - y for x, y in val_loader])
        rmse = errors.pow(2).mean().sqrt().item()
        print(f"Epoch {epoch + 1}: train loss {train_loss:.4f}, val rmse {rmse:.4f}")
    print(f"metric: rmse {rmse:.4f}")


if __name__ == "__main__":
    main()
