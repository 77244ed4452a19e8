"""draw: new examples from a run that learnt a density or to generate: rows as a table, pictures as arrays."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from wellfit.nouns.drawn_examples import draw
from wellfit.nouns.errors import RunError
from wellfit.nouns.grain import rows_of, values_of
from wellfit.nouns.run import Run, write_aside
from wellfit.nouns.units import many
from wellfit.verbs.keep import read_model

if TYPE_CHECKING:
    import pandas as pd

MOST = 1_000_000  # examples at once
ACROSS, SIDE = 8, 64  # pictures side by side in one file, and pixels to which small ones are enlarged


def can_draw(path: str | Path) -> bool:
    """Did the run learn to draw examples, rather than to write or to answer?"""
    return Run.open(path).recipe.data.task in ("density", "generation")


def drawn(path: str | Path, count: int, *, seed: int = 0, network: Any = None) -> pd.DataFrame | np.ndarray:
    """`count` examples that the run in `path` draws: a table of rows, in their units and with their levels, or pictures
    [count, C, H, W] float64 in theirs. The same seed draws the same ones. Raises RunError for a run that cannot."""
    run = Run.open(path)
    model = read_model(run, network)
    if not 1 <= count <= MOST:
        raise RunError(f"{count:,} examples", "too few or too many at once", f"ask for 1 to {MOST:,}")
    if not hasattr(model.network, "sample"):
        found = f"its network, {run.recipe.network.name}, has no sample(n)"
        raise RunError(f"examples drawn by the run {path}", found, "take a network that draws: flow, vae, gan")
    grain = run.recipe.network.options.get("grain")
    x = draw(model.network, count, seed)
    if model.preparation.kind == "pictures":
        return values_of(x, model.preparation, grain).clip(*_range(run))
    return rows_of(x, model.preparation, grain)


def _range(run: Run) -> tuple[float, float]:
    """The least and greatest value of the pictures of training."""
    low, high = run.read_json("data.json", {}).get("range") or (-np.inf, np.inf)
    return low, high


def png(pictures: np.ndarray, high: float) -> bytes:
    """Pictures [N, C, H, W] from 0 to `high` side by side, eight to a row, as one PNG; small ones enlarged."""
    from PIL import Image

    n, c, h, w = pictures.shape
    across = min(n, ACROSS)
    rows = -(-n // across)
    canvas = np.full((rows * (h + 1) - 1, across * (w + 1) - 1, 3), 255, np.uint8)
    shown = np.nan_to_num(pictures / max(high, 1e-12)).clip(0, 1) * 255
    for k, one in enumerate(shown[:, :3] if c >= 3 else np.repeat(shown[:, :1], 3, 1)):
        r, column = divmod(k, across)
        at = (slice(r * (h + 1), r * (h + 1) + h), slice(column * (w + 1), column * (w + 1) + w))
        canvas[at] = np.moveaxis(one, 0, -1).round().astype(np.uint8)
    larger, held = max(1, SIDE // max(h, w)), io.BytesIO()
    canvas = canvas.repeat(larger, 0).repeat(larger, 1)
    Image.fromarray(canvas).save(held, "PNG", optimize=True)
    return held.getvalue()


def write(path: str | Path, examples: pd.DataFrame | np.ndarray, place: Path) -> str:
    """Rows as CSV; pictures as one PNG, or .npy as numbers. What was written, in words. Raises RunError where it
    cannot be written, or the ending is of another kind."""
    ending = place.suffix.lower()
    if not isinstance(examples, np.ndarray):
        if ending not in (".csv", ""):
            raise RunError(f"rows written to {place}", "rows of a table", "name a .csv file")
        write_aside(place, csv(examples).encode())
        return f"{many(len(examples), 'row')} written to {place}"
    if ending == ".npy":
        held = io.BytesIO()
        np.save(held, examples)
        write_aside(place, held.getvalue())
    elif ending == ".png":
        write_aside(place, png(examples, _range(Run.open(path))[1]))
    else:
        raise RunError(f"pictures written to {place}", f"a {ending or 'nameless'} file", "name a .png or .npy file")
    return f"{many(len(examples), 'picture')} written to {place}"


def csv(rows: pd.DataFrame | np.ndarray) -> str:
    """The rows as CSV, every digit kept. Raises RunError for pictures."""
    if isinstance(rows, np.ndarray):
        raise RunError("pictures on standard output", "they are no words", "name a file: --out samples.png")
    return rows.to_csv(index=False, lineterminator="\n")
