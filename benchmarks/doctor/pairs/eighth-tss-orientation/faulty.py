"""Which strand does a promoter drive? Convolution over one-hot DNA (A C G T = 0 1 2 3)."""
import argparse

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, Dataset

TATA = [3, 0, 3, 0, 0, 0, 0]
INR = [1, 1, 0, 2, 3, 1]
LENGTH = 70


def promoter(rng):
    """TATA box some 25 bases before the initiator, with a few mutations."""
    seq = rng.integers(0, 4, LENGTH)
    start = int(rng.integers(30, 40))
    for motif, at in ((TATA, start - 25), (INR, start)):
        site = np.array(motif)
        change = rng.random(len(site)) < 0.12
        site[change] = rng.integers(0, 4, change.sum())
        seq[at:at + len(site)] = site
    return seq


class Promoters(Dataset):
    def __init__(self, n, seed, augment=False):
        rng = np.random.default_rng(seed)
        self.forward_strand = torch.tensor(rng.integers(0, 2, n))
        rows = []
        for k in self.forward_strand.tolist():
            seq = promoter(rng)
            rows.append(seq if k else 3 - seq[::-1])
        self.seq = torch.tensor(np.stack(rows))
        self.augment = augment

    def __len__(self):
        return len(self.seq)

    def __getitem__(self, i):
        seq = self.seq[i]
        if self.augment and torch.rand(()) < 0.5:
            seq = 3 - seq.flip(0)
        return F.one_hot(seq, 4).float().T, self.forward_strand[i].float()


class StrandNet(nn.Module):
    def __init__(self, filters=24):
        super().__init__()
        self.conv = nn.Conv1d(4, filters, 8, padding=4)
        self.drop = nn.Dropout(0.2)
        self.fc = nn.Linear(filters, 16)
        self.out = nn.Linear(16, 1)

    def forward(self, x):
        h = F.relu(self.conv(x)).amax(-1)
        return self.out(F.relu(self.fc(self.drop(h)))).squeeze(-1)


def evaluate(model, loader):
    model.eval()
    hits = 0
    with torch.no_grad():
        for x, y in loader:
            hits += ((model(x) > 0) == y.bool()).sum().item()
    return hits / len(loader.dataset)


def parse():
    p = argparse.ArgumentParser()
    p.add_argument("--epochs", type=int, default=14)
    p.add_argument("--batch-size", type=int, default=32)
    p.add_argument("--lr", type=float, default=3e-3)
    p.add_argument("--seed", type=int, default=0)
    return p.parse_args()


def main():
    args = parse()
    torch.manual_seed(args.seed)
    train_loader = DataLoader(Promoters(1600, 1, augment=True), args.batch_size, shuffle=True)
    test_loader = DataLoader(Promoters(500, 2), 250)
    model = StrandNet()
    optimizer = torch.optim.Adam(model.parameters(), lr=args.lr)
    criterion = nn.BCEWithLogitsLoss()
    for epoch in range(1, args.epochs + 1):
        model.train()
        total = 0.0
        for x, y in train_loader:
            loss = criterion(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item()
        print(f"epoch {epoch:2d} loss {total / len(train_loader):.4f} accuracy {evaluate(model, test_loader):.4f}")
    print(f"metric: accuracy {evaluate(model, test_loader):.4f}")


if __name__ == "__main__":
    main()
