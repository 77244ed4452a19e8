"""Opinion: all that the doctor says of a program, in words and figures, before anything is laid out on a page."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from wellfit.nouns.finding import Finding
from wellfit.nouns.reading import Track

SCALE = "skill on held-out batches, 1 perfect, 0 the best constant answer"
PROVED = "; confirmed: "
"""Parts what was seen from what a trial measured, in a finding's evidence."""


@dataclass(frozen=True)
class Excerpt:
    """A finding's place in the user's source. place: "train.py:23", or in words where to look where no single line is at
    fault; line: its number, None without one; text: that line; rows: (number, text) of the lines around it."""

    place: str
    line: int | None = None
    text: str = ""
    rows: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True)
class Said:
    """A finding as it is told: with its place, and the parts of its evidence: seen in the run, proved by trials."""

    finding: Finding
    excerpt: Excerpt
    seen: tuple[str, ...] = ()
    proof: str = ""


@dataclass(frozen=True)
class Attempt:
    """A change that was tried on copies. note: in words; skills: of each seed, on held-out batches (1 perfect, 0 the best
    constant answer); steps: of the training; verdict: "confirmed", "helps", "no help" or "" (a control); on: what was in
    place already; losses: of each seed, by step."""

    note: str
    skills: tuple[float, ...]
    steps: int = 0
    verdict: str = ""
    on: str = ""
    losses: tuple[tuple[float, ...], ...] = ()

    @property
    def skill(self) -> float:
        return float(np.mean(self.skills)) if self.skills else float("nan")

    @property
    def words(self) -> str:
        return f"{self.note} (with {self.on} in place)" if self.on else self.note


@dataclass(frozen=True)
class Patched:
    """A patch that was made, or why there is none. file: where it was written; diff; faults: repaired; figure: "metric
    accuracy 0.09 -> 0.97"; said: remarks."""

    file: str = ""
    diff: str = ""
    faults: tuple[str, ...] = ()
    figure: str = ""
    said: tuple[str, ...] = ()


@dataclass
class Opinion:
    """name: of the script; status: "healthy", "faulty", "crashed" or "untrained"; heading: the outcome in one sentence;
    understood: (what, in words, place); findings: the weightiest first; reached: skill where the script ended; attempts: controls
    first, then the changes, the best first; untried: why there are no trials, "" where there are; checked: labels that
    were looked for; costs: (what, in words); loss: the program's own training loss by step; scale: what the skills are; notes:
    remarks on the run as a whole (several ranks, parts that were never trained)."""

    name: str
    script: str
    status: str
    heading: str
    understood: list[tuple[str, str, str]] = field(default_factory=list)
    findings: list[Said] = field(default_factory=list)
    reached: float | None = None
    attempts: list[Attempt] = field(default_factory=list)
    untried: str = ""
    checked: list[str] = field(default_factory=list)
    costs: list[tuple[str, str]] = field(default_factory=list)
    trouble: list[str] = field(default_factory=list)
    loss: Track | None = None
    patch: Patched | None = None
    scale: str = SCALE
    notes: list[str] = field(default_factory=list)

    @property
    def controls(self) -> list[Attempt]:
        return [a for a in self.attempts if not a.verdict]

    @property
    def helped(self) -> list[Attempt]:
        return [a for a in self.attempts if a.verdict in ("confirmed", "helps")]

    @property
    def failed(self) -> list[Attempt]:
        return [a for a in self.attempts if a.verdict == "no help"]

    def __str__(self) -> str:
        """Plain text for a notebook or a log, at most 80 columns wide."""
        from wellfit.nouns.spoken import text

        return text(self)
