"""CPU time of wellfit's training loop, watching on, over that of a plain hand-written PyTorch loop doing the same work.

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
from typing import Any

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
DENSE = {"network.name": "dense", "network.norm": "none", "network.options.embedding": "none"}
TO_REACH = {"J1": 0.60, "J2": 0.90, "J3": 0.85, "J4": 0.95}


def digits() -> tuple[Any, dict[str, Any]]:
    """J1: dense 64-128-128-10 on digits, batch 32."""
    from sklearn.datasets import load_digits

    d = load_digits()
    choices = {"network.name": "dense", "network.norm": "none", "network.widths": [128, 128]}
    return (d.data.astype(np.float32), d.target), {**choices, "training.batch_size": 32, "training.epochs": 20}


def pictures() -> tuple[Any, dict[str, Any]]:
    """J2: convolutional 16-32 on 10,000 made pictures of 28², batch 128, nothing varied."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 10, 10_000)
    x = (rng.normal(size=(10_000, 1, 28, 28)) + y[:, None, None, None] / 5).astype(np.float32)
    choices = {"network.name": "conv", "network.widths": [16, 32], "training.batch_size": 128, "training.epochs": 1}
    return (x, y.astype(str)), {**choices, "network.options.shift": 0, "network.options.mirror": "none"}


def rows() -> tuple[Any, dict[str, Any]]:
    """J3: dense 20-256-256-1 on 1,000,000 made rows, batch 1024."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(1_000_000, 20)).astype(np.float32)
    choices = {**DENSE, "network.widths": [256, 256], "training.batch_size": 1024, "training.loss": "mse"}
    return (x, np.sin(x[:, 0]) + x[:, 1] * x[:, 2]), {**choices, "training.epochs": 1}


def windows() -> tuple[Any, dict[str, Any]]:
    """J4: LSTM 64 on 10,000 made windows of 48 steps of 4 variables, batch 128."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(10_000, 4, 48)).astype(np.float32).cumsum(2) / 7
    choices = {"network.name": "recurrent", "network.widths": [64], "network.options.cell": "lstm"}
    y = x[:, 0, -12:].mean(1) * x[:, 1, -1]
    return (x, y), {**choices, "training.batch_size": 128, "training.loss": "mse", "training.epochs": 2}


JOBS = {"J1": digits, "J2": pictures, "J3": rows, "J4": windows}


def job(name: str) -> tuple[Case, int]:
    """(case, epochs)."""
    source, choices = JOBS[name]()
    given = Recipe.of({**COMMON, **choices, "data.source": name})
    data = load(source, given.data)
    return build(propose(given, data)[0], data), int(choices["training.epochs"])


def plain(case: Case, epochs: int) -> float:
    """CPU seconds of the hand-written loop."""
    x, y, xv, yv = case.data.train.x, case.data.train.y, case.data.valid.x, case.data.valid.y
    net, batch = case.network, int(case.recipe.training.batch_size)
    if hasattr(net, "vary"):  # it only turns the layout in memory here, which is a trick of ours, not of a plain loop's
        net = nn.Sequential(*[m for name, m in net.named_children() if name != "vary"])
    loss_of = nn.CrossEntropyLoss() if case.data.task == "classification" else nn.MSELoss()
    steps = epochs * -(-len(x) // batch)
    begun = time.process_time()
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
    return time.process_time() - begun


def ours(case: Case) -> tuple[float, float]:
    """(CPU seconds, share of the time spent on watching by its own measurement) of wellfit's loop."""
    begun = time.process_time()
    watch = Watch(case.recipe.watch.budget_frac)
    for moment in train(case, due=watch.due):
        if isinstance(moment, Step):
            watch(moment)
    return time.process_time() - begun, watch.cost()[1]


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--rounds", type=int, default=7)
    ask.add_argument("--job", nargs="*", default=list(JOBS))
    ask.add_argument("--threads", type=int, default=1)
    said = ask.parse_args()
    torch.set_num_threads(said.threads)
    told: list[dict[str, Any]] = []
    for name in said.job:
        case, epochs = job(name)
        ratios, plains, mine, watched = [], [], [], []
        for i in range(said.rounds + 1):
            pair = {}
            for who in ("plain", "ours") if i % 2 else ("ours", "plain"):
                pair[who] = plain(case.copy(), epochs) if who == "plain" else ours(case.copy())
            if i:  # the first round warms up
                plains.append(pair["plain"] / epochs)
                mine.append(pair["ours"][0] / epochs)
                watched.append(pair["ours"][1])
                ratios.append(mine[-1] / plains[-1])
        told.append(
            {
                "job": name,
                "what": (JOBS[name].__doc__ or "")[4:].rstrip("."),
                "cpu_ratio_median": round(statistics.median(ratios), 3),
                "cpu_ratio_range": [round(min(ratios), 3), round(max(ratios), 3)],
                "to_reach": TO_REACH[name],
                "plain_cpu_s_epoch": round(statistics.median(plains), 4),
                "wellfit_cpu_s_epoch": round(statistics.median(mine), 4),
                "watching_frac": round(statistics.median(watched), 4),
                "n": said.rounds,
            }
        )
        print(json.dumps(told[-1]), flush=True)
        _keep(told, said.threads)


def _keep(told: list[dict[str, Any]], threads: int) -> None:
    """What is measured so far, beside earlier figures of other jobs; each row with its own date."""
    file = HERE / "results" / "speed.json"
    before = json.loads(file.read_text())["rows"] if file.exists() else []
    new = {row["job"]: {**row, "date": str(date.today())} for row in told}
    others = [row for row in before if row["job"] not in new and "cpu_ratio_median" in row]
    kept = {
        "machine": f"{platform.machine()}, {threads} thread(s)",
        "versions": {"python": platform.python_version(), "torch": torch.__version__, "wellfit": wellfit.__version__},
        "rows": sorted([*others, *new.values()], key=lambda row: row["job"]),
    }
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(kept, indent=1) + "\n")


if __name__ == "__main__":
    main()
