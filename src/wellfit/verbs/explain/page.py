"""Page: each part as plain files in a folder, and one self-contained page of all parts that are there."""

from __future__ import annotations

import html
import io
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from wellfit.nouns.chart import Chart
from wellfit.nouns.drawing import svg
from wellfit.nouns.errors import RunError
from wellfit.nouns.explained import Atlas, Gallery, Listing, Part, Tile
from wellfit.nouns.run import write_aside
from wellfit.nouns.shown import data_uri

PAGE = "explained.html"
COLOURS = 10  # of labels on a plane, told apart by their words too


def write_part(folder: Path, part: Part) -> None:
    """WORD.json (title, line, facts), WORD.npz (arrays) and WORD.html (a section of the page). Raises RunError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        do = "name a folder that can be written, with --out"
        raise RunError(f"what was explained, in {folder}", error.strerror or str(error), do) from None
    held = io.BytesIO()
    np.savez_compressed(held, allow_pickle=False, **{k: _small(v) for k, v in part.arrays.items()})
    write_aside(folder / f"{part.word}.npz", held.getvalue())
    write_aside(folder / f"{part.word}.html", section(part).encode())
    told = {"word": part.word, "title": part.title, "line": part.line, "lead": part.lead, "facts": part.facts}
    write_aside(folder / f"{part.word}.json", json.dumps(told, indent=1, default=str).encode())


def _small(array: np.ndarray) -> np.ndarray:
    return array.astype(np.float32) if array.dtype == np.float64 else array


def write_page(folder: Path, name: str, order: Sequence[str]) -> Path:
    """The page of every part whose files are in the folder, in this order."""
    parts = []
    for word in order:
        if (folder / f"{word}.json").is_file() and (folder / f"{word}.html").is_file():
            told = json.loads((folder / f"{word}.json").read_text(encoding="utf-8"))
            parts.append({"word": word, "title": told["title"], "body": (folder / f"{word}.html").read_text("utf-8")})
    page = folder / PAGE
    write_aside(page, _rendered("explained.html", {"name": name, "parts": parts}).encode())
    return page


def section(part: Part) -> str:
    """A part as HTML, without what stands around it."""
    figures = [_figure(f, f"{part.word}-{n}") for n, f in enumerate(part.figures)]
    return _rendered("part.html", {"part": part, "figures": figures})


def _figure(figure: Chart | Gallery | Listing | Atlas, word: str) -> dict[str, Any]:
    from markupsafe import Markup

    told = {
        "title": figure.title,
        "caption": _typeset(figure.caption),
        "svg": "",
        "head": (),
        "rows": (),
        "kind": "chart",
    }
    if isinstance(figure, Chart):
        return {**told, "svg": Markup(svg(figure, word))}
    if isinstance(figure, Listing):
        return {**told, "kind": "listing", "head": figure.head, "rows": figure.rows}
    if isinstance(figure, Atlas):
        cells = [{**_tile(t), "row": r + 1, "column": c + 1, "colour": figure.names.index(t.note) % COLOURS}
                 for t, (r, c) in zip(figure.tiles, figure.at)]  # fmt: skip
        names = [(name, k % COLOURS) for k, name in enumerate(figure.names)]
        return {
            **told,
            "kind": "atlas",
            "rows": cells,
            "head": names,
            "size": figure.size,
            "many": len(names) > COLOURS,
            "aspect": _aspect(figure.tiles),
        }
    rows = [(label, [_tile(t) for t in tiles]) for label, tiles in figure.rows]
    return {**told, "kind": "gallery" if figure.head else "wall", "head": figure.head, "rows": rows}


def _aspect(tiles: Sequence[Tile]) -> float:
    """Width over height of the pictures, within what cells of a plane can be."""
    high, wide = tiles[0].pixels.shape[:2] if tiles else (1, 1)
    return round(min(2.5, max(0.5, wide / high)), 2)


def _tile(tile: Tile) -> dict[str, Any]:
    sharp = max(tile.pixels.shape[:2]) <= 40  # few pixels are shown as squares
    high, wide = tile.pixels.shape[:2]
    kind = " ".join(w for w, on in (("sharp", sharp), ("wide", wide > 1.4 * high and wide > 100)) if on)
    return {"source": data_uri(tile.pixels), "said": tile.said, "note": tile.note, "kind": kind}


def _typeset(text: str) -> str:
    return re.sub(r"(\d) (%)", "\\1\u00a0\\2", text)


def _rendered(name: str, facts: dict[str, Any]) -> str:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    loader = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    style = (Path(__file__).parent / "explained.css").read_text(encoding="utf-8")
    return loader.get_template(name).render(**facts, style=style, escape=html.escape)
