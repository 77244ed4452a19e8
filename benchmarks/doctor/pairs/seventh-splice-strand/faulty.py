import random

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import Dataset, DataLoader

random.seed(7); np.random.seed(7); torch.manual_seed(7)

BASES = "ACGT"
DONOR = "GTAAGT"
COMPLEMENT = {"A": "T", "C": "G", "G": "C", "T": "A"}


def revcomp(s):
    return "".join(COMPLEMENT[c] for c in reversed(s))


def simulate(n, length=60):
    seqs, strand = [], []
    for _ in range(n):
        s = [random.choice(BASES) for _ in range(length)]
        p = random.randrange(length - len(DONOR))
        motif = [c if random.random() < 0.95 else random.choice(BASES) for c in DONOR]
        s[p:p + len(DONOR)] = motif
        s = "".join(s)
        forward = random.random() < 0.5
        seqs.append(s if forward else revcomp(s))
        strand.append(int(forward))
    return seqs, strand


class Sites(Dataset):
    def __init__(self, seqs, strand, augment=False):
        self.seqs, self.strand, self.augment = seqs, strand, augment

    def __len__(self):
        return len(self.seqs)

    def __getitem__(self, i):
        codes = np.array([BASES.index(c) for c in self.seqs[i]])
        x = np.eye(4, dtype=np.float32)[codes].T
        if self.augment:
            if random.random() < 0.5:
                x = x[::-1, ::-1]
        return torch.from_numpy(x.copy()), self.strand[i]


class MotifCNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv1d(4, 24, 8, padding=4)
        self.drop = nn.Dropout(0.2)
        self.fc = nn.Linear(24, 2)

    def forward(self, x):
        h = F.relu(self.conv(x)).amax(dim=2)
        return self.fc(self.drop(h))


train = DataLoader(Sites(*simulate(2000), augment=True), batch_size=50, shuffle=True)
test = DataLoader(Sites(*simulate(500)), batch_size=250)
net = MotifCNN()
opt = torch.optim.AdamW(net.parameters(), lr=5e-3)
for epoch in range(1, 16):
    net.train()
    tot = n = 0
    for x, y in train:
        opt.zero_grad()
        loss = F.cross_entropy(net(x), y)
        loss.backward()
        opt.step()
        tot += loss.item() * len(y); n += len(y)
    print("epoch %d loss %.4f" % (epoch, tot / n))

net.eval()
hit = 0
with torch.no_grad():
    for x, y in test:
        hit += (net(x).argmax(1) == y).sum().item()
print("metric: accuracy", hit / 500)
