"""Epochs a second of wellfit's training loop, watching on, beside a plain hand-written PyTorch loop doing the same work.

    python benchmarks/speed.py [--rounds 7] [--job J1 ...] [--threads 1]

Both train the same network from the same weights on the same rows in the same process, in turn (A B B A ...); each
round gives one ratio, and the median ratio and its range are printed and kept in benchmarks/results/speed.json.
The plain loop is a good one: tensors in memory, batches by index, no DataLoader, no .item() in the step; like wellfit's
it evaluates the validation rows after each epoch and keeps the best weights.
"""

from __future__ import annotations

import argparse
import copy
import json
import platform
import statistics
import time
from datetime import date
from pathlib import Path

import numpy as np
import torch
from torch import nn

import wellfit
from wellfit.nouns.case import Case
from wellfit.nouns.recipe import Recipe
from wellfit.nouns.step import Step
from wellfit.verbs.build import build
from wellfit.verbs.load import load
from wellfit.verbs.propose import propose
from wellfit.verbs.train import train
from wellfit.verbs.watch import Watch

HERE = Path(__file__).parent
COMMON = {"training.optimizer": "adamw", "training.lr": 1e-3, "network.dropout": 0.0, "training.patience": 0}


def job(name: str) -> tuple[Case, int]:
    """(case, epochs). J1: dense 64-128-128-10 on digits, batch 32. J2: CNN (16, 32, dense 128) on 10,000 pictures of
    28², batch 128. J3: dense 20-256-256-1 on 100,000 rows, batch 1024."""
    rng = np.random.default_rng(0)
    if name == "J1":
        from sklearn.datasets import load_digits

        digits = load_digits()
        source = (digits.data.astype(np.float32), digits.target)
        choices = {
            "network.name": "dense",
            "network.widths": [128, 128],
            "network.norm": "none",
            "training.batch_size": 32,
        }
        epochs = 20
    elif name == "J2":
        y = rng.integers(0, 10, 10_000)
        x = (rng.normal(size=(10_000, 1, 28, 28)) + y[:, None, None, None] / 5).astype(np.float32)
        source = (x, y.astype(str))
        choices = {"network.name": "conv", "network.widths": [16, 32], "training.batch_size": 128}
        epochs = 1
    else:
        x = rng.normal(size=(100_000, 20)).astype(np.float32)
        source = (x, np.sin(x[:, 0]) + x[:, 1] * x[:, 2])
        choices = {
            "network.name": "dense",
            "network.widths": [256, 256],
            "network.norm": "none",
            "training.batch_size": 1024,
            "training.loss": "mse",
        }
        epochs = 2
    given = Recipe.of({**COMMON, **choices, "training.epochs": epochs, "data.source": name})
    data = load(source, given.data)
    return build(propose(given, data)[0], data), epochs


def plain(case: Case, epochs: int) -> float:
    """Seconds of the hand-written loop."""
    x, y, xv, yv = case.data.train.x, case.data.train.y, case.data.valid.x, case.data.valid.y
    net, batch = case.network, int(case.recipe.training.batch_size)
    loss_of = nn.CrossEntropyLoss() if case.data.task == "classification" else nn.MSELoss()
    steps = epochs * -(-len(x) // batch)
    begun = time.perf_counter()
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-3, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    best = float("inf")
    for _ in range(epochs):
        net.train()
        order, total = torch.randperm(len(x)), torch.zeros(())
        for i in range(0, len(x), batch):
            rows = order[i : i + batch]
            loss = loss_of(net(x[rows]), y[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.detach()
        net.eval()
        with torch.no_grad():
            out = net(xv)
            valid = loss_of(out, yv).item()
        if valid < best:
            best, _kept = valid, copy.deepcopy(net.state_dict())
    return time.perf_counter() - begun


def ours(case: Case) -> tuple[float, float]:
    """(seconds, share of them spent on watching by its own measurement) of wellfit's loop."""
    begun = time.perf_counter()
    watch = Watch(case.recipe.watch.budget_frac)
    for moment in train(case, due=watch.due):
        if isinstance(moment, Step):
            watch(moment)
    return time.perf_counter() - begun, watch.cost()[1]


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--rounds", type=int, default=7)
    ask.add_argument("--job", nargs="*", default=["J1", "J2", "J3"])
    ask.add_argument("--threads", type=int, default=1)
    said = ask.parse_args()
    torch.set_num_threads(said.threads)
    rows = []
    for name in said.job:
        case, epochs = job(name)
        ratios, plains, mine, watched = [], [], [], []
        for i in range(said.rounds + 1):
            pair = {}
            for who in ("plain", "ours") if i % 2 else ("ours", "plain"):
                pair[who] = plain(case.copy(), epochs) if who == "plain" else ours(case.copy())
            if i:  # the first round warms up
                plains.append(epochs / pair["plain"])
                mine.append(epochs / pair["ours"][0])
                watched.append(pair["ours"][1])
                ratios.append(pair["plain"] / pair["ours"][0])
        rows.append(
            {
                "job": name,
                "ratio_median": round(statistics.median(ratios), 3),
                "ratio_range": [round(min(ratios), 3), round(max(ratios), 3)],
                "plain_epochs_s": round(statistics.median(plains), 2),
                "wellfit_epochs_s": round(statistics.median(mine), 2),
                "watching_frac": round(statistics.median(watched), 4),
                "n": said.rounds,
            }
        )
        print(json.dumps(rows[-1]), flush=True)
    kept = {
        "date": str(date.today()),
        "machine": f"{platform.machine()}, {said.threads} thread(s)",
        "versions": {"python": platform.python_version(), "torch": torch.__version__, "wellfit": wellfit.__version__},
        "rows": rows,
    }
    (HERE / "results").mkdir(exist_ok=True)
    (HERE / "results" / "speed.json").write_text(json.dumps(kept, indent=1) + "\n")


if __name__ == "__main__":
    main()
