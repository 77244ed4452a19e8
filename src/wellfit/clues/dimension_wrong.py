"""Softmax along the wrong axis."""

from __future__ import annotations

from wellfit.nouns.finding import Finding
from wellfit.nouns.program import Program


def dimension_wrong(program: Program) -> Finding | None:
    """Sees: softmax or log_softmax over the batch axis of what the loss is given.
    Hurts: examples compete with each other instead of classes.
    Mistaken for: output-activation-unsuitable.
    Remedy: `dim=1`.
    Source: a fact of the run."""
    loss = program.loss
    if loss is None or not loss.inputs:
        return None
    batch = program.batch()
    for node in loss.tape.nodes:
        if node.name not in ("softmax", "log_softmax") or not node.learnt or not node.outs or node.site is None:
            continue
        look = loss.tape.looks.get(node.outs[0])
        dim = node.kwargs.get("dim", node.args[1] if len(node.args) > 1 else None)
        if look is None or len(look.shape) != 2 or dim not in (0, -2) or look.shape[0] != batch or batch < 2:
            continue
        return Finding(
            "dimension-wrong", "error", f"{node.name} runs over the examples of the batch, not over the classes",
            f"dim={dim} of outputs {list(look.shape)}", "dim=1", 0.95, loss.tape.index, node.site.file, node.site.line,
            source="seen in the run",
        )  # fmt: skip
    return None
