"""A loss that is not a number before the first update: the data, or the weights it starts from, are not finite."""

from __future__ import annotations

import math

from wellfit.nouns.finding import Finding
from wellfit.nouns.reading import Reading, Track

WHILE_TRAINING = True  # what it claims holds in the middle as at the end


def data_nonfinite(loss: Track) -> Finding | None:
    """A NaN or Inf reaches the network before any step is taken.

    Sees: the loss of the very first batch is not finite, so no step size can have caused it.
    Hurts: every weight that the batch touches becomes NaN with the first update, and stays so.
    Mistaken for: a rate that is too high, which breaks the loss some steps later.
    Remedy: find the column or file that holds NaN or Inf, mend it, or let missing values be filled in.
    Source: exact; a finite network on finite data has a finite loss.
    """
    if not len(loss) or math.isfinite(first := float(loss.values[0])):
        return None
    return Finding(
        "data-nonfinite",
        "error",
        "The loss is not finite before the first update.",
        evidence=f"loss {first} at step {int(loss.steps[0])}",
        remedy="look for NaN or Inf in inputs and targets; missing inputs can be filled in (data.missing = impute)",
        confidence=0.9,
        step=int(loss.steps[0]),
        readings=(Reading("loss", first, int(loss.steps[0])),),
        source="exact",
        change={"data.missing": "impute"},
    )
