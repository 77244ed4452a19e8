"""Classify variable-length token sequences: which of the two marker symbols occurs more often?

Micro-batches are small so gradients are accumulated; the last, incomplete
group of an epoch is scaled by its own size and stepped as well.
"""
import math
import random

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_sequence
from torch.utils.data import DataLoader, Dataset

SEED = 11
random.seed(SEED)
torch.manual_seed(SEED)

VOCAB, PAD, A, B = 10, 0, 1, 2
MICRO, ACCUM = 32, 4


class MarkerSequences(Dataset):
    def __init__(self, n, seed):
        rng = random.Random(seed)
        self.items = []
        while len(self.items) < n:
            length = rng.randint(6, 18)
            toks = [rng.randint(1, VOCAB - 1) if rng.random() < 0.5 else rng.choice((A, B))
                    for _ in range(length)]
            na, nb = toks.count(A), toks.count(B)
            if na == nb:
                continue
            self.items.append((torch.tensor(toks), int(na > nb)))

    def __len__(self):
        return len(self.items)

    def __getitem__(self, i):
        return self.items[i]


def collate(batch):
    seqs, labels = zip(*batch)
    lengths = torch.tensor([len(s) for s in seqs])
    return {"tokens": pad_sequence(seqs, batch_first=True, padding_value=PAD),
            "lengths": lengths,
            "labels": torch.tensor(labels)}


class Tagger(nn.Module):
    def __init__(self, dim=16, hidden=32):
        super().__init__()
        self.emb = nn.Embedding(VOCAB, dim, padding_idx=PAD)
        self.rnn = nn.LSTM(dim, hidden, batch_first=True)
        self.out = nn.Linear(hidden, 2)

    def forward(self, tokens, lengths):
        packed = pack_padded_sequence(self.emb(tokens), lengths, batch_first=True, enforce_sorted=False)
        _, (h, _) = self.rnn(packed)
        return self.out(h[-1])


train_dl = DataLoader(MarkerSequences(1500, 1), batch_size=MICRO, shuffle=True, collate_fn=collate)
test_dl = DataLoader(MarkerSequences(500, 2), batch_size=250, collate_fn=collate)

model = Tagger()
opt = torch.optim.Adam(model.parameters(), lr=1e-2)
n_micro = len(train_dl)


def accuracy(dl):
    model.eval()
    hits = total = 0
    with torch.no_grad():
        for b in dl:
            hits += (model(b["tokens"], b["lengths"]).argmax(1) == b["labels"]).sum().item()
            total += len(b["labels"])
    return hits / total


for epoch in range(14):
    model.train()
    running = 0.0
    opt.zero_grad()
    for i, b in enumerate(train_dl):
        # size of the accumulation group this micro-batch belongs to (the tail may be shorter)
        group = min(ACCUM, n_micro - (i // ACCUM) * ACCUM)
        loss = F.cross_entropy(model(b["tokens"], b["lengths"]), b["labels"])
        (loss / group).backward()
        running += loss.item()
        if (i + 1) % ACCUM == 0 or i + 1 == n_micro:
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            opt.step()
            opt.zero_grad()
    print(f"epoch {epoch:2d} loss {running / n_micro:.4f} (chance {math.log(2):.3f})")

print(f"metric: test_accuracy {accuracy(test_dl):.4f}")
