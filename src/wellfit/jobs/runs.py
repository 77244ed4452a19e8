"""runs: the runs in a folder, and some of them side by side. Reads their files alone."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from wellfit.nouns import living
from wellfit.nouns.beside import ROWS, Seen, beside, rows_of
from wellfit.nouns.errors import RunError, WellfitError
from wellfit.nouns.reading import Track
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
    """What `nouns/beside` says of these runs: figures, the choices in which they differ, curves over seeds, paired tests.

    Raises RunError where one is no run.
    """
    runs = [Run.open(p) for p in paths]
    names = [r.path.name for r in runs]
    own = names if len(set(names)) == len(names) else [str(r.path) for r in runs]
    return beside([_seen(run, name) for run, name in zip(runs, own)])


def _seen(run: Run, name: str) -> Seen:
    result, loss = run.result, run.curves.get("valid_loss")
    arrays: dict[str, Any] = {}
    with suppress(OSError, ValueError, zipfile.BadZipFile), np.load(run.path / "evidence.npz") as held:
        arrays = rows_of({k: held[k] for k in ROWS if k in held.files})
    return Seen(
        name,
        run.recipe.flat(),
        living.status(run.path, result),
        result.get("verdict", ""),
        result.get("test", {}),
        str(run.read_json(ENVIRONMENT, {}).get("fingerprint")),
        epochs=loss.epochs if isinstance(loss, Track) else None,
        values=loss.values if isinstance(loss, Track) else None,
        **arrays,
    )
