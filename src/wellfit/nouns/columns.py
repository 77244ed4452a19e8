"""Columns: how each column of a table becomes numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from wellfit.nouns.errors import DataError, nearest

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Column:
    """One column of a table and how it becomes features."""

    name: str
    kind: Literal["number", "boolean", "category", "date"]

    @property
    def features(self) -> tuple[str, ...]:
        return (self.name,)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of(cls, json: Mapping[str, Any]) -> Column:
        return cls(**json)


def encode(frame: pd.DataFrame, columns: Sequence[Column]) -> np.ndarray:
    return frame[[c.name for c in columns]].to_numpy(dtype=np.float64)


def frame_of(raw: Any, names: Sequence[str]) -> pd.DataFrame:
    """raw as a DataFrame."""
    import pandas as pd

    frame = raw if isinstance(raw, pd.DataFrame) else pd.DataFrame(np.asarray(raw), columns=list(names))
    lost = [n for n in names if n not in frame.columns]
    if lost:
        raise DataError(f"the column {lost[0]!r}", f"columns {', '.join(map(str, frame.columns))}", f"{nearest(lost[0], map(str, frame.columns))}")
    return frame
