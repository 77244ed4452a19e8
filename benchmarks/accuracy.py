"""Test figures of wellfit's defaults, beside scikit-learn's gradient boosting and multilayer perceptron.

    python benchmarks/accuracy.py [--set digits california ...] [--seeds 5] [--data ../shared/data] [--without-others]

Nothing is tuned: a recipe names the data, the column to predict and columns to leave out, and a seed that sets the
split, the first weights and the order alike. wellfit learns from the training rows and chooses its best epoch by the
validation rows, as `wellfit fit` does; scikit-learn's models, with their defaults, get training and validation rows
together, prepared in the same way (the MLP with early stopping on a tenth of them above 10,000 rows, where gradient
boosting stops early by default, too); all are tested on the same test rows. Sets whose files are absent are left out.
benchmarks/results/accuracy.json keeps every single run, accuracy.md the mean ± standard deviation over seeds.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import time
import warnings
from collections.abc import Callable
from datetime import date
from importlib.metadata import version
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import numpy as np
import torch

from wellfit.nouns.data import Data
from wellfit.nouns.recipe import Recipe
from wellfit.verbs.build import build
from wellfit.verbs.judge import judge
from wellfit.verbs.load import load
from wellfit.verbs.propose import propose
from wellfit.verbs.rate import with_tested_rate
from wellfit.verbs.train import train

RESULTS = Path(__file__).parent / "results"

# source (a file below --data, or a bundled set), data choices, the figure (accuracy, RMSE or MAE), what is known
SETS: dict[str, tuple[str, dict[str, Any], str, str]] = {
    "digits": ("digits", {}, "accuracy", "goal 0.985"),
    "iris": ("iris", {}, "accuracy", ""),
    "wine": ("wine", {}, "accuracy", ""),
    "breast_cancer": ("breast_cancer", {}, "accuracy", ""),
    "diabetes": ("diabetes", {}, "RMSE", ""),
    "penguins": ("penguins.csv", {"target": "species", "drop": ["island"]}, "accuracy", "gradient boosting 0.983"),
    "esol": (
        "esol_delaney.csv",
        {
            "target": "measured log solubility in mols per litre",
            "drop": ["Compound ID", "smiles", "ESOL predicted log solubility in mols per litre"],
        },
        "RMSE",
        "random forest on the same six descriptors 0.86",
    ),
    "winequality-red": (
        "winequality-red.csv",
        {"target": "quality", "task": "regression"},
        "MAE",
        "SVM 0.46, with copies of rows on both sides of the split",
    ),
    "winequality-white": (
        "winequality-white.csv",
        {"target": "quality", "task": "regression"},
        "MAE",
        "SVM 0.45, with copies of rows on both sides of the split",
    ),
    "california": ("california_housing.csv", {"target": "median_house_value"}, "RMSE", "gradient boosting 47.4k"),
    "adult": ("adult.parquet", {"target": "income"}, "accuracy", "gradient boosting 0.871"),
    "cifar10_small": ("cifar10_small.zip", {}, "accuracy", "goal 0.55"),
    "eurosat_small": ("eurosat_rgb_small.zip", {}, "accuracy", "goal 0.80"),
    "mnist": ("mnist", {}, "accuracy", "LeNet-5 0.9905"),
}
PICTURES = ("cifar10_small", "eurosat_small", "mnist")  # no table: scikit-learn's models are left out


def figure(kind: str, outputs: np.ndarray, truth: np.ndarray) -> float:
    """Accuracy of class indices or probabilities, or RMSE or MAE of values [N, K]."""
    if kind == "accuracy":
        answers = outputs.argmax(1) if outputs.ndim == 2 else outputs
        return float((answers == truth).mean())
    error = outputs.reshape(len(truth), -1) - truth.reshape(len(truth), -1)
    return float(np.sqrt((error**2).mean()) if kind == "RMSE" else np.abs(error).mean())


def of_wellfit(given: Recipe, data: Data, kind: str) -> dict[str, Any]:
    """One run with the defaults: its figure and what was chosen."""
    begun = time.perf_counter(), time.process_time()
    complete, reasons = propose(given, data)
    case, _ = with_tested_rate(build(complete, data), given, reasons)
    epochs = sum(1 for _ in train(case))
    taken = time.perf_counter() - begun[0], time.process_time() - begun[1]
    judged = judge(case)
    c = case.recipe.training
    return {
        "wellfit": figure(kind, judged["outputs"], judged["truth"]),
        "wall_s": round(taken[0], 1),
        "cpu_s": round(taken[1], 1),
        "epochs": epochs,
        "lr": c.lr,
        "batch_size": c.batch_size,
        "parameters": sum(p.numel() for p in case.network.parameters()),
        "rows": [len(data.train), len(data.valid), len(data.test)],
    }


def of_others(data: Data, kind: str, seed: int) -> dict[str, float]:
    """Figures of scikit-learn's models on the same rows, prepared alike."""
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    classes = data.task == "classification"
    models: dict[str, Callable[..., Any]] = {
        "gradient_boosting": HistGradientBoostingClassifier if classes else HistGradientBoostingRegressor,
        "mlp": MLPClassifier if classes else MLPRegressor,
    }
    x = torch.cat([data.train.x, data.valid.x]).flatten(1).numpy()
    y = torch.cat([data.train.y, data.valid.y]).numpy()
    y, found = y if classes else y.ravel(), {}
    back = data.preparation.target_scaling.back
    truth = data.test.y.numpy() if classes else back(data.test.y.double().numpy())
    for name, model in models.items():
        options = {"early_stopping": True} if name == "mlp" and len(x) > 10_000 else {}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the MLP's own limit of 200 passes
            answers = model(random_state=seed, **options).fit(x, y).predict(data.test.x.flatten(1).numpy())
        found[name] = figure(kind, answers if classes else back(answers.reshape(-1, 1).astype(float)), truth)
    return found


def run(name: str, folder: Path, seed: int, others: bool) -> dict[str, Any] | None:
    """One set with one seed; None where its file is absent."""
    file, choices, kind, _ = SETS[name]
    source = folder / file if "." in file or name == "mnist" else file
    if isinstance(source, Path) and not source.exists():
        return None
    asked = {f"data.{k}": v for k, v in choices.items()}
    given = Recipe.of({"data.source": str(source), "data.seed": seed, "training.seed": seed, **asked})
    data = load(source, given.data)
    found = {"seed": seed, **of_wellfit(given, data, kind)}
    return found | (of_others(data, kind, seed) if others and name not in PICTURES else {})


def table(sets: dict[str, list[dict[str, Any]]]) -> str:
    """Mean ± standard deviation over seeds, as Markdown."""

    def cell(runs: list[dict[str, Any]], key: str) -> str:
        values = [r[key] for r in runs if key in r]
        if not values:
            return ""
        digits = 0 if mean(values) > 1000 else 2 if mean(values) > 10 else 4
        spread = f" ± {stdev(values):,.{digits}f}" if len(values) > 1 else ""
        return f"{mean(values):,.{digits}f}{spread}"

    rows = [
        "| set | figure | wellfit | gradient boosting | MLP | known | seeds | epochs | parameters | CPU s |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name in (n for n in SETS if n in sets):
        runs, (_, _, kind, known) = sets[name], SETS[name]
        figures = " | ".join(cell(runs, k) for k in ("wellfit", "gradient_boosting", "mlp"))
        facts = (
            f"{len(runs)} | {runs[-1]['epochs']} | {runs[-1]['parameters']:,} | {mean(r['cpu_s'] for r in runs):.0f}"
        )
        rows.append(f"| {name} | {kind} | {figures} | {known} | {facts} |")
    return "\n".join(rows)


def keep(sets: dict[str, list[dict[str, Any]]]) -> None:
    """Write both files of results."""
    about = {
        "date": str(date.today()),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, {torch.get_num_threads()} thread(s)",
        "versions": {"python": platform.python_version()}
        | {p: version(p) for p in ("torch", "scikit-learn", "numpy", "wellfit")},
    }
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "accuracy.json").write_text(json.dumps({**about, "sets": sets}, indent=1) + "\n")
    said = ", ".join(f"{k} {v}" for k, v in about["versions"].items())
    text = f"# Accuracy of the defaults\n\n{about['date']}, {about['machine']}; {said}. Mean ± standard deviation\n"
    text += "over seeds; each seed sets the split, the first weights and the order. Made by `benchmarks/accuracy.py`,\n"
    text += "which says what each figure is.\n\n"
    (RESULTS / "accuracy.md").write_text(text + table(sets) + "\n")


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--set", nargs="*", choices=SETS, default=list(SETS))
    ask.add_argument("--seeds", type=int, default=5)
    ask.add_argument("--data", type=Path, default=Path(__file__).parents[1] / "../shared/data")
    ask.add_argument("--without-others", action="store_true", help="leave scikit-learn's models out")
    said = ask.parse_args()
    file = RESULTS / "accuracy.json"
    sets = json.loads(file.read_text())["sets"] if file.exists() else {}
    for name in said.set:
        fresh: list[dict[str, Any]] = []
        for seed in range(said.seeds):
            found = run(name, said.data, seed, not said.without_others)
            if found is None:
                print(f"{name}: no {SETS[name][0]} in {said.data}, left out", flush=True)
                break
            fresh.append(found)
            sets[name] = fresh
            keep(sets)
            print(name, json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
