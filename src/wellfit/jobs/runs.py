"""runs: the runs in a folder, and some of them side by side. Reads their files alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from wellfit.nouns import living
from wellfit.nouns.errors import RunError, WellfitError
from wellfit.nouns.run import ENVIRONMENT, RECIPE, Run


def listed(folder: str | Path | None = None) -> list[dict[str, Any]]:
    """[{"name", "path", "data", "status", "verdict", "test", "epochs", "seconds", "started"}], the oldest first.

    folder: holds runs, or is a run itself; "runs" where nothing is given. A damaged run is listed as "damaged".
    Raises RunError where there is no such folder.
    """
    place = Path("runs" if folder is None else folder)
    if folder is not None and not place.is_dir():
        raise RunError(f"the runs in {place}", "no such folder", "name a folder that holds runs, or a run")
    inside = [place] if (place / RECIPE).is_file() else [p.parent for p in place.glob(f"*/{RECIPE}")]
    return sorted((_row(p) for p in inside), key=lambda r: (r["started"] or 0, r["name"]))


def _row(path: Path) -> dict[str, Any]:
    row: dict[str, Any] = {"name": path.name, "path": str(path), "data": "", "status": "damaged", "verdict": ""}
    row |= {"test": {}, "epochs": None, "seconds": None, "started": None}
    try:
        run = Run.open(path)
        result, facts, about = run.result, run.read_json("data.json", {}), run.read_json(ENVIRONMENT, {})
        row |= {
            "data": facts.get("name") or run.recipe.data.source,
            "started": about.get("started"),
            "status": living.status(path, result),
            "verdict": result.get("verdict", ""),
            "test": result.get("test", {}),
            "epochs": next((int(r.epoch) for r in reversed(run.readings) if r.name == "valid_loss"), 0),
            "seconds": facts.get("train_s"),
        }
    except WellfitError:
        pass
    return row


def compared(paths: Sequence[str | Path]) -> dict[str, Any]:
    """{"runs": names, "verdict": [...], "test": {metric: [... or None]}, "recipe": {key: [...]} where they differ,
    "same_data": were they tested on the same rows}.

    Raises RunError where one is no run.
    """
    runs = [Run.open(p) for p in paths]
    results = [r.result for r in runs]
    recipes = [r.recipe.flat() for r in runs]
    metrics = dict.fromkeys(m for r in results for m in r.get("test", {}))
    choices = {k: [r.get(k) for r in recipes] for k in dict.fromkeys(k for recipe in recipes for k in recipe)}
    names = [r.path.name for r in runs]
    parted = (
        "split",
        "group",
        "time",
        "valid_frac",
        "test_frac",
        "seed",
        "valid_from",
        "test_from",
        "until",
        "horizon",
    )
    tested = {
        (r.read_json(ENVIRONMENT, {}).get("fingerprint"), *(f.get(f"data.{k}") for k in parted))
        for r, f in zip(runs, recipes)
    }
    return {
        "runs": names if len(set(names)) == len(names) else [str(r.path) for r in runs],
        "verdict": [r.get("verdict") or r.get("status", "running") for r in results],
        "test": {m: [r.get("test", {}).get(m) for r in results] for m in metrics},
        "same_data": len(tested) == 1,
        "recipe": {k: row for k, row in choices.items() if len(set(map(str, row))) > 1},
    }
