"""Pre-train an encoder on digits 0-6 and reuse it for 7-9 with a new head."""
from collections import OrderedDict

import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn


def batches(x, y, size, gen):
    for rows in torch.randperm(len(x), generator=gen).split(size):
        yield x[rows], y[rows]


def accuracy(model, x, y):
    model.eval()
    with torch.no_grad():
        return (model(x).argmax(-1) == y).double().mean().item()


def fit(model, optimizer, x, y, epochs, gen):
    for epoch in range(epochs):
        model.train()
        for xb, yb in batches(x, y, 32, gen):
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(xb), yb).backward()
            optimizer.step()
        print(f"  epoch {epoch + 1}: train acc {accuracy(model, x, y):.3f}")


def build_model(n_classes):
    return nn.Sequential(OrderedDict(
        encoder=nn.Sequential(nn.Linear(64, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU()),
        head=nn.Linear(128, n_classes),
    ))


def main():
    torch.manual_seed(5)
    gen = torch.Generator().manual_seed(5)
    data = load_digits()
    x = torch.from_numpy((data.data / 16.0).astype(np.float32))
    y = torch.from_numpy(data.target)
    base, novel = y < 7, y >= 7

    model = build_model(7)
    fit(model, torch.optim.Adam(model.parameters(), lr=2e-3), x[base], y[base], 6, gen)

    tr, te = train_test_split(np.arange(int(novel.sum())), test_size=0.4, random_state=5, stratify=y[novel].numpy())
    xn, yn = x[novel], y[novel] - 7
    for p in model.encoder.parameters():
        p.requires_grad_(False)
    optimizer = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], lr=5e-3)
    model.head = nn.Linear(128, 3)
    print("transfer")
    fit(model, optimizer, xn[tr], yn[tr], 30, gen)
    print(f"metric: accuracy {accuracy(model, xn[te], yn[te]):.4f}")


if __name__ == "__main__":
    main()
