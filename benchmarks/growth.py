"""How time and memory grow with rows and parameters: CPU seconds of reading and of a training epoch, and what is held.

    python benchmarks/growth.py

Rows: a Parquet table of 20 columns, dense 64-64, batch 1024, allowed 4 MB (streamed) at every size. Parameters: dense
networks of two hidden layers on 20,000 rows, batch 256; what is held are the weights, their gradients, AdamW's two
moments, and what a forward pass keeps for the backward pass, counted by `saved_tensors_hooks`. CPU seconds of one thread,
the least of three epochs. Exponents are slopes of a straight line through the logarithms. Kept in
benchmarks/results/growth.json.
"""

from __future__ import annotations

import itertools
import json
import tempfile
import time
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
    "data.target": "y", "network.name": "dense", "network.norm": "none", "network.dropout": 0.0, "training.loss": "mse",
    "network.options.embedding": "none", "training.optimizer": "adamw", "training.lr": 1e-3, "training.patience": 0,
    "training.epochs": 3, "training.threads": 1,
}  # fmt: skip


def table(rows: int) -> pd.DataFrame:
    x = np.random.default_rng(0).normal(size=(rows, 20)).astype(np.float64)
    return pd.DataFrame(x, columns=[f"c{i}" for i in range(20)]).assign(y=np.sin(x[:, 0]) + x[:, 1])


def epoch_s(case: Case) -> float:
    """CPU seconds of the quickest of three epochs."""
    ends = [time.process_time()]
    for moment in train(case):
        if getattr(moment, "readings", ()):
            ends.append(time.process_time())
    return min(b - a for a, b in itertools.pairwise(ends))


def by_rows(folder: Path) -> list[dict[str, float]]:
    found = []
    for rows in (12_500, 25_000, 50_000, 100_000):
        table(rows).to_parquet(path := folder / "t.parquet")
        given = {**GIVEN, "network.widths": [64, 64], "training.batch_size": 1024, "data.memory": "4MB"}
        begun, recipe = time.process_time(), Recipe.of(given)
        data = load(path, recipe.data)
        read_s = time.process_time() - begun
        case = build(propose(recipe, data)[0], data)
        n = len(data.train)
        found.append({"rows": n, "read_s": read_s, "epoch_s": epoch_s(case), "file_MB": 4 * data.train.x.numel() / 1e6})
    return found


def by_parameters() -> list[dict[str, float]]:
    found = []
    frame = table(20_000)
    for width in (64, 128, 256, 512):
        recipe = Recipe.of({**GIVEN, "network.widths": [width, width], "training.batch_size": 256})
        data = load(frame, recipe.data)
        case = build(propose(recipe, data)[0], data)
        n = sum(p.numel() for p in case.network.parameters())
        steps = -(-len(data.train) // 256)
        found.append({"parameters": n, "step_ms": 1e3 * epoch_s(case) / steps, "weights_MB": 16 * n / 1e6,
                      "kept_MB": kept(case, 256) / 1e6})  # fmt: skip
    return found


def kept(case: Case, rows: int) -> int:
    """Bytes that a forward pass keeps for the backward pass, weights apart."""
    held, own = {}, {p.data_ptr() for p in case.network.parameters()}

    def pack(t: torch.Tensor) -> torch.Tensor:
        if t.data_ptr() not in own:
            held[t.data_ptr()] = t.numel() * t.element_size()
        return t

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda t: t):
        case.network.train()(case.data.train.x[:rows])
    return sum(held.values())


def exponent(rows: list[dict[str, float]], x: str, y: str) -> float:
    return float(np.polyfit(np.log([r[x] for r in rows]), np.log([r[y] for r in rows]), 1)[0])


def main() -> None:
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        rows = by_rows(Path(folder))
    parameters = by_parameters()
    found: dict[str, Any] = {
        "rows": rows, "parameters": parameters,
        "exponents": {
            "epoch by rows": exponent(rows, "rows", "epoch_s"), "reading by rows": exponent(rows, "rows", "read_s"),
            "step by parameters": exponent(parameters[1:], "parameters", "step_ms"),
        },
        "date": date.today().isoformat(), "torch": torch.__version__,
    }  # fmt: skip
    (HERE / "results" / "growth.json").write_text(json.dumps(found, indent=1) + "\n")
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
