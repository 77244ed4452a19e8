"""Regression targets on a scale that the network does not get to."""

from __future__ import annotations

import math

from wellfit.nouns.finding import Finding
from wellfit.nouns.lineage import target_made
from wellfit.nouns.meeting import VALUE_LOSSES, answers_chain, targets
from wellfit.nouns.program import Program
from wellfit.nouns.scaled import filled
from wellfit.nouns.tape import Tape
from wellfit.nouns.terms import Term, terms
from wellfit.nouns.units import figure

LARGE = 10.0
"""Targets of this mean or spread are worth a trial with them standardised; first outputs are of the order of 1."""
AMONG = 20.0
"""Times larger than those of the others, from which the targets of one of several losses are looked at."""
SQUASH = ("sigmoid", "tanh", "softmax", "hardsigmoid")
FAR = 0.5
"""Outputs whose mean stays this many deviations of the targets off theirs have not reached them."""


def targets_unscaled(program: Program) -> Finding | None:
    """Sees: targets whose mean or spread is tens or more, or whose spread is below 1 %; where the outputs at the end
    still are far from the mean of the targets, or spread far less, that is a proof, otherwise a suspicion for trials.
    Hurts: all steps go into growing the last layer; with a squared error gradients are as large as the targets.
    Mistaken for: lr-too-low, lr-too-high, capacity-too-small.
    Remedy: standardise the targets by mean and deviation of the training rows; undo it for predictions.
    Source: LeCun et al. 1998, Efficient BackProp, section 4.3 and 4.5; the limits are those of first outputs."""
    loss, known = program.loss, targets(program)
    other = _of_another_term(program) if loss is not None else None
    if other is not None:
        return other
    if (
        loss is None
        or known is None
        or (loss.name not in VALUE_LOSSES and not loss.name.startswith("binary"))
        or program.task != "regression"
    ):
        return None
    if known.distinct < 8:
        return None
    mean, std = float(known.values.mean()), float(known.values.std(correction=0))
    if max(abs(mean), std) < LARGE and (std > 0.01 or not std):
        return None
    looked = [
        x for x in program.losses if x.tape.phase == loss.tape.phase and (a := x.look(x.answer)) and a.mean is not None
    ]
    last = looked[-1] if looked else loss
    answer = last.look(last.answer)
    short = spread = False
    if answer is not None and answer.mean is not None and answer.std is not None and max(abs(mean), std) >= LARGE:
        short = abs(answer.mean - mean) > FAR * std and abs(answer.mean) < abs(mean)
        spread = answer.std < 0.1 * std and abs(mean) + std > 10 * LARGE
    far = max(abs(mean), std) >= 10 * LARGE
    binary = loss.name.startswith("binary")
    squashed = binary or any(n.name.rstrip("_") in SQUASH for n in answers_chain(loss))
    if loss.target in loss.inputs:  # what goes in is to come out: only where the outputs cannot
        proved = squashed and known.high > 2 * LARGE
        if not proved:
            return None
    else:
        proved = short and spread and loss.name in VALUE_LOSSES and not squashed
    site = (filled(program) if max(abs(mean), std) < LARGE else None) or target_made(program, loss) or loss.site
    said = f"targets {figure(mean)} ± {figure(std)}"
    if answer is not None and answer.mean is not None and answer.std is not None:
        said += f"; outputs after {last.tape.index} steps {figure(answer.mean)} ± {figure(answer.std)}"
    return Finding(
        "targets-unscaled",
        "error" if proved else "warning",
        "targets are far from the scale of the outputs",
        said,
        "standardise the targets by the training rows; undo it for predictions",
        0.92 if proved else 0.6 if far and (short or binary) else 0.5,
        last.tape.index,
        site.file if site else None,
        site.line if site else None,
        source="seen in the run",
    )


def _of_another_term(program: Program) -> Finding | None:
    """Of several losses that are added up, each with targets of its own, one whose targets are so much larger than the
    others' that it alone is followed."""
    loss = program.loss
    if loss is None:
        return None
    held: list[tuple[float, float, Term]] = []
    for term in terms(loss.tape, loss.total):
        size, unit = _size(loss.tape, term), _targets_of(loss.tape, term)
        if size is not None and unit is not None:
            held.append((size, unit, term))
    if len(held) < 2:
        return None
    (size, unit, big), *rest = sorted(held, key=lambda h: -h[0])
    sizes, units = [s for s, _, _ in rest], [u for _, u, _ in rest]
    if unit < AMONG * max([1.0, *units]) or size < AMONG**2 * max(sizes):
        return None
    return Finding(
        "targets-unscaled", "warning", "the targets of one of several losses are far larger than the others'",
        f"root mean square {figure(unit)}, of the others at most {figure(max(units))}; that loss is "
        f"{figure(size)} in the beginning, the others at most {figure(max(sizes))}",
        "standardise each target by the training rows, or weigh the losses", 0.85, loss.tape.index,
        big.node.site.file if big.node.site else None, big.node.site.line if big.node.site else None, limit=AMONG,
        source="seen in the run",
    )  # fmt: skip


def _size(tape: Tape, term: Term) -> float | None:
    look = tape.looks.get(term.node.outs[0]) if term.node.outs else None
    return abs((look.mean or 0.0) * term.factor) if look is not None and look.mean is not None else None


def _targets_of(tape: Tape, term: Term) -> float | None:
    """Root mean square of the data that this term compares with."""
    looks = [
        tape.looks[i]
        for i in term.node.ins
        if i in tape.leaves and i in tape.looks and tape.leaves[i].is_floating_point()
    ]
    known = [math.hypot(k.mean, k.std) for k in looks if k.mean is not None and k.std is not None]
    return known[0] if known else None
