"""Does a model of sequences answer from what came before alone?"""

from __future__ import annotations

import torch

from wellfit.nouns.case import Case
from wellfit.nouns.finding import Finding
from wellfit.nouns.reading import Reading
from wellfit.nouns.trial import rows, trial

ROWS = 4
TOLERANCE = 1e-3
"""Change of an output, against the outputs' spread, below which it is rounding."""


def causal(case: Case) -> Finding | None:
    """Where the answer at each place is the symbol that follows, changing what comes later must leave an answer as it
    is: else the network reads off what it is to foretell (two directions, attention without a mask, a norm over steps).
    """
    if case.data.task != "sequence":
        return None
    x, _ = rows(case, ROWS)
    place = x.shape[-1] // 2
    with trial(case) as network, torch.no_grad():
        network.eval()
        before = network(x)[..., :place]
        later = x.clone()
        later[..., place:] = x[..., place:].flip(-1).roll(1, 0)
        change = float((network(later)[..., :place] - before).abs().max() / (before.std() + 1e-12))
    evidence = f"answers before place {place} change by {change:.2g} of their spread when what follows is changed"
    reading = (Reading("later_change", change, 0),)
    if change < TOLERANCE:
        summary = "Each answer rests on what came before it alone."
        return Finding("data-leak", "ok", summary, evidence, readings=reading, stage="check")
    return Finding(
        "data-leak",
        "error",
        "The network sees the symbols that it is to foretell.",
        evidence,
        "read in one direction only (network.options.directions = 1, causal = true)",
        readings=reading,
        limit=0.0,
        source="by definition: what comes later is not known",
        stage="check",
    )
