"""Attempt: one trial of a search that has ended, in plain values, as a study's folder keeps it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from wellfit.nouns.space import Space
from wellfit.nouns.units import brief


@dataclass(frozen=True)
class Attempt:
    """number: in its study; values: by axis; loss: what the search lowers, the best on validation rows (NaN where none
    is finite); curve: that loss by epoch, each the best so far; whole: did it train to its end; why: else what stopped
    it; finding: the fault that did, with its summary; seconds: of training; worker: who trained it."""

    number: int
    values: Mapping[str, Any]
    loss: float
    curve: Mapping[int, float] = field(default_factory=dict)
    whole: bool = True
    why: str = ""
    finding: Mapping[str, str] | None = None
    seconds: float = 0.0
    worker: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return asdict(self) | {"loss": self.loss if math.isfinite(self.loss) else None}

    @classmethod
    def from_dict(cls, d: Mapping[str, Any]) -> Attempt:
        """The inverse of `to_dict`; keys that this version does not know are left out."""
        known: dict[str, Any] = {k: v for k, v in d.items() if k in cls.__dataclass_fields__}
        known["loss"] = math.nan if known.get("loss") is None else known["loss"]
        known["curve"] = {int(k): v for k, v in known.get("curve", {}).items()}
        return cls(**known)


def best_of(attempts: Sequence[Attempt]) -> Attempt | None:
    """The whole one with the lowest loss; None where there is none."""
    whole = [a for a in attempts if a.whole and math.isfinite(a.loss)]
    return min(whole, key=lambda a: (a.loss, a.number), default=None)


def said(values: Mapping[str, Any], space: Space) -> str:
    """Values in a few words: 'lr 0.0021, width 45'."""
    names = {a.key: a.name for a in space.axes}
    return ", ".join(f"{names.get(k, k)} {short(v)}" for k, v in values.items())


def short(value: Any) -> str:
    """A value in a word."""
    if isinstance(value, float):
        return brief(value, 2)
    return "-".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
