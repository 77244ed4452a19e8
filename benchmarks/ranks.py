"""J2 (CNN 16-32, batch 128) in two processes on two cores beside one process with one thread: rows a second.

    python benchmarks/ranks.py [--rows 10000] [--rounds 3] [--processes 2]

Each way is started anew as a person would start it (`torchrun --nproc-per-node 2`, one thread each), in turn, on the same
rows; the time is that of training one epoch after one to warm up, from barrier to barrier, without start and import. The
load of the machine at the beginning of each round is kept beside it: two processes need two free cores. Kept in
benchmarks/results/ranks.json.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import numpy as np
import torch

HERE = Path(__file__).parent


def work(rows: int) -> None:
    """One process: train two epochs and print the seconds of the second and how far the losses are from chance."""
    from wellfit.nouns.recipe import Recipe
    from wellfit.verbs.build import build
    from wellfit.verbs.load import load
    from wellfit.verbs.propose import propose
    from wellfit.verbs.train import train

    rng = np.random.default_rng(0)
    y = rng.integers(0, 10, rows)
    x = (rng.normal(size=(rows, 1, 28, 28)) + y[:, None, None, None] / 5).astype(np.float32)
    given = {
        "network.name": "conv", "network.widths": [16, 32], "network.norm": "none", "network.dropout": 0.0,
        "training.batch_size": 128, "training.epochs": 2, "training.lr": 1e-3, "training.optimizer": "adamw",
        "training.patience": 0, "training.threads": 1, "watch.budget_frac": 0.0,
    }  # fmt: skip
    recipe = Recipe.of(given)
    data = load((x, y.astype(str)), recipe.data)
    case = build(propose(recipe, data)[0], data)
    ends, losses = [], []
    for moment in train(case):
        readings = getattr(moment, "readings", ())
        if readings:
            ends.append(time.perf_counter())
            losses.append(next(r.value for r in readings if r.name == "train_loss"))
    if os.environ.get("RANK", "0") == "0":
        print(json.dumps({"epoch_s": ends[1] - ends[0], "losses": losses}))


def run(processes: int, rows: int) -> dict:
    """What one way printed."""
    words = [sys.executable, str(Path(__file__).resolve()), "--work", "--rows", str(rows)]
    if processes > 1:
        start = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(processes)]
        words = [sys.executable, *start, *words[1:]]
    env = {**os.environ, "OMP_NUM_THREADS": "1"}
    said = subprocess.run(words, capture_output=True, text=True, check=True, env=env).stdout
    return json.loads(next(line for line in said.splitlines() if line.startswith("{")))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--work", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.work:
        work(given.rows)
        return
    rounds = []
    for _ in range(given.rounds):
        load = os.getloadavg()[0]
        alone, several = run(1, given.rows), run(given.processes, given.rows)
        same = max(abs(a - b) / abs(a) for a, b in zip(alone["losses"], several["losses"]))
        rounds.append({"load": load, "one_s": alone["epoch_s"], "several_s": several["epoch_s"], "losses_differ_by": same,
                       "speed": alone["epoch_s"] / several["epoch_s"]})  # fmt: skip
        print(rounds[-1], flush=True)
    found = {
        "processes": given.processes, "cores": os.cpu_count(), "rows": given.rows, "rounds": rounds,
        "speed": statistics.median(r["speed"] for r in rounds), "best": max(r["speed"] for r in rounds),
        "date": date.today().isoformat(), "torch": torch.__version__,
    }  # fmt: skip
    (HERE / "results" / "ranks.json").write_text(json.dumps(found, indent=1) + "\n")
    print(f"{given.processes} processes: {found['speed']:.2f} times the speed of one (best round {found['best']:.2f})")


if __name__ == "__main__":
    main()
