"""Do the inputs matter?"""

from __future__ import annotations

import copy
from time import perf_counter

import torch
from torch import Tensor, nn

from wellfit.nouns.case import Case
from wellfit.nouns.finding import Finding
from wellfit.nouns.reading import Reading
from wellfit.nouns.suspect import Cause, suspect
from wellfit.nouns.trial import bare_loss, chance, descend, rows, trial
from wellfit.nouns.units import figure

SHARE = 0.3
ROWS = 64
STEPS = 200
RATES = (3e-3, 1e-2)
BETTER = 0.05
"""Share by which the loss with real inputs must come below that with zeroed ones."""
ALIKE = 1e-6
"""Spread of outputs over examples, against their size, that counts as none."""


def inputs_matter(case: Case, within_s: float = 1.5) -> Finding | None:
    """Train one copy on up to 64 training rows by Adam until it is 10 % better than the best constant answer, 200
    steps at most; another copy as long on the same rows with every input 0; the first must be better by 5 %.
    (Karpathy 2019, "input-independent baseline".)

    Outputs that are the same for all examples after training are an error. A gain too small to be seen is not: the
    data may hold little to be learnt, or the network may be slow.

    None where nothing is asked (form density): there is no answer to be right about.
    """
    if case.data.form == "density":
        return None
    begin = perf_counter()
    x, y = rows(case, ROWS, passes=60)
    loss, goal = bare_loss(case), (1 - 2 * BETTER) * chance(case, y)
    with trial(case) as network:
        spread_before = _spread(network, x)
        for rate in RATES:
            real, reached = copy.deepcopy(network), lambda loss, outputs: loss < goal
            one = descend(real, loss, x, y, lr=rate, steps=STEPS, until_s=begin + 0.5 * within_s, reached=reached)
            if one.losses[-1] < goal or one.cut:
                break
        nothing, until_s = torch.zeros_like(x), begin + within_s
        two = descend(network, loss, nothing, y, lr=rate, steps=one.steps, until_s=until_s, hopeless=STEPS + 1)
        steps, cut = two.steps, one.cut or two.cut
        with_inputs, without = one.losses[steps], two.losses[steps]
        gain = 1 - with_inputs / without if without > 0 else 0.0
        spread = _spread(real, x)
        cause = suspect(case, case.network, x, y, _otherwise(spread_before))
    words = f"loss {figure(with_inputs)} with inputs, {figure(without)} without, after {steps} steps"
    evidence = (
        f"{words} of Adam on {len(x)} training rows; outputs spread by {figure(spread)} of their size over examples"
    )
    readings = (Reading("inputs_gain_frac", gain, steps), Reading("output_spread_frac", spread, steps))
    if gain > BETTER and spread > ALIKE:
        summary = f"Inputs matter: {words}."
        return Finding("inputs-matter", "ok", summary, evidence, readings=readings, stage="check")
    if spread > ALIKE:
        said = "No step could be taken" if not steps else "Inputs add nothing measurable yet"
        summary = f"{'Cut short by its time limit' if cut else said}: {words}."
        remedy = "" if cut else "see whether the labels belong to these inputs, and whether the inputs can tell them"
        return Finding("inputs-matter", "info", summary, evidence, remedy, 0.5, readings=readings, stage="check")
    return Finding(
        cause.fault,
        "error",
        "The network gives the same outputs whatever its inputs are.",
        f"{evidence}; {cause.why}" if cause.why else evidence,
        cause.remedy,
        confidence=0.9 if cause.why else 0.5,
        readings=readings,
        limit=ALIKE,
        source="Karpathy 2019, A recipe for training neural networks: input-independent baseline",
        change=cause.change,
        stage="check",
    )


def _otherwise(spread_before: float) -> Cause:
    if not spread_before > ALIKE:
        return Cause("graph-detached", "", "see whether forward uses its input, and whether all its units are dead")
    why, remedy = "they differed before training", "take an activation that does not die: leaky_relu, none at the end"
    return Cause("activation-unsuitable", why, remedy, {"network.activation": "leaky_relu"})


def _spread(network: nn.Module, x: Tensor) -> float:
    """Largest spread of an output over examples, over the outputs' size; NaN where they are not finite."""
    with torch.no_grad():
        outputs = network(x).flatten(1)
    return float(outputs.std(0, correction=0).max() / (outputs.abs().max() + 1e-12)) if len(x) > 1 else 1.0
