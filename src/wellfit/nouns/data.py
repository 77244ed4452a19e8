"""Data: what is learnt from. `Raw` is what a reader found, untouched; `Data` is that, split and scaled."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import torch
from torch import Tensor

from wellfit.nouns import shelf
from wellfit.nouns.finding import Finding
from wellfit.nouns.tiles import Tiles

if TYPE_CHECKING:
    import pandas as pd

    from wellfit.nouns.feed import Feed
    from wellfit.nouns.preparation import Preparation

Kind = Literal["table", "pictures", "array", "text", "graphs", "series", "grid"]


@dataclass(frozen=True)
class Raw:
    """N examples as a reader found them, in their own units, nothing filled in or left out in silence.

    inputs: a DataFrame for a table (the target still in it), else an array: pictures [N, C, H, W] (uint8 0..255
    where the files hold bytes), arrays [N, F] or [N, ...] of any number type, code points uint32 [T] of a text, graphs
    [N, V, F + E V] (networks/graph.py), windows of a series [N, C, L], fields over time as `Fields`, their windows as
    `Windows` (nouns/grid.py);
    targets: [N] or [N, K], numbers or strings; arrays [N, *cells] of class codes (pictures' masks) or [N, K, *cells] of
    numbers (fields), NaN where there is no answer; None for a table (taken from `inputs` by name) or where unknown;
    target_names: of the K targets; classes: names of the class codes of array targets, from 0;
    task: what the answers are for, where the reader knows it ("segmentation"), else "";
    mask: bool [N, *cells] or [*cells], False where a cell of the targets never enters loss or measures (land);
    area: float [*cells], how much each cell counts beside the others (area by latitude); weight: float [N], how much
    each example counts in the loss;
    given: [N] of "train", "valid", "test" or "" where the source itself says which split a row is in, else None;
    names: names of the features of an array, where known; units: name -> unit;
    tiles: where in larger pictures the examples lie, which are then tiles of them;
    ids: [N] file names or row labels, for messages; fingerprint: hash of the content;
    edge_kinds: of graphs, E; centred: each graph is what lies around its first node, of which the answer is;
    findings: what was noticed while reading (skipped files, odd headers).
    """

    name: str
    kind: Kind
    inputs: pd.DataFrame | np.ndarray
    targets: np.ndarray | None = None
    target_names: tuple[str, ...] = ()
    given: np.ndarray | None = None
    names: tuple[str, ...] = ()
    units: Mapping[str, str] = field(default_factory=dict)
    ids: np.ndarray | None = None
    fingerprint: str = ""
    findings: tuple[Finding, ...] = ()
    task: str = ""
    classes: tuple[str, ...] = ()
    mask: np.ndarray | None = None
    area: np.ndarray | None = None
    weight: np.ndarray | None = None
    tiles: Tiles | None = None
    edge_kinds: int = 0
    centred: bool = False

    def __len__(self) -> int:
        return len(self.inputs)


NUMBERS = 2**22
"""Input numbers of one forward pass without gradients at most: a U-Net holds some tens of times as many at once."""


def at_once(x: Tensor, most: int) -> int:
    """How many rows of x [N, ...] go through a network at once: `most`, fewer where rows are large."""
    return max(1, min(most, NUMBERS // max(1, x[:1].numel())))


@dataclass(frozen=True)
class Split:
    """Prepared examples: x [N, *shape_in] float32; y: as their form has it (nouns/task.py), marked where a cell never
    enters the loss; rows [N]: their row numbers in the source; weight [N]: what each counts in the loss; feed: how rows
    come from x, which lies in a file then (nouns/feed.py); None where all is in memory."""

    x: Tensor
    y: Tensor
    rows: np.ndarray
    weight: Tensor | None = None
    feed: Feed | None = None

    def __len__(self) -> int:
        return len(self.x)

    def to(self, device: torch.device | str) -> Split:
        """The same split on a device; where it lies in a file it stays there, and its batches go to the device."""
        if self.feed is not None:
            return self
        weight = None if self.weight is None else self.weight.to(device)
        return Split(self.x.to(device), self.y.to(device), self.rows, weight)

    def some(self, most: int) -> tuple[Tensor, Tensor]:
        """(x, y) to learn what rows are like from: all of them, of a file at most so many, in 64 runs spread evenly."""
        if self.feed is None or len(self) <= most:
            return self.x, self.y
        each = max(1, most // 64)
        rows = torch.cat([torch.arange(i, i + each) for i in torch.linspace(0, len(self) - each, 64).long().tolist()])
        found = self.x[rows], self.y[rows]
        self.feed.held.release()
        return found

    def finite(self) -> bool:
        """Do all inputs and answers add up to finite sums? What is not finite makes them so, quickly."""
        parts = [self.x] if self.feed is None else self.feed.pieces()
        return all(bool(part.sum().isfinite()) for part in parts) and bool(self.y.sum().isfinite())

    def batches(self, batch_size: int, order: Tensor | None = None) -> Iterator[tuple[Tensor, Tensor]]:
        """(x, y) by slices, in `order` where given; the last batch may be smaller."""
        x, y = (self.x, self.y) if order is None else (self.x[order], self.y[order])
        for start in range(0, len(x), batch_size):
            yield x[start : start + batch_size], y[start : start + batch_size]


@dataclass(frozen=True)
class Data:
    """Raw data, split, with its scaling learnt from the training rows alone.

    task: a word of the shelf `tasks`; classes: class names in the order of their indices (classification, multilabel);
    target_names, target_unit: of a regression; choices: the resolved data choices of the recipe (nothing "auto");
    reasons: dotted recipe key -> why it was chosen; facts: counts worth showing (missing cells by column, class
    frequencies, duplicates across splits ...), JSON types only.
    """

    raw: Raw
    task: str
    train: Split
    valid: Split
    test: Split
    preparation: Preparation
    shape_in: tuple[int, ...]
    shape_out: tuple[int, ...]
    classes: tuple[str, ...] = ()
    target_names: tuple[str, ...] = ()
    choices: Mapping[str, Any] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()

    @property
    def form(self) -> str:
        """How targets are held: classes, labels or values (nouns/task.py)."""
        return shelf.get("tasks", self.task)().form

    @property
    def symbolic(self) -> bool:
        """Are the inputs symbols, whole numbers without a size, as those of a text?"""
        return self.raw.kind == "text"

    def __len__(self) -> int:
        return len(self.train) + len(self.valid) + len(self.test)


def unit_in(name: str) -> str:
    """The unit that a column's name states, in brackets or after a low line: 'length (cm)', 'mass [kg]', 'mass_g';
    "" where it states none."""
    match = re.search(r"[\[(]\s*([^\[\]()]{1,12}?)\s*[\])]\s*$", name) or re.search(rf"[_ ]({_UNITS})$", name)
    return match.group(1) if match else ""


SPLIT_WORDS = {
    "train": ("train", "training", "trainset"),
    "valid": ("valid", "validation", "val", "dev", "development", "validset"),
    "test": ("test", "testing", "tests", "t10k", "holdout", "heldout", "testset"),
}


def split_word(word: str) -> str:
    """Which split a word names, in any of the usual spellings: 'Val' -> 'valid'; "" for any other word."""
    low = word.strip().casefold()
    return next((split for split, words in SPLIT_WORDS.items() if low in words), "")


_UNITS = "mm|cm|km|mg|kg|g|ms|s|min|h|hpa|kpa|pa|degc|kwh|kw|mw|ppm|ppb|pct|percent|usd|eur|gbp"
