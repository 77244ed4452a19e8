"""Clearing moved from behind backward to before it."""

from __future__ import annotations

from wellfit.nouns.edit import Edits
from wellfit.nouns.finding import Finding
from wellfit.nouns.naming import at, scope, statement_of
from wellfit.nouns.program import Program
from wellfit.nouns.rewrite import before, removed, text_of
from wellfit.nouns.tape import Site


def gradients_cleared(program: Program, finding: Finding) -> Edits | None:
    """The statement that clears goes before backward; where that is in another function, it is left out."""
    site = Site(finding.file or "", finding.line or 0)
    clear, back = statement_of(program, site, "z"), at(program, "b")
    if clear is None or back is None:
        return None
    source, stmt = clear
    gone = removed(source, stmt)
    if back[0] is not source or scope(source, stmt) is not scope(source, back[1]) or stmt is back[1]:
        return gone
    return (before(source, back[1], text_of(source, stmt)), *gone)
