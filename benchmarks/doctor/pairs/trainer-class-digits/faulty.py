"""Handwritten digits with a small trainer class."""
import logging
from dataclasses import dataclass

import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
log = logging.getLogger("digits")


@dataclass
class Config:
    hidden: int = 64
    lr: float = 1.5
    momentum: float = 0.9
    batch_size: int = 32
    epochs: int = 12
    seed: int = 7


class Net(nn.Module):
    def __init__(self, hidden):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(64, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, 10))

    def forward(self, x):
        return self.layers(x)


class Trainer:
    def __init__(self, cfg, train, test):
        self.cfg = cfg
        self.model = Net(cfg.hidden)
        self.criterion = nn.CrossEntropyLoss()
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=cfg.lr, momentum=cfg.momentum)
        self.train_loader = DataLoader(train, batch_size=cfg.batch_size, shuffle=True)
        self.test_loader = DataLoader(test, batch_size=256)

    def train_epoch(self):
        self.model.train()
        total = 0.0
        for x, y in self.train_loader:
            self.optimizer.zero_grad()
            loss = self.criterion(self.model(x), y)
            loss.backward()
            self.optimizer.step()
            total += loss.item() * len(x)
        return total / len(self.train_loader.dataset)

    @torch.no_grad()
    def evaluate(self):
        self.model.eval()
        hits = sum((self.model(x).argmax(dim=1) == y).sum().item() for x, y in self.test_loader)
        return hits / len(self.test_loader.dataset)

    def fit(self):
        accuracy = 0.0
        for epoch in range(self.cfg.epochs):
            loss = self.train_epoch()
            accuracy = self.evaluate()
            log.info("epoch %d loss %.4f accuracy %.4f", epoch, loss, accuracy)
        return accuracy


def main():
    cfg = Config()
    torch.manual_seed(cfg.seed)
    digits = load_digits()
    x = torch.tensor(digits.data / 16.0, dtype=torch.float32)
    y = torch.tensor(digits.target)
    train_ids, test_ids = train_test_split(range(len(x)), test_size=0.25, random_state=cfg.seed, stratify=digits.target)
    trainer = Trainer(cfg, TensorDataset(x[train_ids], y[train_ids]), TensorDataset(x[test_ids], y[test_ids]))
    print(f"metric: accuracy {trainer.fit():.4f}")


if __name__ == "__main__":
    main()
