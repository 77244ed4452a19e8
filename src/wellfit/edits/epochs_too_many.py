"""Fewer passes over the data."""

from __future__ import annotations

from wellfit.nouns.edit import Edits
from wellfit.nouns.finding import Finding
from wellfit.nouns.program import Program
from wellfit.nouns.rewrite import scaled

RESCALES = True
"""Of the training loss nothing is to be gained: a figure of held-out data decides."""
SHARES = (0.3, 0.1)


def epochs_too_many(program: Program, finding: Finding) -> list[Edits]:
    """The number of epochs where it is written, a third and a tenth as large."""
    made = [scaled(program.sources.get(finding.file or ""), finding.line or 0, share) for share in SHARES]
    return [edits for edits in made if edits]
