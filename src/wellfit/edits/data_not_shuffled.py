"""Training data shuffled anew in each epoch."""

from __future__ import annotations

from wellfit.nouns.edit import Edits
from wellfit.nouns.finding import Finding
from wellfit.nouns.program import Program
from wellfit.nouns.rewrite import with_argument


def data_not_shuffled(program: Program, finding: Finding) -> Edits | None:
    """`shuffle=True` in the DataLoader's call."""
    source = program.sources.get(finding.file or "")
    call = source.call_on(finding.line or 0, "DataLoader") if source else None
    return (with_argument(source, call, "shuffle", "True", 2),) if source is not None and call is not None else None
