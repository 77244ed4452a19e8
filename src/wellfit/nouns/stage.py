"""Stage: one thing that a job did or found, told in a line. A job yields Stages; whoever listens shows them."""

from __future__ import annotations

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
