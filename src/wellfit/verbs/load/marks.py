"""marks: numbers that stand for a missing value in a series, such as -99.99 or 999."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wellfit.nouns.finding import Finding
from wellfit.nouns.units import figure, many

MARKS = (
    *(9.0, 99.0, 999.0, 9999.0, 99999.0, 999999.0, 0.99, 9.99, 99.9, 99.99, 999.9, 999.99, 9999.9),
    *(8888.0, 7777.0, 32767.0, 32768.0, 1e20, 9.96921e36),
)  # 9.96921e36: the fill value of NetCDF; 32767: of 16-bit numbers
FEWEST = 3  # times that a lone negative number among positive ones is there


@dataclass(frozen=True)
class Mark:
    """value, how often it is there, and whether it surely is no measurement."""

    value: float
    n: int
    sure: bool


def mark_of(values: np.ndarray) -> Mark | None:
    """The mark of missing values among numbers [N], None where there is none.

    Surely one: the lowest or highest number is a usual mark, and farther from all others than those lie apart (three
    times as far where it is there once). Perhaps one: farther than a quarter of that, or the one negative number, -1 or
    a usual mark, among others that are none.
    """
    known = values[np.isfinite(values)]
    if not len(known):
        return None
    perhaps = None
    for extreme in (float(known.min()), float(known.max())):
        others = known[known != extreme]
        n = len(known) - len(others)
        usual = bool(np.isclose(abs(extreme), MARKS, rtol=1e-6, atol=0).any())
        if not len(others) or not (usual or extreme == -1):
            continue
        far, apart = float(np.abs(others - extreme).min()), float(np.ptp(others))
        if usual and far > (1 if n > 1 else 3) * apart:
            return Mark(extreme, n, True)
        lone = extreme < 0 <= others.min() and n >= FEWEST
        if lone or (usual and far > 0.25 * apart):
            perhaps = Mark(extreme, n, False)
    return perhaps


def said_of(name: str, mark: Mark) -> Finding:
    """What is said of a column's mark."""
    if mark.sure:
        said = f"{name}: {mark.value:g} stands for a missing value ({many(mark.n, 'time')}); read as missing"
        return Finding("missing-marked", "info", said, stage="data")
    return Finding(
        "missing-marked",
        "warning",
        f"{name}: {mark.value:g} is there {many(mark.n, 'time')} and looks like a mark for missing; taken as it is",
        remedy=f"if it means missing, leave those cells empty, or leave the variable out: data.drop = {name}",
        stage="data",
        evidence=f"{figure(mark.value)} lies apart from all other values",
    )
