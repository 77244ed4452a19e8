"""The loss does not fit the task."""

from __future__ import annotations

from wellfit.nouns.finding import Finding
from wellfit.nouns.program import Program
from wellfit.nouns.units import figure


def loss_unsuitable(program: Program) -> Finding | None:
    """Sees: cross-entropy over a single output; a loss of probabilities with targets outside 0..1.
    Hurts: the loss is constant, or has no minimum at the targets.
    Mistaken for: targets-unscaled, labels-encoding.
    Remedy: BCEWithLogitsLoss for one output, MSELoss for values.
    Source: PyTorch's documentation of each loss; a fact of the run."""
    loss = program.loss
    answer, target = (loss.look(loss.answer), loss.look(loss.target)) if loss else (None, None)
    if loss is None or answer is None or target is None:
        return None
    site = loss.made or loss.site
    said = None
    if loss.name == "cross_entropy" and len(answer.shape) > 1 and answer.shape[1] == 1:
        said = (
            "cross-entropy over a single output is always the same",
            f"outputs {list(answer.shape)}",
            "BCEWithLogitsLoss",
        )
    elif loss.name.startswith("binary_cross_entropy") and target.low is not None and target.high is not None:
        if target.low < -0.01 or target.high > 1.01:
            said = (
                "a loss of probabilities is given targets that are none",
                f"targets from {figure(target.low)} to {figure(target.high)}",
                "MSELoss for values, CrossEntropyLoss for classes",
            )
    if said is None or site is None:
        return None
    return Finding(
        "loss-unsuitable", "error", said[0], said[1], said[2], 0.94, loss.tape.index, site.file, site.line,
        source="documentation of the loss; seen in the run",
    )  # fmt: skip
