"""Promoter or not: attention pooling over a DNA sequence."""
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, Dataset

BASES = "ACGT"
LENGTH = 48
MOTIF = "TTGACATA"


def random_dna(rng, n):
    return "".join(rng.choice(list(BASES), n))


def sequence(rng, promoter):
    dna = random_dna(rng, LENGTH)
    if promoter:
        box = list(MOTIF)
        if rng.random() < 0.3:
            box[rng.integers(len(box))] = BASES[rng.integers(4)]
        at = rng.integers(0, LENGTH - len(box))
        dna = dna[:at] + "".join(box) + dna[at + len(box):]
    return dna


class Promoters(Dataset):
    def __init__(self, n, seed):
        rng = np.random.default_rng(seed)
        self.labels = rng.integers(0, 2, n)
        self.dna = [sequence(rng, bool(y)) for y in self.labels]

    def __len__(self):
        return len(self.dna)

    def __getitem__(self, i):
        codes = torch.tensor([BASES.index(b) for b in self.dna[i]])
        return codes, torch.tensor(self.labels[i])


class AttentionPool(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.score = nn.Linear(dim, 1)

    def forward(self, h):                            # batch, length, dim
        scores = self.score(h).squeeze(-1)
        weights = F.softmax(scores, dim=1)
        return torch.einsum("bl,bld->bd", weights, h)


class PromoterNet(nn.Module):
    def __init__(self, dim=24):
        super().__init__()
        self.embed = nn.Embedding(4, 8)
        self.conv = nn.Conv1d(8, dim, kernel_size=9, padding=4)
        self.pool = AttentionPool(dim)
        self.head = nn.Linear(dim, 2)

    def forward(self, codes):
        h = self.embed(codes).transpose(1, 2)
        h = torch.relu(self.conv(h)).transpose(1, 2)
        return self.head(self.pool(h))


def run_epoch(model, loader, optimizer=None):
    model.train(optimizer is not None)
    loss_sum = hits = n = 0
    with torch.set_grad_enabled(optimizer is not None):
        for codes, label in loader:
            logits = model(codes)
            loss = F.cross_entropy(logits, label)
            if optimizer is not None:
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            loss_sum += loss.item() * len(label)
            hits += (logits.argmax(-1) == label).sum().item()
            n += len(label)
    return loss_sum / n, hits / n


torch.manual_seed(12)
train_loader = DataLoader(Promoters(1600, 120), batch_size=32, shuffle=True)
test_loader = DataLoader(Promoters(400, 121), batch_size=8)
model = PromoterNet()
optimizer = torch.optim.Adam(model.parameters(), lr=0.005)
for epoch in range(1, 11):
    train_loss, train_acc = run_epoch(model, train_loader, optimizer)
    test_loss, test_acc = run_epoch(model, test_loader)
    print(f"epoch {epoch:2d}  train {train_loss:.4f} / {train_acc:.3f}   test {test_loss:.4f} / {test_acc:.3f}")
print(f"metric: accuracy {test_acc:.4f}")
