"""Inputs standardised by the training rows."""

from __future__ import annotations

from wellfit.nouns.edit import Edits
from wellfit.nouns.finding import Finding
from wellfit.nouns.program import Program
from wellfit.nouns.rewrite import after, free_name
from wellfit.nouns.rows import trained_and_tested


def inputs_unscaled(program: Program, finding: Finding) -> Edits | None:
    """Behind the place where the training and the test inputs have their last names: both less the training mean, over
    the training deviation, by feature for tables."""
    loss = program.loss
    found = trained_and_tested(program)
    if loss is None or found is None or loss.target in loss.inputs:
        return None
    source, stmt, train, tests = found
    look = loss.look(loss.inputs[0]) if loss.inputs else None
    table = look is not None and len(look.shape) == 2
    mean, std = free_name(source, "mean"), free_name(source, "std")
    rows = [f"{mean}, {std} = {train}.mean({'0' if table else ''}), {train}.std({'0' if table else ''})"]
    rows += [f"{std}[{std} == 0] = 1"] if table else []
    rows += [f"{name} = ({name} - {mean}) / {std}" for name in (train, *tests)]
    return (after(source, stmt, "\n".join(rows)),)
