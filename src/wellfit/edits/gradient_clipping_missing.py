"""Gradients clipped to a norm of 1 before each step."""

from __future__ import annotations

from wellfit.nouns.edit import Edits
from wellfit.nouns.finding import Finding
from wellfit.nouns.naming import at, optimizer_name, sees, training_call
from wellfit.nouns.program import Program
from wellfit.nouns.rewrite import before, text_of


def gradient_clipping_missing(program: Program, finding: Finding) -> Edits | None:
    """`torch.nn.utils.clip_grad_norm_` before the step, over the network's parameters by the script's names."""
    step, name, call = at(program, "s"), optimizer_name(program), training_call(program)
    if step is None or name is None:
        return None
    source, stmt = step
    known = {n for node in source.nodes for n in [getattr(node, "id", "")] if n}
    prefix = "torch.nn" if "torch" in known else "nn"
    held = f'[p for group in {name[1]}.param_groups for p in group["params"]]'
    if call is not None and call[0] is source and sees(source, stmt, call[1]) and len(program.networks) == 1:
        held = f"{text_of(source, call[1].func)}.parameters()"
    return (before(source, stmt, f"{prefix}.utils.clip_grad_norm_({held}, 1.0)"),)
