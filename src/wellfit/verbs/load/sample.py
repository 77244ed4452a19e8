"""sample: some rows of a large source, from which it is told what each column is."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from wellfit.nouns.blocks import Blocks
from wellfit.nouns.data import Raw
from wellfit.nouns.recipe import DataChoices
from wellfit.verbs.load.series import is_series

SAMPLE = 50_000  # rows from which it is told what each column is; of fewer, an eighth of what is allowed
LEAST_BYTES = 2**24  # of rows that are looked at, whatever is allowed, up to 1,000 rows
MOST_CLASSES = 10_000
Rows = tuple[np.ndarray, Any, np.ndarray]
"""Row numbers, inputs, targets."""


def sample(raw: Raw, most: int, piece: int) -> tuple[Raw, np.ndarray]:
    """Rows spread evenly over the source, as a Raw in memory, and their numbers."""
    blocks: Blocks = raw.inputs  # type: ignore[assignment]
    each = max(1.0, blocks.size / len(blocks))
    n = int(np.clip(most / each, np.clip(LEAST_BYTES / each, 100, 1000), SAMPLE))
    wanted = np.unique(np.linspace(0, len(blocks) - 1, min(n, len(blocks))).astype(np.int64))
    found = [] if blocks.some is None else [blocks.some(wanted)]
    for start, one in blocks.pieces(piece) if blocks.some is None else ():
        here = wanted[(wanted >= start) & (wanted < start + len(one))] - start
        found.append(one.iloc[here] if blocks.columns else one[here])
    if blocks.columns:
        import pandas as pd

        held: Any = pd.concat(found, ignore_index=True)
    else:
        held = np.concatenate(found)
    rest = {k: v[wanted] for k in ("targets", "given", "ids") if (v := getattr(raw, k)) is not None}
    return replace(raw, inputs=held, **rest), wanted


def rows_of(raw: Raw, keep: np.ndarray) -> Raw:
    """Some rows of a Raw in memory."""
    if keep.all():
        return raw
    held: Any = raw.inputs[keep]
    held = held.reset_index(drop=True) if raw.kind == "table" else held
    rest = {k: v[keep] for k in ("targets", "given", "ids") if (v := getattr(raw, k)) is not None}
    return replace(raw, inputs=held, **rest)


def with_rows(raw: Raw, more: Rows) -> Raw:
    """A Raw in memory with some rows more."""
    held: Any = raw.inputs
    if raw.kind == "table":
        import pandas as pd

        return replace(raw, inputs=pd.concat([held, more[1]], ignore_index=True), given=None)
    targets = np.concatenate([raw.targets, more[2]])  # type: ignore[list-item]
    return replace(raw, inputs=np.concatenate([held, more[1]]), targets=targets, given=None)


def unlike_rows(some: Raw, choices: DataChoices) -> str | None:
    """Why the sample is not one of rows that stand for themselves; None where it is."""
    if some.kind == "table":
        if is_series(some, choices):
            return "a series in time"
        if any("smiles" in str(c).casefold() for c in some.inputs.columns):  # type: ignore[union-attr]
            return "molecules"
    return None


@dataclass
class Unseen:
    """Rows of classes that the sample did not show: numbers, pieces of inputs, targets."""

    numbers: list[int] = field(default_factory=list)
    inputs: list[Any] = field(default_factory=list)
    targets: list[np.ndarray] = field(default_factory=list)

    def add(self, rows: np.ndarray, piece: Any, y: np.ndarray, places: list[int]) -> None:
        for i in places[: MOST_CLASSES - len(self.numbers)]:
            self.numbers.append(int(rows[i]))
            self.inputs.append(piece[i : i + 1])
            self.targets.append(y[i : i + 1])

    def together(self, table: bool) -> Rows | None:
        if not self.numbers:
            return None
        import pandas as pd

        inputs: Any = pd.concat(self.inputs, ignore_index=True) if table else np.concatenate(self.inputs)
        return np.array(self.numbers), inputs, np.concatenate(self.targets)
