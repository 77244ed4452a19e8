"""More passes over the data."""

from __future__ import annotations

from wellfit.nouns.edit import Edits
from wellfit.nouns.finding import Finding
from wellfit.nouns.program import Program
from wellfit.nouns.rewrite import scaled

SLOWER = 8.0
"""How many times longer it trains: as the trial of the same cure does."""


def epochs_too_few(program: Program, finding: Finding) -> Edits | None:
    """The number of epochs (or steps) where it is written, eight times as large."""
    return scaled(program.sources.get(finding.file or ""), finding.line or 0, SLOWER)
