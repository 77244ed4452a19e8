"""CPU time of a whole `wellfit fit` on J1, over that of a plain script: `python benchmarks/whole.py [--rounds 5]`.

Both are processes of their own, imports and all, in turn (A B B A ...), one thread. The plain script
(benchmarks/plain_digits.py) trains the same network in the same number of epochs and saves its weights; `fit` also
checks the case, watches, judges, measures a rival, tests once and writes its report.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path

import torch

import wellfit

HERE = Path(__file__).parent
CHOICES = [
    "network.name=dense",
    "network.widths=[128,128]",
    "network.norm=none",
    "network.dropout=0.0",
    "training.batch_size=32",
    "training.epochs=20",
    "training.optimizer=adamw",
    "training.lr=1e-3",
    "training.patience=0",
]
FIT = [sys.executable, "-m", "wellfit", "fit", "digits", "--set", *CHOICES]
PLAIN = [sys.executable, str(HERE / "plain_digits.py")]


def cpu_s(command: list[str], folder: str) -> float:
    """CPU seconds of a process, those of the system for it included."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, cwd=folder, check=True, capture_output=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--rounds", type=int, default=5)
    rounds = ask.parse_args().rounds
    spent: list[dict[str, float]] = []
    with tempfile.TemporaryDirectory() as folder:
        for i in range(rounds + 1):
            pair = [("plain", PLAIN), ("fit", FIT)][:: 1 if i % 2 else -1]
            spent.append({name: cpu_s(command, folder) for name, command in pair})
    kept = spent[1:]  # the first round warms the file cache
    ratios = [s["fit"] / s["plain"] for s in kept]
    row = {
        "what": "wellfit fit digits, as J1, over a plain script; whole processes",
        "cpu_ratio_median": round(statistics.median(ratios), 3),
        "cpu_ratio_range": [round(min(ratios), 3), round(max(ratios), 3)],
        "to_reach": 1.2,
        "plain_cpu_s": round(statistics.median(s["plain"] for s in kept), 2),
        "wellfit_cpu_s": round(statistics.median(s["fit"] for s in kept), 2),
        "n": rounds,
    }
    print(json.dumps(row))
    versions = {"python": platform.python_version(), "torch": torch.__version__, "wellfit": wellfit.__version__}
    whole = {
        "date": str(date.today()),
        "machine": f"{platform.machine()}, 1 thread",
        "versions": versions,
        "rows": [row],
    }
    (HERE / "results" / "whole.json").write_text(json.dumps(whole, indent=1) + "\n")


if __name__ == "__main__":
    main()
