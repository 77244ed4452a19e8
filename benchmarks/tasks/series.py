"""Test figures of wellfit's forecasts, beside the rival without training and a plain DLinear.

    python benchmarks/tasks/series.py [--set ETTh1-standard nino34 ...] [--seeds 3] [--data ../shared/data]

Nothing is tuned to a set: choices are what is asked (the horizon, the split where the literature fixes one), the rest
are the defaults. A seed sets the first weights and the order; the split is by time. DLinear is written by hand as
published (Zeng et al. 2023, arXiv:2205.13504: kernel 25, Adam at 0.005 for batches of 32, halved each epoch, 10 epochs,
the best on the validation windows kept) and gets the same windows. benchmarks/results/series.json keeps every run,
series.md and docs/series.md the mean ± standard deviation over seeds.
"""

from __future__ import annotations

import argparse
import copy
import json
import os
import platform
import time
from datetime import date
from importlib.metadata import version
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from wellfit.nouns.data import Data, Split
from wellfit.nouns.recipe import Recipe
from wellfit.verbs.build import build
from wellfit.verbs.judge import judge
from wellfit.verbs.load import load
from wellfit.verbs.propose import propose
from wellfit.verbs.rate import with_tested_rate
from wellfit.verbs.train import train

RESULTS = Path(__file__).parents[1] / "results"
PAGE = Path(__file__).parents[2] / "docs" / "series.md"
STANDARD = {"valid_from": "2017-06-26", "test_from": "2017-10-24", "until": "2018-02-20 23:00"}  # 12, 4, 4 months

# name -> (file, data choices, the figure told, how it is in the literature or by a simple rule)
SETS: dict[str, tuple[str, dict[str, Any], str, str]] = {
    "ETTh1-standard": (
        "ETTh1.csv",
        {"horizon": 96, **STANDARD},
        "MSE (standardised)",
        "DLinear 0.375, Informer 0.865; goal 0.39",
    ),
    "ETTh1": ("ETTh1.csv", {"horizon": 96}, "MSE (standardised)", "the default split, later months"),
    "nino34": ("nino34_monthly_anomaly.txt", {"horizon": 3}, "MSE (standardised)", "goal: better than persistence"),
    "co2-weekly": ("co2_mauna_loa_weekly.csv", {}, "RMSE", "same week last year plus the mean growth, from 1991: 0.90"),
    "sunspots": ("sunspots_yearly.csv", {}, "RMSE", "from 1950: persistence 33.2, AR(9) 18.7"),
    "beijing": ("beijing_air_Aotizhongxin.csv", {}, "MSE (standardised)", ""),
    "sea-ice": ("sea_ice_extent_daily.csv", {"horizon": 30}, "RMSE", "from 2015, 30th day: same day last year 0.44"),
}


def of_wellfit(given: Recipe, data: Data, figure: str) -> dict[str, Any]:
    """One run with the defaults: its figure beside the rival's, and what was chosen."""
    begun = time.perf_counter(), time.process_time()
    complete, reasons = propose(given, data)
    case, _ = with_tested_rate(build(complete, data), given, reasons)
    epochs = sum(1 for _ in train(case))
    taken = time.perf_counter() - begun[0], time.process_time() - begun[1]
    judged = judge(case)
    m = judged["metrics"][figure]
    return {
        "wellfit": m["value"],
        "low": m["low"],
        "high": m["high"],
        "rival": m["baseline"],
        "named": judged["baseline"],
        "wall_s": round(taken[0], 1),
        "cpu_s": round(taken[1], 1),
        "epochs": epochs,
        "lr": case.recipe.training.lr,
        "parameters": sum(p.numel() for p in case.network.parameters()),
        "windows": [len(data.train), len(data.valid), len(data.test)],
        "shape_in": list(data.shape_in),
        "shape_out": list(data.shape_out),
    }


class DLinear(nn.Module):
    """[B, C, L] -> [B, K, H], as published."""

    def __init__(self, shape_in: tuple[int, ...], shape_out: tuple[int, ...], kernel: int = 25):
        super().__init__()
        self.k, self.kernel = shape_out[0], kernel
        self.trend, self.season = (nn.Linear(shape_in[1], shape_out[1]) for _ in range(2))
        for layer in (self.trend, self.season):
            nn.init.constant_(layer.weight, 1 / shape_in[1])

    def forward(self, x: Tensor) -> Tensor:
        x, side = x[:, : self.k], self.kernel // 2
        ends = torch.cat([x[..., :1].expand(-1, -1, side), x, x[..., -1:].expand(-1, -1, side)], -1)
        smooth = nn.functional.avg_pool1d(ends, self.kernel, 1)
        return self.trend(smooth) + self.season(x - smooth)


def of_dlinear(data: Data, seed: int, figure: str) -> float:
    """The figure of a plain DLinear on the same windows."""
    torch.manual_seed(seed)
    network = DLinear(data.shape_in, data.shape_out)
    kept, least = copy.deepcopy(network.state_dict()), float("inf")
    for epoch in range(10):
        optimizer = torch.optim.Adam(network.parameters(), lr=0.005 * 0.5**epoch)
        order = torch.randperm(len(data.train))
        for rows in order.split(32):
            loss = squares(network(data.train.x[rows]), data.train.y[rows]).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        found = squares(answers(network, data.valid), data.valid.y).mean().item()
        if found < least:
            kept, least = copy.deepcopy(network.state_dict()), found
    network.load_state_dict(kept)
    wrong = squares(answers(network, data.test), data.test.y).mean().item()
    if figure.startswith("MSE"):
        return wrong  # as data.normalise_targets = standardise
    return float(np.sqrt(wrong) * data.preparation.target_scaling.parts["scale"].numpy()[0])


def squares(said: Tensor, true: Tensor) -> Tensor:
    """Squared errors where there is an answer."""
    there = ~true.isnan()
    return (said[there] - true[there]) ** 2


@torch.no_grad()
def answers(network: nn.Module, part: Split) -> Tensor:
    """Outputs for a part, in batches."""
    return torch.cat([network(x) for x, _ in part.batches(512)])


def run(name: str, folder: Path, seed: int) -> dict[str, Any] | None:
    """One set with one seed; None where its file is absent."""
    file, choices, figure, _ = SETS[name]
    if not (folder / file).exists():
        return None
    asked = {f"data.{k}": v for k, v in choices.items()}
    given = Recipe.of({"data.source": str(folder / file), "data.seed": seed, "training.seed": seed, **asked})
    data = load(folder / file, given.data)
    return {"seed": seed, **of_wellfit(given, data, figure), "dlinear": of_dlinear(data, seed, figure)}


def table(sets: dict[str, list[dict[str, Any]]]) -> str:
    """Mean ± standard deviation over seeds, as Markdown."""

    def cell(runs: list[dict[str, Any]], key: str) -> str:
        values = [r[key] for r in runs]
        return f"{mean(values):.4g}" + (f" ± {stdev(values):.2g}" if len(values) > 1 else "")

    rows = [
        "| set | history → ahead | figure | wellfit | 95 % interval | without training | plain DLinear | known | seeds |"
        " minutes |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name in (n for n in SETS if n in sets):
        runs, (_, _, figure, known) = sets[name], SETS[name]
        r = runs[0]
        size = f"{r['shape_in'][0]} × {r['shape_in'][1]} → {r['shape_out'][0]} × {r['shape_out'][1]}"
        rival = f"{r['rival']:.4g}: {r['named'].partition(' (')[0]}"
        rows.append(
            f"| {name} | {size} | {figure} | {cell(runs, 'wellfit')} | {r['low']:.4g} to {r['high']:.4g} | {rival} |"
            f" {cell(runs, 'dlinear')} | {known} | {len(runs)} | {mean(r['cpu_s'] for r in runs) / 60:.1f} |"
        )
    return "\n".join(rows)


def keep(sets: dict[str, list[dict[str, Any]]]) -> None:
    """Write both files of results."""
    about = {
        "date": str(date.today()),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, {torch.get_num_threads()} thread(s)",
        "versions": {"python": platform.python_version()} | {p: version(p) for p in ("torch", "numpy", "wellfit")},
    }
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "series.json").write_text(json.dumps({**about, "sets": sets}, indent=1) + "\n")
    said = ", ".join(f"{k} {v}" for k, v in about["versions"].items())
    text = f"# Forecasts of series\n\n{about['date']}, {about['machine']}; {said}. Mean ± standard deviation over seeds of\n"
    text += "the first weights and the order; the split is by time. Minutes of one CPU core, training alone. Made by\n"
    text += "`benchmarks/tasks/series.py`, which says what each figure is.\n\n"
    (RESULTS / "series.md").write_text(text + table(sets) + "\n")
    before, mark, rest = PAGE.read_text(encoding="utf-8").partition("<!-- made: series -->\n")
    page = f"{before}{mark}{table(sets)}\n<!-- end -->{rest.partition('<!-- end -->')[2]}"
    PAGE.write_text(page, encoding="utf-8")


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--set", nargs="*", choices=SETS, default=list(SETS))
    ask.add_argument("--seeds", type=int, default=3)
    ask.add_argument("--data", type=Path, default=Path(__file__).parents[2] / "../shared/data")
    said = ask.parse_args()
    file = RESULTS / "series.json"
    sets = json.loads(file.read_text())["sets"] if file.exists() else {}
    for name in said.set:
        fresh: list[dict[str, Any]] = []
        for seed in range(said.seeds):
            found = run(name, said.data, seed)
            if found is None:
                print(f"{name}: no {SETS[name][0]} in {said.data}, left out", flush=True)
                break
            fresh.append(found)
            sets[name] = fresh
            keep(sets)
            print(name, json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
