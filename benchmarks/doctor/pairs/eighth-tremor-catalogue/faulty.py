"""Tell quakes, quarry blasts, ice cracks and traffic apart from their envelopes."""
import math

import numpy as np
import torch
import torch.nn as nn

KINDS = ("quake", "blast", "ice", "traffic")
SAMPLES = 120


def envelope(kind, rng):
    t = np.linspace(0, 1, SAMPLES)
    start = rng.uniform(0.05, 0.25)
    after = np.clip(t - start, 0, None)
    on = t > start
    if kind == 0:
        gap = rng.uniform(0.12, 0.25)
        e = 0.5 * on * np.exp(-after / 0.1) + (t > start + gap) * np.exp(-np.clip(after - gap, 0, None) / 0.2)
    elif kind == 1:
        e = on * np.exp(-after / rng.uniform(0.12, 0.22))
    elif kind == 2:
        e = on * np.exp(-after / rng.uniform(0.03, 0.07))
    else:
        e = np.exp(-0.5 * ((t - rng.uniform(0.3, 0.7)) / rng.uniform(0.1, 0.2)) ** 2)
    return e * rng.uniform(0.6, 1.4) + 0.3 * np.abs(rng.normal(0, 1, SAMPLES))


class Catalogue:
    """Envelopes with labels; iterating gives mini-batches."""

    def __init__(self, per_class, batch, generator, shuffle=False):
        self.label = np.repeat(np.arange(len(KINDS)), per_class)
        raw = np.stack([envelope(k, generator) for k in self.label])
        self.data = np.log(raw + 0.05)
        self.batch = batch
        self.generator, self.shuffle = generator, shuffle

    def standardise(self, mean, std):
        self.data = (self.data - mean) / std
        return self

    def __len__(self):
        return math.ceil(len(self.label) / self.batch)

    def __iter__(self):
        order = np.arange(len(self.label))
        if self.shuffle:
            self.generator.shuffle(order)
        for start in range(0, len(order), self.batch):
            rows = order[start:start + self.batch]
            yield torch.tensor(self.data[rows], dtype=torch.float32), torch.tensor(self.label[rows])


class EnvelopeGRU(nn.Module):
    def __init__(self, hidden=32, window=6):
        super().__init__()
        self.window = window
        self.gru = nn.GRU(window, hidden, batch_first=True)
        self.out = nn.Linear(hidden, len(KINDS))

    def forward(self, x):
        steps = x.unflatten(1, (-1, self.window))
        _, last = self.gru(steps)
        return self.out(last[0])


def train_epoch(model, batches, optimizer):
    model.train()
    total = 0.0
    for x, y in batches:
        loss = nn.functional.cross_entropy(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 2.0)
        optimizer.step()
        total += loss.item()
    return total / len(batches)


@torch.no_grad()
def accuracy(model, batches):
    model.eval()
    right = seen = 0
    for x, y in batches:
        right += (model(x).argmax(1) == y).sum().item()
        seen += len(y)
    return right / seen


def main():
    torch.manual_seed(19)
    rng = np.random.default_rng(19)
    train = Catalogue(per_class=300, batch=24, generator=rng)
    test = Catalogue(per_class=100, batch=100, generator=rng)
    mean, std = train.data.mean(), train.data.std()
    train.standardise(mean, std), test.standardise(mean, std)
    model = EnvelopeGRU()
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    for epoch in range(12):
        loss = train_epoch(model, train, optimizer)
        print(f"epoch {epoch + 1} loss {loss:.4f} accuracy {accuracy(model, test):.4f}")
    print(f"metric: accuracy {accuracy(model, test):.4f}")


main()
