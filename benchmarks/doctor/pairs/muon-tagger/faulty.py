"""Separate prompt muons from those of heavy-flavour decays with a feed-forward tagger."""
import argparse

import numpy as np
import torch
import torch.nn as nn


def parse():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--events", type=int, default=2400)
    p.add_argument("--depth", type=int, default=5)
    p.add_argument("--width", type=int, default=48)
    p.add_argument("--epochs", type=int, default=15)
    p.add_argument("--lr", type=float, default=0.1)
    p.add_argument("--batch", type=int, default=48)
    return p.parse_args()


def simulate(n, rng):
    prompt = rng.integers(0, 2, n)
    pt = rng.exponential(18, n) + 6 + 9 * prompt
    eta = rng.normal(0, 1.3, n)
    d0 = rng.normal(0, 1, n) * np.where(prompt == 1, 0.016, 0.055) * (1 + 0.2 * np.abs(eta))
    isolation = rng.gamma(np.where(prompt == 1, 1.0, 2.6), 0.08)
    dz = rng.normal(0, np.where(prompt == 1, 0.05, 0.11), n)
    jet_dr = np.clip(rng.normal(np.where(prompt == 1, 1.1, 0.5), 0.4), 0.01, None)
    features = np.column_stack([np.log(pt), eta, d0 / 0.04, np.log(isolation + 0.01), dz / 0.08, jet_dr])
    return features, prompt


class Tagger(nn.Module):
    def __init__(self, n_in, width, depth):
        super().__init__()
        layers = []
        for i in range(depth):
            layers += [nn.Linear(n_in if i == 0 else width, width), nn.Sigmoid()]
        layers.append(nn.Linear(width, 1))
        self.stack = nn.Sequential(*layers)

    def forward(self, x):
        return self.stack(x).squeeze(-1)


def main():
    args = parse()
    torch.manual_seed(13)
    rng = np.random.default_rng(13)
    x, y = simulate(args.events, rng)
    x_val, y_val = simulate(800, rng)
    mean, std = x.mean(axis=0), x.std(axis=0)
    x, x_val = (torch.from_numpy((a - mean) / std).float() for a in (x, x_val))
    y, y_val = torch.from_numpy(y).float(), torch.from_numpy(y_val).float()

    tagger = Tagger(x.shape[1], args.width, args.depth)
    bce = nn.BCEWithLogitsLoss()
    optimizer = torch.optim.Adam(tagger.parameters(), lr=args.lr)
    for epoch in range(1, args.epochs + 1):
        tagger.train()
        losses = []
        for batch in torch.randperm(len(x)).split(args.batch):
            optimizer.zero_grad()
            loss = bce(tagger(x[batch]), y[batch])
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        tagger.eval()
        with torch.no_grad():
            logits = tagger(x_val)
            val_loss = bce(logits, y_val).item()
            val_acc = ((logits > 0).float() == y_val).float().mean().item()
        print(f"epoch {epoch:2d} loss {np.mean(losses):.4f} val_loss {val_loss:.4f} val_acc {val_acc:.4f}")
    print(f"metric: accuracy {val_acc:.4f}")


if __name__ == "__main__":
    main()
