"""Reading: one measured number with its name, moment, place and unit; Track: the readings of one name in order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Reading:
    """One measured number.

    name: what was measured ("loss", "update_ratio"); value: a float, in `unit` ("" where it has none);
    step: optimizer steps taken before it; epoch: passes over the training data, as a fraction;
    where: the layer (or example) it belongs to, "" for the whole network.
    """

    name: str
    value: float
    step: int
    epoch: float = 0.0
    where: str = ""
    unit: str = ""


@dataclass(frozen=True)
class Track:
    """The readings of one name and place in order: steps [N], epochs [N], values [N] as float64 arrays."""

    name: str
    steps: np.ndarray
    epochs: np.ndarray
    values: np.ndarray
    unit: str = ""
    where: str = ""

    def __len__(self) -> int:
        return len(self.values)

    @property
    def last(self) -> float:
        return float(self.values[-1])


def tracks(readings: Iterable[Reading]) -> dict[str, Track | dict[str, Track]]:
    """Readings sorted into Tracks by name, and by layer where they have one."""
    rows: dict[tuple[str, str], list[Reading]] = {}
    for r in readings:
        rows.setdefault((r.name, r.where), []).append(r)
    found: dict[str, Track | dict[str, Track]] = {}
    for (name, where), group in rows.items():
        track = Track(
            name,
            np.array([r.step for r in group], dtype=np.int64),
            np.array([r.epoch for r in group], dtype=np.float64),
            np.array([r.value for r in group], dtype=np.float64),
            group[0].unit,
            where,
        )
        if where:
            layers = found.setdefault(name, {})
            if isinstance(layers, dict):
                layers[where] = track
        else:
            found[name] = track
    return found
