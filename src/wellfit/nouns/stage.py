"""Stage: one thing that a job did or found, told in a line. A job yields Stages; whoever listens shows them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Stage:
    """name: "data", "inputs", "network", "checks", "training", "verdict", "test", "report" ...;
    line: what was found and decided, one short line; detail: the object itself, for whoever wants more;
    facts: the same as JSON types."""

    name: str
    line: str
    detail: Any = None
    facts: dict[str, Any] = field(default_factory=dict)


def last(stages: Iterable[Stage]) -> Stage:
    """The last of a job's stages, the others let go as they come: a moment of training holds what its step gave, and
    all of them together would fill the memory."""
    return deque(stages, maxlen=1).pop()
