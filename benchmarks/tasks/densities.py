"""Densities of tables and new pictures with the defaults, beside a Gaussian with full covariance.

    python benchmarks/tasks/densities.py [--set red_wine penguins digits_vae digits_gan] [--seeds 3] [--first 0]
        [--data ../shared/data]

red_wine, penguins: winequality-red.csv and penguins.csv, every column; bits per dimension of the test rows. digits_vae,
digits_gan: scikit-learn's digits; energy distance of 1,000 drawn pictures from those of the test. A seed sets the split as
well. benchmarks/results/densities.json keeps every run (replaced set by set,
seeds before `--first` kept).
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import tempfile
import time
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

import wellfit as wf

RESULT = Path(__file__).parents[1] / "results" / "densities.json"
SETS: dict[str, tuple[str, dict[str, Any]]] = {
    "red_wine": ("winequality-red.csv", {"data.task": "density"}),
    "penguins": ("penguins.csv", {"data.task": "density"}),
    "digits_vae": ("digits", {"data.task": "generation"}),
    "digits_gan": ("digits", {"data.task": "generation", "network.name": "gan"}),
}


def figures(source: str, choices: dict[str, Any], seed: int) -> dict[str, Any]:
    """The headline of one run, the Gaussian's, and all other figures and the verdict."""
    with tempfile.TemporaryDirectory() as folder:
        run = wf.fit(source, out=f"{folder}/run", **choices, **{"data.seed": seed, "training.seed": seed})
        name, headline = next(iter(run.test.items()))
        others = {k: v["value"] for k, v in run.test.items() if k != name}
        return {
            "measure": name,
            "wellfit": headline["value"],
            "other": headline["baseline"],
            "verdict": run.verdict,
            **others,
        }


def main() -> None:
    """Run, then write the file."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--set", nargs="+", choices=SETS, default=list(SETS))
    ask.add_argument("--seeds", type=int, default=3)
    ask.add_argument("--first", type=int, default=0)
    ask.add_argument("--data", type=Path, default=Path("../shared/data"))
    said = ask.parse_args()
    held = json.loads(RESULT.read_text()) if RESULT.is_file() else {}
    for name in said.set:
        file, choices = SETS[name]
        source = file if file == "digits" else str(said.data / file)
        runs = held.get(name, {}).get("runs", [])[: said.first]
        for seed in range(len(runs), said.seeds):
            begun, cpu = time.perf_counter(), time.process_time()
            found = figures(source, choices, seed)
            runs.append({"seed": seed, **found, "s": time.perf_counter() - begun, "cpu_s": time.process_time() - cpu})
            print(name, runs[-1], flush=True)
            held[name] = {
                "date": str(date.today()), "runs": runs, "python": platform.python_version(), "cores": os.cpu_count(),
                "machine": platform.machine(), **{p: version(p) for p in ("wellfit", "torch", "numpy", "scikit-learn")},
            }  # fmt: skip
            RESULT.write_text(json.dumps(held, indent=1) + "\n")


if __name__ == "__main__":
    main()
