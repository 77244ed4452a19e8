"""The learning rate raised to what a trial on copies found to work."""

from __future__ import annotations

import re

from wellfit.nouns.edit import Edits
from wellfit.nouns.finding import Finding
from wellfit.nouns.naming import optimizer_call, optimizer_value
from wellfit.nouns.program import Program
from wellfit.nouns.rewrite import number, replaced, text_of, with_argument


def lr_too_low(program: Program, finding: Finding) -> list[Edits]:
    """The rate where it is written, 10 or 100 times higher: the one that the trial measured, else both."""
    known = re.search(r"learning rate (10+) times higher", finding.evidence + finding.summary)
    factors = [float(known.group(1))] if known else [10.0, 100.0]
    value, call = optimizer_value(program, "lr"), optimizer_call(program)
    if value is None:
        if call is None or program.main is None:
            return []
        return [(with_argument(*call, "lr", number(program.main.lr * f), 1),) for f in factors]
    source, expr = value
    written = source.value(expr)
    if not isinstance(written, (int, float)) or isinstance(written, bool):
        return []
    return [(replaced(source, expr, number(written * f, text_of(source, expr))),) for f in factors]
