"""Rock type from wireline logs: sand, shale, limestone, coal."""
import argparse

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

FACIES = ["sand", "shale", "limestone", "coal"]
#        gamma ray (API), density (kg/m3), neutron porosity (frac), sonic (us/m), log10 resistivity
CENTRE = np.array([
    [52.0, 2290.0, 0.205, 270.0, 1.15],
    [108.0, 2440.0, 0.320, 290.0, 0.50],
    [30.0, 2590.0, 0.095, 205.0, 2.05],
    [44.0, 1420.0, 0.500, 390.0, 2.30],
])
WIDTH = np.array([16.0, 85.0, 0.048, 22.0, 0.28])


def make_logs(n: int, rng: np.random.Generator):
    facies = rng.integers(0, len(FACIES), n)
    mixing = np.clip(rng.beta(1.2, 4.0, (n, 1)), 0, 0.6)
    neighbour = rng.integers(0, len(FACIES), n)
    logs = (1 - mixing) * CENTRE[facies] + mixing * CENTRE[neighbour]
    logs = logs + WIDTH * rng.normal(size=logs.shape)
    return logs.astype(np.float32), facies


def evaluate(model, loader):
    model.eval()
    hits, seen, loss_sum = 0, 0, 0.0
    with torch.no_grad():
        for logs, facies in loader:
            scores = model(logs)
            loss_sum += nn.functional.cross_entropy(scores, facies, reduction="sum").item()
            hits += (scores.argmax(dim=1) == facies).sum().item()
            seen += len(facies)
    return loss_sum / seen, hits / seen


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=25)
    parser.add_argument("--lr", type=float, default=1e-3)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--seed", type=int, default=3)
    args = parser.parse_args()

    torch.manual_seed(args.seed)
    rng = np.random.default_rng(args.seed)
    logs, facies = make_logs(2000, rng)
    cut = 1500
    train_set = TensorDataset(torch.from_numpy(logs[:cut]), torch.from_numpy(facies[:cut]))
    held_out = TensorDataset(torch.from_numpy(logs[cut:]), torch.from_numpy(facies[cut:]))
    train_loader = DataLoader(train_set, batch_size=args.batch_size, shuffle=True)
    test_loader = DataLoader(held_out, batch_size=250)

    model = nn.Sequential(
        nn.Linear(5, 32), nn.ReLU(),
        nn.Linear(32, 32), nn.ReLU(),
        nn.Linear(32, len(FACIES)),
    )
    optimizer = torch.optim.Adam(model.parameters(), lr=args.lr)

    for epoch in range(1, args.epochs + 1):
        model.train()
        running = 0.0
        for x, y in train_loader:
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(x), y)
            loss.backward()
            optimizer.step()
            running += loss.item() * len(y)
        test_loss, acc = evaluate(model, test_loader)
        print(f"epoch {epoch:2d}/{args.epochs}  loss {running / cut:.4f}  held-out loss {test_loss:.4f}  acc {acc:.4f}")

    print(f"metric: accuracy {acc:.4f}")


if __name__ == "__main__":
    main()
