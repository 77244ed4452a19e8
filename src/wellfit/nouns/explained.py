"""Explained: what one way of looking into a network found: figures for a page, facts, arrays, and a line for a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from wellfit.nouns.chart import Chart

FOLDER = "explained"
"""Of a run's folder: where its explanation is."""
WORDS = {
    "attribution": "what the answers come from",
    "examples": "the examples that tell the most",
    "layers": "what the layers do",
    "features": "what units look for",
    "landscape": "the loss about the weights",
    "blocks": "what it sees, place by place",
    "atlas": "everything a layer says",
}
"""Word after --what -> what it shows, in the order of a page: those of `verbs/explain`, which a test holds."""


@dataclass(frozen=True)
class Tile:
    """A small picture: pixels uint8 [H, W] grey, [H, W, 3] colours or [H, W, 4] with opacity; said: what it shows, for
    those who cannot see it; note: a few words below it."""

    pixels: np.ndarray
    said: str
    note: str = ""


@dataclass(frozen=True)
class Gallery:
    """Small pictures in rows: head: words above the columns, () for a wall without columns; rows: (label, tiles)."""

    title: str
    caption: str
    rows: tuple[tuple[str, tuple[Tile, ...]], ...]
    head: tuple[str, ...] = ()


@dataclass(frozen=True)
class Listing:
    """A table: words and figures as they are shown."""

    title: str
    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Atlas:
    """Small pictures on a plane that can be zoomed: size: rows and columns of cells; at: (row, column) of each tile, whose
    note is its label; names: the labels there are, in order, each with a colour."""

    title: str
    caption: str
    size: tuple[int, int]
    at: tuple[tuple[int, int], ...]
    tiles: tuple[Tile, ...]
    names: tuple[str, ...]


@dataclass(frozen=True)
class Part:
    """word: as after --what; title; line: what was found, for a terminal; lead: the same and more, for the page;
    facts: JSON types; arrays: by name, for whoever goes on with them."""

    word: str
    title: str
    line: str
    lead: str
    figures: tuple[Chart | Gallery | Listing | Atlas, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    arrays: Mapping[str, np.ndarray] = field(default_factory=dict)
