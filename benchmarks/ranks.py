"""Two processes on two cores beside one process with one thread: rows a second.

    python benchmarks/ranks.py [--network shelf dense] [--rows 10000] [--rounds 5] [--processes 2]

Networks on pictures of 28² in ten classes: `shelf` is J2 of speed.py (convolutions of 16 and 32 channels), `dense` the same
with max-pooling twice and a dense layer of 128 before the output, as plain PyTorch layers. Each way is started anew as a
person would start it (`torchrun --nproc-per-node 2`, one thread each), in turn, on the same rows: one process with batches
of 128; several that share batches of 128 (`strong`, the same steps as one process); several with 128 rows each (`weak`, what
users of DDP mostly do). The time is the median of the epochs after the first, validation included, without start and import.
The load of the machine at the beginning of each round is kept beside it: two processes need two free cores. Kept in
benchmarks/results/ranks.json.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

HERE = Path(__file__).parent
BATCH, EPOCHS = 128, 4


def dense() -> nn.Module:
    """Convolutions, pools, a dense layer of 128: 206,922 parameters."""
    stage = lambda n, m: [nn.Conv2d(n, m, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
    head = [nn.Flatten(), nn.Linear(32 * 7 * 7, 128), nn.ReLU(), nn.Linear(128, 10)]
    return nn.Sequential(*stage(1, 16), *stage(16, 32), *head)


NETWORKS: dict[str, Any] = {"shelf": lambda: None, "dense": dense}


def work(network: str, rows: int, batch: int) -> None:
    """One process: train, and print the seconds of each epoch but the first, the losses, and why steps are not played."""
    from wellfit.nouns.quick import Quick
    from wellfit.nouns.recipe import Recipe
    from wellfit.verbs import train as verb
    from wellfit.verbs.build import build
    from wellfit.verbs.load import load
    from wellfit.verbs.propose import propose

    rng = np.random.default_rng(0)
    y = rng.integers(0, 10, rows)
    x = (rng.normal(size=(rows, 1, 28, 28)) + y[:, None, None, None] / 5).astype(np.float32)
    given = {
        "network.name": "conv", "network.widths": [16, 32], "network.norm": "none", "network.dropout": 0.0,
        "network.options.shift": 0, "network.options.mirror": "none", "training.batch_size": batch,
        "training.epochs": EPOCHS, "training.lr": 1e-3, "training.optimizer": "adamw", "training.patience": 0,
        "training.threads": 1, "watch.budget_frac": 0.0,
    }  # fmt: skip
    recipe = Recipe.of(given)
    data = load((x, y.astype(str)), recipe.data)
    torch.manual_seed(0)
    case = build(propose(recipe, data)[0], data, NETWORKS[network]())
    made: list[Quick] = []
    verb.Quick = lambda *of: made.append(Quick(*of)) or made[-1]  # type: ignore[assignment, misc]
    ends, losses = [], []
    for moment in verb.train(case):
        readings = getattr(moment, "readings", ())
        if readings:
            ends.append(time.perf_counter())
            losses.append(next(r.value for r in readings if r.name == "train_loss"))
    if os.environ.get("RANK", "0") == "0":
        each = [b - a for a, b in pairwise(ends)]
        size = sum(p.numel() for p in case.network.parameters())
        print(json.dumps({"epochs_s": each, "losses": losses, "why": made[0].why, "parameters": size}))


def run(network: str, processes: int, rows: int, batch: int) -> dict:
    """What one way printed."""
    asked = ["--work", "--network", network, "--rows", str(rows), "--batch", str(batch)]
    words = [sys.executable, str(Path(__file__).resolve()), *asked]
    if processes > 1:
        start = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(processes)]
        words = [sys.executable, *start, *words[1:]]
    env = {**os.environ, "OMP_NUM_THREADS": "1"}
    said = subprocess.run(words, capture_output=True, text=True, check=True, env=env).stdout
    found = json.loads(next(line for line in said.splitlines() if line.startswith("{")))
    return {**found, "epoch_s": statistics.median(found["epochs_s"])}


def measured(network: str, rows: int, rounds: int, processes: int) -> dict[str, Any]:
    kept: list[dict[str, Any]] = []
    for _ in range(rounds):
        load = os.getloadavg()[0]
        one = run(network, 1, rows, BATCH)
        strong = run(network, processes, rows, BATCH)
        weak = run(network, processes, rows, BATCH * processes)
        same = max(abs(a - b) / abs(a) for a, b in zip(one["losses"], strong["losses"]))
        kept.append({"load": load, "one_s": one["epoch_s"], "strong_s": strong["epoch_s"], "weak_s": weak["epoch_s"],
                     "strong": one["epoch_s"] / strong["epoch_s"], "weak": one["epoch_s"] / weak["epoch_s"],
                     "losses_differ_by": same, "why_not_played": strong["why"]})  # fmt: skip
        print(kept[-1], flush=True)
    spread = {f"{k}_range": [min(r[k] for r in kept), max(r[k] for r in kept)] for k in ("strong", "weak")}
    middle = {k: statistics.median(r[k] for r in kept) for k in ("strong", "weak", "one_s", "strong_s", "weak_s")}
    return {
        "parameters": one["parameters"], "processes": processes, "cores": os.cpu_count(), "rows": rows, "batch": BATCH,
        **middle, **spread, "n": rounds, "rounds": kept, "date": date.today().isoformat(),
        "torch": torch.__version__, "machine": platform.machine(),
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", nargs="*", default=[*NETWORKS], choices=[*NETWORKS])
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--work", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--batch", type=int, default=BATCH, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.work:
        work(given.network[0], given.rows, given.batch)
        return
    file = HERE / "results" / "ranks.json"
    for name in given.network:
        found = measured(name, given.rows, given.rounds, given.processes)
        held = json.loads(file.read_text()) if file.exists() else {}
        file.write_text(json.dumps({**{k: v for k, v in held.items() if k in NETWORKS}, name: found}, indent=1) + "\n")
        said = [
            f"{found[k]:.2f} ({found[f'{k}_range'][0]:.2f} to {found[f'{k}_range'][1]:.2f})" for k in ("strong", "weak")
        ]
        print(f"{name}: {said[0]} times the speed of one process on the same batches, {said[1]} with 128 rows each")


if __name__ == "__main__":
    main()
