"""Training from a file beside training in memory: rows a second, and the highest memory of a whole fit.

    python benchmarks/streaming.py [--rows 1000000] [--rounds 5]

J3 (dense 20-256-256-1, batch 1024) on a Parquet table of 20 columns. Both cases hold the same rows in the same network and
take turns epoch by epoch in one process (A B B A ...), CPU seconds of training and of reading ahead counted together with
their wall time; each round gives one ratio. The memory is the highest mark (VmHWM) of a process of its own that loads the
table and trains one epoch, above that of the same process before; beside it the size of the table's numbers as a DataFrame
holds them. A streamed table is allowed a tenth of that size. Kept in benchmarks/results/streaming.json.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from wellfit.nouns.case import Case
from wellfit.nouns.recipe import Recipe
from wellfit.verbs.build import build
from wellfit.verbs.load import load
from wellfit.verbs.propose import propose
from wellfit.verbs.train import train

HERE = Path(__file__).parent
GIVEN = {
    "data.target": "y", "network.name": "dense", "network.widths": [256, 256], "network.norm": "none",
    "network.dropout": 0.0, "network.options.embedding": "none", "training.batch_size": 1024, "training.loss": "mse",
    "training.optimizer": "adamw", "training.lr": 1e-3, "training.patience": 0, "training.epochs": 1, "training.threads": 1,
}  # fmt: skip


def table(rows: int, path: Path) -> int:
    """Write the table; bytes of its numbers are returned."""
    x = np.random.default_rng(0).normal(size=(rows, 20))
    held = pd.DataFrame(x, columns=[f"c{i}" for i in range(20)])
    held["y"] = np.sin(x[:, 0]) + x[:, 1] * x[:, 2]
    held.to_parquet(path)
    return held.to_numpy().nbytes


def case_of(path: Path, memory: str) -> Case:
    recipe = Recipe.of({**GIVEN, "data.memory": memory})
    data = load(path, recipe.data)
    return build(propose(recipe, data)[0], data)


def epoch_s(case: Case) -> dict[str, float]:
    """Wall and CPU seconds of one epoch without watching, and the share of it that was waited for rows."""
    wall, cpu = time.perf_counter(), time.process_time()
    readings = [r for moment in train(case) for r in getattr(moment, "readings", ())]
    waited = next((r.value for r in readings if r.name == "data_wait_frac"), 0.0)
    return {"wall_s": time.perf_counter() - wall, "cpu_s": time.process_time() - cpu, "waited": waited}


def peak(path: Path, memory: str) -> int:
    """Bytes that a process held at most for loading and one epoch, above what it held before."""
    code = f"""
import sys; sys.path.insert(0, {str(HERE)!r})
import streaming
from pathlib import Path
mark = lambda: int(next(l for l in open("/proc/self/status") if l.startswith("VmHWM")).split()[1]) * 1024
import pyarrow.parquet, sklearn.tree
small = Path({str(path.with_name("small.parquet"))!r})
streaming.table(3000, small); streaming.epoch_s(streaming.case_of(small, "all"))
before = mark()
streaming.epoch_s(streaming.case_of(Path({str(path)!r}), {memory!r}))
print(mark() - before)
"""
    return int(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)


def measured(rows: int, rounds: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        path = Path(folder) / "table.parquet"
        size = table(rows, path)
        allowed = f"{size // 10 // 1000}kB"
        peaks = {"auto": peak(path, "auto"), "a tenth": peak(path, allowed)}
        streamed = case_of(path, allowed)
        feed = streamed.data.train.feed
        assert feed is not None
        held = replace(streamed.data.train, x=streamed.data.train.x.clone(), feed=None)
        memory = replace(streamed, data=replace(streamed.data, train=held))
        ways = {"streamed": streamed, "memory": memory}
        found: dict[str, list[dict[str, float]]] = {"streamed": [], "memory": []}
        for i in range(2 * rounds):
            for name in ("streamed", "memory") if i % 2 else ("memory", "streamed"):
                found[name].append(epoch_s(ways[name].copy()))
    ratio = lambda key: [b[key] / a[key] for a, b in zip(found["streamed"], found["memory"])]
    return {
        "rows": rows, "table_MB": size / 1e6, "allowed_MB": size / 1e7, "block_rows": feed.block,
        "pool_rows": feed.rows, "speed_wall": statistics.median(ratio("wall_s")), "speed_cpu": statistics.median(ratio("cpu_s")),
        "speed_cpu_range": [min(ratio("cpu_s")), max(ratio("cpu_s"))],
        "waited_frac": statistics.median(e["waited"] for e in found["streamed"]),
        "epoch_cpu_s": {k: statistics.median(e["cpu_s"] for e in v) for k, v in found.items()},
        "peak_MB": {k: v / 1e6 for k, v in peaks.items()}, "peak_over_table": {k: v / size for k, v in peaks.items()},
        "date": date.today().isoformat(), "torch": torch.__version__, "machine": platform.machine(),
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    found = measured(given.rows, given.rounds)
    place = HERE / "results" / "streaming.json"
    held = json.loads(place.read_text()) if place.exists() else {}
    held[str(given.rows)] = found
    place.write_text(json.dumps(held, indent=1) + "\n")
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
