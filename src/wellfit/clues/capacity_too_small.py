"""The network cannot represent the relation: a code too narrow for what it is to give back."""

from __future__ import annotations

import torch
from torch import Tensor

from wellfit.nouns import final
from wellfit.nouns.behind import FAR, behind
from wellfit.nouns.fed import trained
from wellfit.nouns.finding import Finding
from wellfit.nouns.locate import conv_reach, width
from wellfit.nouns.meeting import VALUE_LOSSES
from wellfit.nouns.outdone import MORE, outdone
from wellfit.nouns.program import Program
from wellfit.nouns.reach import SAYS, Unreached, unreached, widest
from wellfit.nouns.units import figure, many, percent
from wellfit.nouns.widening import CONVS, LAYERS, hidden, units

STEP = 2.0
"""Times that one principal variance is as large as the next where directions end that stand out from the rest: of noise
alone, or of pictures whose spectrum falls smoothly, neighbours differ by less than 1.5 (handwritten digits: 1.4)."""
LOST = 0.1
"""Share of the variance that lies in directions which stand out and for which the code has no place."""
NO_BETTER = 0.9
"""Share of what as many principal directions leave that the network leaves at least: it found no shorter way round."""
FURTHER = 2.0
"""Times of it that the network leaves at most: one that leaves more has not come to where the code ends."""
ROWS = 8
"""Examples to a direction from which its variance is known well enough."""
MOST = 64
ENOUGH = 300
"""Steps after which a network should have learnt some of what it can."""
THIN = 2
"""Units of a hidden layer from which it may be the reason that nothing is learnt."""


def capacity_too_small(program: Program) -> Finding | None:
    """Sees: a network that is to give back what it is fed through fewer numbers than the data have directions that stand
    out from the rest, and that leaves as much as so many principal directions leave.
    Or convolutions along a series that leave much of their targets, most of which a step of the input explains that no
    answer can see.
    Or a layer of a few units where boosted trees learn much more from the same rows.
    Or a network that leaves of its own training rows what kernel regression learns.
    Hurts: it underfits however long it trains.
    Mistaken for: epochs-too-few, lr-too-low, regularization-too-strong; of other networks a trial with more hidden units
    tells, too.
    Remedy: a code as wide as there are such directions; dilations that reach as far as the targets do.
    Source: Baldi & Hornik 1989 (a linear autoencoder finds the principal directions); Cattell 1966 (where they end)."""
    loss = program.loss
    if loss is None:
        return None
    values = not loss.name or loss.name in VALUE_LOSSES
    return (
        (_narrow(program) or _near(program) if values else None)
        or _few(program)
        or _left_behind(program)
        or _thin(program)
    )


def _left_behind(program: Program) -> Finding | None:
    """A network that leaves of its own training rows what kernel regression learns: of a single layer, a fact where no affine
    map of the inputs does better; of another, a suspicion."""
    found = behind(program)
    if found is None:
        return None
    layers = [m for m in found.network.modules() if isinstance(m, LAYERS)]
    sure = found.affine and len(layers) == 1 and found.can - max(found.line, 0.0) >= FAR
    if found.affine and len(layers) > 1:
        return None  # nothing bends between its layers: that is another fault
    if not sure and program.steps < ENOUGH:
        return None  # it may learn yet
    points = [m for m in layers if isinstance(m, CONVS) and all(k == 1 for k in m.kernel_size)]
    if sure or (points and len(points) == sum(isinstance(m, CONVS) for m in layers)):
        site = conv_reach(program, points[0]) if points else program.made.get(id(layers[0]))
    else:
        site = next((n.site for n in program.networks if n.module is found.network), None)
    return Finding(
        "capacity-too-small", "error" if sure else "warning",
        "a single layer cannot represent the relation" if sure else "the network does not learn what its inputs tell",
        f"skill on rows trained on (1 perfect, 0 a constant): the network {figure(found.have, 2)}, kernel regression on rows "
        f"held out of them {figure(found.can, 2)}, the best affine map of the inputs {figure(found.line, 2)}",
        "a hidden layer with an activation" if sure else "a network that sees more of its input, or holds more of it",
        0.85 if sure else 0.6, None, site.file if site else None, site.line if site else None, limit=FAR,
        source="kernel regression; measured on the rows trained on",
    )  # fmt: skip


def _few(program: Program) -> Finding | None:
    """A few hidden units, and trees learn much more from the same rows."""
    found = outdone(program)
    if found is None:
        return None
    site = width(program, found.layer)
    return Finding(
        "capacity-too-small", "error", f"{many(found.units, 'hidden unit')} cannot hold the relation",
        f"skill on rows of later batches (1 perfect, 0 a constant): the network, which trained on them, {figure(found.own, 2)}, "
        f"boosted trees, which did not, {figure(found.trees, 2)}",
        "more hidden units: 16 times as many, then what is needed", 0.85, None, site.file if site else None,
        site.line if site else None, limit=MORE, source="Friedman 2001 (boosted trees); measured on the rows trained on",
    )  # fmt: skip


def _narrow(program: Program) -> Finding | None:
    """A code of fewer numbers than directions that stand out."""
    given = [g for g in trained(program) if g.targets is not None and g.targets.shape == g.inputs.shape]
    given = [g for g in given if g.targets is not None and torch.equal(g.inputs, g.targets) and g.inputs.ndim > 1]
    layers = [m for n in program.networks for m in hidden(n.module)]
    if len(given) < 4 or len(program.networks) != 1 or not layers:
        return None
    narrow = min(layers, key=units)
    answer = final.answers(program, [g.inputs for g in given])
    code, x = units(narrow), torch.cat([g.inputs for g in given]).flatten(1).double()
    answer = answer.flatten(1) if answer is not None and answer.ndim > 1 else answer
    if answer is None or answer.shape != x.shape or not bool(x.isfinite().all()) or code >= x.shape[1] // 2:
        return None
    shares, there = _spectrum(x, code)
    if not there:
        return None
    missed, left = float(shares[code:there].sum()), float(((answer.double() - x) ** 2).sum() / _spread(x))
    least = float(shares[code:].sum())
    if missed < LOST or not NO_BETTER * least <= left <= FURTHER * least:
        return None
    site = width(program, narrow)
    return Finding(
        "capacity-too-small", "error", f"{many(code, 'number')} cannot hold what the data consist of",
        f"{many(there, 'direction')} of the data stand out, the last with "
        f"{figure(float(shares[there - 1] / shares[there]), 2)} times the variance of the next one; beyond the first {code} "
        f"they hold {percent(missed, 0)} of all variance; the network leaves {percent(left, 0)}, "
        f"{many(code, 'principal direction')} {percent(float(shares[code:].sum()), 0)}",
        f"a code of {there} or more numbers", 0.9, None, site.file if site else None, site.line if site else None,
        limit=STEP, source="Baldi & Hornik 1989; Cattell 1966; measured on the rows trained on",
    )  # fmt: skip


def _thin(program: Program) -> Finding | None:
    """A hidden layer, or a table, of one or two numbers: a suspicion that a trial with more of them settles."""
    layers = [m for n in program.networks for m in hidden(n.module)]
    narrow = min(layers, key=units, default=None)
    if narrow is None or units(narrow) > THIN or len(program.networks) != 1:
        return None
    site = width(program, narrow)
    return Finding(
        "capacity-too-small", "warning", "next to nothing goes through the network's narrowest layer",
        f"{type(narrow).__name__} of {many(units(narrow), 'unit')}", "more units", 0.5, None,
        site.file if site else None, site.line if site else None, limit=THIN, source="settled by trial",
    )  # fmt: skip


def _near(program: Program) -> Finding | None:
    """An answer that cannot see what its target hangs on."""
    found = unreached(program)
    if found is None:
        return None
    conv = next(widest(program))
    site = conv_reach(program, conv)
    seen = (
        f"places {found.low} to {found.high} of its window" if found.single else
        f"{found.high - found.low + 1} steps of its input"
    )  # fmt: skip
    away = f"at place {found.at}" if found.single else f"{_steps(found)} beyond"
    return Finding(
        "capacity-too-small", "error", "no answer sees the part of its input that its target hangs on",
        f"by its gradients an answer sees {seen}; the network leaves {percent(found.left, 0)} of the targets' variance, and "
        f"the input {away} explains {percent(found.says, 0)} of that, no input inside more than {percent(found.sees, 0)} "
        f"({found.rows} series trained on)",
        "a wider reach: dilations that double from layer to layer, more layers, or larger kernels", 0.9, None,
        site.file if site else None, site.line if site else None, limit=SAYS,
        source="Bai, Kolter & Koltun 2018 (the receptive field of convolutions); measured on the rows trained on",
    )  # fmt: skip


def _steps(found: Unreached) -> str:
    return many(found.low - found.at if found.at < found.low else found.at - found.high, "step")


def _spread(x: Tensor) -> Tensor:
    return ((x - x.mean(0)) ** 2).sum()


def _spectrum(x: Tensor, code: int) -> tuple[Tensor, int]:
    """(shares of the principal variances, how many of them stand out: where the largest step beyond the code is; 0 where
    there is none)."""
    variances = torch.linalg.svdvals(x - x.mean(0)) ** 2
    shares = variances / variances.sum()
    last = min(MOST, len(x) // ROWS, len(shares) - 2)
    if last <= code:
        return shares, 0
    steps = shares[code:last] / shares[code + 1 : last + 1].clamp_min(1e-12)
    there = int(steps.argmax())
    return shares, code + there + 1 if float(steps[there]) >= STEP else 0
