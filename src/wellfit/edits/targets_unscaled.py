"""Targets standardised by the training rows, and answers taken back to their units where they are judged."""

from __future__ import annotations

from wellfit.nouns.edit import Edit, Edits
from wellfit.nouns.finding import Finding
from wellfit.nouns.naming import network_call
from wellfit.nouns.program import Program
from wellfit.nouns.rewrite import after, free_name, replaced, text_of
from wellfit.nouns.rows import trained_targets

RESCALES = True


def targets_unscaled(program: Program, finding: Finding) -> Edits | None:
    """The training targets less their mean, over their deviation; the network's answers in evaluation times the
    deviation, plus the mean, so that the script's own measure stays in the user's units."""
    found = trained_targets(program)
    if found is None:
        return None
    source, stmt, name = found
    mean, std = free_name(source, "target_mean"), free_name(source, "target_std")
    text = f"{mean}, {std} = {name}.mean(), {name}.std()\n{name} = ({name} - {mean}) / {std}"
    back: dict[Edit, None] = {}
    for seen in program.passes:
        call = network_call(source, seen.node.site.line) if seen.node.site and not seen.node.grad else None
        if call is not None:
            back[replaced(source, call, f"({text_of(source, call)} * {std} + {mean})")] = None
    return (after(source, stmt, text), *back) if back else None
