"""A text and a set of molecules with the defaults, beside counting and a random forest.

    python benchmarks/tasks/words.py [--set text molecules] [--seeds 3] [--data ../shared/data]

text: tiny_shakespeare.txt, the last tenth the test, nats a character. A seed sets first weights and order; the split
is that of the text. Beside it counts of up to five characters in a row on the same characters (Witten & Bell 1991).
molecules: esol_delaney.csv, the solubility from SMILES alone, RMSE. A seed sets the split as well. Beside it a random
forest on the six descriptors of the file on the same rows.
benchmarks/results/words.json keeps every run (replaced set by set), words.md the mean ± standard deviation over seeds.
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
from statistics import mean, stdev
from typing import Any

import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestRegressor

import wellfit as wf
from wellfit.verbs.load import load

RESULTS = Path(__file__).parents[1] / "results"
Y = "measured log solubility in mols per litre"
LEFT = ["Compound ID", "smiles", "ESOL predicted log solubility in mols per litre"]
KNOWN = {
    "text": "goal 1.60; 6-layer GPT 1.47 (nanoGPT), 5-gram 1.70",
    "molecules": "goal 0.75; message-passing network 0.58, random forest 1.07 (MoleculeNet)",
}


def text(folder: Path, seed: int) -> dict[str, float]:
    """Nats a character of one run, and of counting."""
    test, _ = _fit(folder / "tiny_shakespeare.txt", {"training.seed": seed})
    figure = test["nats per character"]
    return {"wellfit": figure["value"], "other": figure["baseline"]}


def molecules(folder: Path, seed: int) -> dict[str, float]:
    """RMSE of one run, and of a random forest on descriptors, trained on training and validation rows."""
    file = folder / "esol_delaney.csv"
    choices = {"data.target": Y, "data.seed": seed, "training.seed": seed}
    test, recipe = _fit(file, choices)
    frame, data = pd.read_csv(file), load(str(file), recipe.data)
    rows = np.concatenate([data.train.rows, data.valid.rows])
    x, y = frame.drop(columns=[*LEFT, Y]).to_numpy(), frame[Y].to_numpy()
    forest = RandomForestRegressor(500, random_state=seed).fit(x[rows], y[rows])
    away = forest.predict(x[data.test.rows]) - y[data.test.rows]
    return {"wellfit": test["RMSE"]["value"], "other": float(np.sqrt((away**2).mean()))}


def _fit(file: Path, choices: dict[str, Any]) -> tuple[dict[str, Any], Any]:
    """(test figures, complete recipe) of a run whose folder is gone."""
    with tempfile.TemporaryDirectory() as folder:
        run = wf.fit(str(file), out=f"{folder}/run", **choices)
        return run.test, run.recipe


SETS = {"text": (text, "nats per character", "counts"), "molecules": (molecules, "RMSE", "forest on descriptors")}


def main() -> None:
    """Run, then write both files."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--set", nargs="+", choices=SETS, default=list(SETS))
    ask.add_argument("--seeds", type=int, default=3)
    ask.add_argument("--data", type=Path, default=Path("../shared/data"))
    said = ask.parse_args()
    kept = RESULTS / "words.json"
    held = json.loads(kept.read_text()) if kept.is_file() else {}
    for name in said.set:
        runs = []
        for seed in range(said.seeds):
            begun, cpu = time.perf_counter(), time.process_time()
            figures = SETS[name][0](said.data, seed)
            runs.append({"seed": seed, **figures, "s": time.perf_counter() - begun, "cpu_s": time.process_time() - cpu})
            print(name, runs[-1], flush=True)
        held[name] = {
            "date": str(date.today()), "runs": runs, "python": platform.python_version(), "cores": os.cpu_count(),
            "machine": platform.machine(), **{p: version(p) for p in ("wellfit", "torch", "numpy", "scikit-learn")},
        }  # fmt: skip
        kept.write_text(json.dumps(held, indent=1) + "\n")
        (RESULTS / "words.md").write_text(page(held))


def page(held: dict[str, Any]) -> str:
    """The table."""
    lines = [
        "# Texts and molecules, defaults\n",
        "`python benchmarks/tasks/words.py`: test figures, mean ± standard deviation over seeds; CPU minutes of one run.\n",
        "| set | measure | wellfit | beside it | known | CPU min | seeds |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name, kept in held.items():
        _, measure, other = SETS[name]
        runs = kept["runs"]
        both = [_spread([r[k] for r in runs]) for k in ("wellfit", "other")]
        minutes = mean(r["cpu_s"] for r in runs) / 60
        lines.append(
            f"| {name} | {measure} | {both[0]} | {both[1]} ({other}) | {KNOWN[name]} | {minutes:.1f} | {len(runs)} |"
        )
    first = next(iter(held.values()))
    made = f"{first['date']}, {first['machine']}, {first['cores']} cores, Python {first['python']}, torch {first['torch']}."
    return "\n".join([*lines, "", made, ""])


def _spread(values: list[float]) -> str:
    return f"{mean(values):.3f}" + (f" ± {stdev(values):.3f}" if len(values) > 1 else "")


if __name__ == "__main__":
    main()
