"""Put the figures of every task, each with its command, into docs/benchmarks.md, from benchmarks/results/*.json alone.

    python benchmarks/tasks/tables.py

Writes what stands between `<!-- tasks -->` and `<!-- end tasks -->`. A result that is not there is said to be missing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, stdev
from typing import Any

ROOT = Path(__file__).parents[2]
RESULTS, DOC = ROOT / "benchmarks" / "results", ROOT / "docs" / "benchmarks.md"
ETT = "--set data.horizon=96 data.valid_from=2017-06-26 data.test_from=2017-10-24 'data.until=2018-02-20 23:00'"  # as published


@dataclass(frozen=True)
class Row:
    """A line of the table: where its runs stand, what to read from each, and what was to be reached."""

    task: str
    fit: str
    script: str
    measure: str
    runs: Callable[[], list[dict[str, Any]]]
    of: Callable[[dict[str, Any]], float]
    goal: Callable[[dict[str, Any]], float]
    above: bool = True
    beside: str = ""
    other: Callable[[dict[str, Any]], float | None] = lambda run: None

    def cells(self) -> tuple[str, ...]:
        """The line's words."""
        head = (self.task, f"`wellfit fit {self.fit}`", self.measure)
        runs = self.runs()
        if not runs:
            return (*head, "not measured", "", "", "", "", f"`{self.script}`")
        values, goals = [self.of(r) for r in runs], [self.goal(r) for r in runs]
        here, goal = mean(values), mean(goals)
        reached = "yes" if (here >= goal if self.above else here <= goal) else "**no**"
        others = [v for v in (self.other(r) for r in runs) if v is not None]
        other = f"{self.beside} {_figure(others)}" if others else self.beside
        minutes = mean(r["cpu_s"] for r in runs) / 60 if all("cpu_s" in r for r in runs) else None
        took = "" if minutes is None else f"{minutes:.1f}"
        sign = "≥" if self.above else "≤"
        return (
            *head,
            f"{_figure(values)} (n = {len(runs)})",
            f"{sign} {_figure([goal])}",
            reached,
            other,
            took,
            f"`{self.script}`",
        )


def _figure(values: list[float]) -> str:
    """Mean ± standard deviation over seeds."""
    form = ",.0f" if abs(mean(values)) >= 1000 else ".4g"
    text = f"{mean(values):{form}}"
    return text if len(values) < 2 else f"{text} ± {stdev(values):{form if form != '.4g' else '.2g'}}"


def _runs(name: str, *keys: str) -> Callable[[], list[dict[str, Any]]]:
    """() -> the runs under these keys of results/NAME.json; none where they are not there."""

    def read() -> list[dict[str, Any]]:
        file = RESULTS / f"{name}.json"
        held: Any = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
        for key in keys:
            held = held.get(key, {})
        return held or []

    return read


def _rival(measure: str, word: str) -> Callable[[dict[str, Any]], float]:
    """A figure of the first rival of fields whose name begins so."""

    def read(run: dict[str, Any]) -> float:
        return next(v[measure] for k, v in run["rivals"].items() if k.startswith(word))

    return read


def _share(run: dict[str, Any], measure: str) -> float:
    """RMSE over that of persistence."""
    return run["wellfit"][measure] / _rival(measure, "persistence")(run)


def _fixed(goal: float) -> Callable[[dict[str, Any]], float]:
    return lambda run: goal


def _own(run: dict[str, Any]) -> float:
    return run["wellfit"]


ACCURACY, SERIES = "benchmarks/accuracy.py", "benchmarks/tasks/series.py"
ROWS = (
    Row(
        "pictures, classes",
        "mnist",
        ACCURACY,
        "accuracy",
        _runs("accuracy", "sets", "mnist"),
        _own,
        _fixed(0.992),
        beside="LeNet-5 0.9905",
    ),
    Row(
        "pictures, classes",
        "cifar10_small.zip",
        ACCURACY,
        "accuracy",
        _runs("accuracy", "sets", "cifar10_small"),
        _own,
        _fixed(0.65),
    ),
    Row(
        "pictures, classes",
        "eurosat_rgb_small.zip",
        ACCURACY,
        "accuracy",
        _runs("accuracy", "sets", "eurosat_small"),
        _own,
        _fixed(0.88),
    ),
    Row(
        "table, classes",
        "adult.parquet --target income",
        ACCURACY,
        "accuracy",
        _runs("accuracy", "sets", "adult"),
        _own,
        _fixed(0.87),
        beside="gradient boosting",
        other=lambda r: r.get("gradient_boosting"),
    ),
    Row(
        "table, number",
        "california_housing.csv --target median_house_value",
        ACCURACY,
        "RMSE",
        _runs("accuracy", "sets", "california"),
        _own,
        _fixed(47_000),
        above=False,
        beside="gradient boosting",
        other=lambda r: r.get("gradient_boosting"),
    ),
    Row(
        "pictures, masks",
        "nuclei.zip",
        "benchmarks/tasks/segmentation.py",
        "Dice",
        _runs("segmentation", "runs"),
        lambda r: r["wellfit"]["all"],
        _fixed(0.90),
        beside="Otsu's threshold",
        other=lambda r: r["otsu"]["all"],
    ),
    Row(
        "series, 96 hours ahead",
        f"ETTh1.csv {ETT}",
        SERIES,
        "MSE, standardised",
        _runs("series", "sets", "ETTh1-standard"),
        _own,
        _fixed(0.39),
        above=False,
        beside="plain DLinear",
        other=lambda r: r.get("dlinear"),
    ),
    Row(
        "series, 3 months ahead",
        "nino34_monthly_anomaly.txt",
        SERIES,
        "MSE, standardised; goal persistence",
        _runs("series", "sets", "nino34"),
        _own,
        lambda r: r["rival"],
        above=False,
        beside="plain DLinear",
        other=lambda r: r.get("dlinear"),
    ),
    Row(
        "field, 24 hours ahead",
        "air_temperature.nc",
        "benchmarks/tasks/fields.py",
        "RMSE over persistence",
        _runs("fields", "runs", "air_temperature"),
        lambda r: _share(r, next(k for k in r["wellfit"] if "RMSE" in k)),
        _fixed(0.75),
        above=False,
    ),
    Row(
        "field, from blocks of 4 x 4",
        "air_temperature.nc --task downscaling",
        "benchmarks/tasks/fields.py --only air_temperature --set data.task=downscaling",
        "RMSE; goal interpolation and climatology",
        _runs("fields", "runs", "air_temperature downscaling"),
        lambda r: r["wellfit"]["RMSE"],
        lambda r: _rival("RMSE", "bilinear interpolation of the departure")(r),
        above=False,
    ),
    Row(
        "field, 30 minutes ahead",
        "radar_knmi_20100826.nc",
        "benchmarks/tasks/fields.py",
        "CSI; goal persistence",
        _runs("fields", "runs", "radar_knmi_20100826"),
        lambda r: r["wellfit"][next(k for k in r["wellfit"] if "CSI" in k)],
        lambda r: _rival(next(k for k in r["wellfit"] if "CSI" in k), "persistence")(r),
        beside="advected persistence 0.41",
    ),
    Row(
        "text",
        "tiny_shakespeare.txt",
        "benchmarks/tasks/words.py --set text",
        "nats a character",
        _runs("words", "text", "runs"),
        _own,
        _fixed(1.60),
        above=False,
        beside="counts of five characters",
        other=lambda r: r["other"],
    ),
    Row(
        "molecules",
        "esol_delaney.csv --target 'measured log …'",
        "benchmarks/tasks/words.py --set molecules",
        "RMSE",
        _runs("words", "molecules", "runs"),
        _own,
        _fixed(0.75),
        above=False,
        beside="forest on descriptors",
        other=lambda r: r["other"],
    ),
    Row(
        "table, density",
        "winequality-red.csv --task density",
        "benchmarks/tasks/densities.py --set red_wine",
        "bits per dimension; goal a Gaussian",
        _runs("densities", "red_wine", "runs"),
        _own,
        lambda r: r["other"],
        above=False,
    ),
    Row(
        "transfer, 10 a class",
        "fives.npz --from runs/fours",
        "benchmarks/tasks/transfer.py",
        "accuracy; goal scratch",
        _runs("transfer", "runs"),
        lambda r: r["fine-tune"]["accuracy"],
        lambda r: r["scratch"]["accuracy"],
        beside="transfer by hand",
        other=lambda r: r["hand-written transfer"],
    ),
)
HEAD = ("task", "command", "measure", "wellfit", "goal", "reached", "beside it", "CPU min a run", "made by")


def table() -> str:
    """The whole table as Markdown."""
    lines = [HEAD, ("---",) * len(HEAD), *(row.cells() for row in ROWS)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def main() -> None:
    """Write the page anew."""
    text = DOC.read_text(encoding="utf-8")
    block = re.compile(r"(<!-- tasks -->\n).*?(<!-- end tasks -->)", re.DOTALL)
    DOC.write_text(block.sub(lambda found: found[1] + table() + "\n" + found[2], text), encoding="utf-8")


if __name__ == "__main__":
    main()
