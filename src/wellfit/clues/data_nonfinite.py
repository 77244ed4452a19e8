"""NaN or Inf in inputs or targets."""

from __future__ import annotations

from wellfit.nouns.finding import Finding
from wellfit.nouns.program import Program
from wellfit.nouns.units import percent


def data_nonfinite(program: Program) -> Finding | None:
    """Sees: values that are not finite in what the network is fed or in the targets.
    Hurts: one of them makes loss and weights NaN for good.
    Mistaken for: lr-too-high, gradient-clipping-missing.
    Remedy: impute or leave out; a floor under deviations that are divided by.
    Source: a fact of the run."""
    for loss in program.losses:
        for n in (*loss.inputs, loss.target):
            look = loss.look(n)
            if look is not None and look.bad_frac:
                site = loss.tape.passes()[0].site if loss.tape.passes() else loss.site
                what = "targets" if n == loss.target else "inputs"
                return Finding(
                    "data-nonfinite", "error", f"{what} hold NaN or infinite values",
                    f"{percent(look.bad_frac, 3)} of a batch {list(look.shape)} at step {loss.tape.index}",
                    "find where they come from; impute them or leave those rows out", 0.97, loss.tape.index,
                    site.file if site else None, site.line if site else None, source="seen in the run",
                )  # fmt: skip
    return None
