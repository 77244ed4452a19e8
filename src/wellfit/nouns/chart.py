"""Chart: one figure for the report or a page: a title, what is seen in words, and the drawing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Chart:
    """title; caption: what is seen, in words with figures (it stands for the picture where none can be seen);
    draw: () -> a matplotlib Figure with axes labelled with units. Drawing happens only when asked for."""

    title: str
    caption: str
    draw: Callable[[], Figure]
