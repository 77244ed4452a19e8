"""Compare: several runs side by side, read as carefully as one."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from wellfit.nouns import living
from wellfit.nouns.beside import ROWS, Seen, beside, flat, rows_of
from wellfit.nouns.run import ENVIRONMENT, RECIPE, RESULT
from wellfit.page.curves import only
from wellfit.page.files import content, parse_json, parse_toml
from wellfit.page.runs import Runs
from wellfit.page.thin import COLUMNS, plain, thin


def compared(runs: Runs, folders: dict[str, Path]) -> dict[str, Any]:
    """What `nouns/beside` says of them."""
    return beside([_seen(runs, name, folder) for name, folder in folders.items()])


def _seen(runs: Runs, name: str, folder: Path) -> Seen:
    recipe, result, about = (
        found if isinstance(found, dict) else {}
        for found in (
            runs.read(folder, RECIPE, parse_toml),
            runs.read(folder, RESULT, parse_json),
            runs.read(folder, ENVIRONMENT, parse_json),
        )
    )
    test, loss = result.get("test"), only(folder, ["valid_loss"]).get(("valid_loss", ""))
    return Seen(
        name,
        flat(recipe),
        living.status(folder, result),
        str(result.get("verdict") or ""),
        {k: m for k, m in test.items() if _is_figure(m)} if isinstance(test, dict) else {},
        str(about.get("fingerprint")),
        epochs=None if loss is None else np.array(loss.epochs),
        values=None if loss is None else np.array(loss.values),
        **_rows(folder),
    )


def _is_figure(m: Any) -> bool:
    return isinstance(m, dict) and isinstance(m.get("value"), int | float)


def _rows(folder: Path) -> dict[str, Any]:
    raw = content(folder, "evidence.npz")
    try:
        with np.load(io.BytesIO(raw or b""), allow_pickle=False) as held:
            return rows_of({name: held[name] for name in ROWS if name in held.files})
    except (OSError, ValueError, EOFError, zipfile.BadZipFile):  # not there yet, or damaged
        return {}


def chart(found: dict[str, Any]) -> list[dict[str, Any]]:
    """The groups' curves for the page: the mean, and one standard deviation to either side where there are seeds."""
    series = []
    for group in found["groups"]:
        x, y = np.array(group["epochs"], dtype=float), np.array(group["mean"], dtype=float)
        sd = np.array([np.nan if v is None else v for v in group["sd"]], dtype=float)
        keep = thin(x, y, COLUMNS)
        one = {"label": group["name"], "x": plain(x[keep]), "y": plain(y[keep])}
        if len(group["runs"]) > 1:
            one |= {"low": plain((y - sd)[keep]), "high": plain((y + sd)[keep])}
        series.append(one)
    return series
