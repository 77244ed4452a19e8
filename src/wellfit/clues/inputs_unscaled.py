"""Inputs on scales far from one another or from 1, or other ones in evaluation than in training."""

from __future__ import annotations

import ast

import torch
from torch import Tensor

from wellfit.nouns import control, final
from wellfit.nouns.fed import built, evaluated, inputs_chain, trained
from wellfit.nouns.finding import Finding
from wellfit.nouns.program import Program
from wellfit.nouns.scaled import filled, unused
from wellfit.nouns.tape import Tape
from wellfit.nouns.thrown import SCALING, thrown
from wellfit.nouns.units import figure

LARGE, TINY, PROVED = 8.0, 0.01, 20.0
"""Root mean square of a feature above which, and of all of them below which, they may be unscaled (the aim is 1);
that above which a control stands in for a trial."""
UNEVEN = 1000.0
"""Largest over smallest deviation of a table's columns from which the smallest are lost."""
BETTER = 0.25
"""Skill by which kernel regression on standardised inputs must beat the network for the proof without a trial."""
DIVISOR = 10
"""A whole number of this size and above that inputs are divided by is a scale."""
OTHER = 5.0
"""Factor between the spreads in training and in evaluation that no draw of the same data gives."""
NORMS = frozenset(("batch_norm", "layer_norm", "group_norm", "instance_norm", "rms_norm", "native_layer_norm"))
LAYERS = frozenset(
    ("linear", "conv1d", "conv2d", "conv3d", "lstm", "gru", "rnn_tanh", "rnn_relu", "matmul", "__matmul__")
)


def inputs_unscaled(program: Program) -> list[Finding]:
    """Sees: features whose root mean square is far above 1 (or all far below), or columns of which some
    vary a thousand times less than others, where the first layer is met; inputs of
    another scale in evaluation than in training; inputs divided by `//`.
    Hurts: the largest feature drowns the others, units saturate or die at the first steps, steps of one size fit none.
    Mistaken for: lr-too-high, init-unsuitable, targets-unscaled.
    Remedy: subtract the training mean and divide by the training deviation, everywhere alike.
    Source: LeCun et al., Efficient BackProp (1998); confirmed by a trial, or by kernel regression that learns the same
    pairs standardised while the network does not."""
    batches = [g for g in trained(program) if g.inputs.is_floating_point()]
    if not batches or not program.steps:
        return []
    shape = batches[0].inputs.shape[1:]
    rows = torch.cat([g.inputs for g in batches if g.inputs.shape[1:] == shape]).float()
    rows = rows[rows.flatten(1).isfinite().all(1)]
    if not len(rows) or rows.ndim < 2:
        return []
    return [
        f
        for f in (_floored(program, rows), _apart(program, rows), _far(program, rows), _uneven(program, rows))
        if f is not None
    ][:1]


def _floored(program: Program, rows: Tensor) -> Finding | None:
    """Whole division in place of a scaling: what is left of the inputs is one or two values."""
    distinct = len(torch.unique(rows.flatten()[: 2**18]))
    if distinct > 3:
        return None
    for spot in inputs_chain(program):
        for n in ast.walk(spot.expr):
            if not (isinstance(n, ast.BinOp) and isinstance(n.op, ast.FloorDiv)):
                continue
            size = spot.source.value(n.right)
            if isinstance(size, (int, float)) and size >= DIVISOR:
                return Finding(
                    "inputs-unscaled", "error", "inputs are divided as whole numbers: next to nothing is left of them",
                    f"the inputs hold {distinct} different value{'s' if distinct > 1 else ''}; `// {figure(size)}`",
                    "divide by /", 0.95, 0, spot.source.path, n.lineno, limit=3, source="seen in the run and its source",
                )  # fmt: skip
    return None


def _sizes(rows: Tensor) -> Tensor:
    """Root mean square of each feature: column, channel of a picture, last axis of a sequence."""
    over = (0, 2, 3) if rows.ndim == 4 else tuple(range(rows.ndim - 1))
    return rows.square().mean(over).sqrt()


def _far(program: Program, rows: Tensor) -> Finding | None:
    sizes = _sizes(rows)
    used = sizes[sizes > 1e-12]
    if not len(used) or not (float(used.max()) > LARGE or float(used.max()) < TINY):
        return None
    if _handled(program.losses[0].tape, rows):
        return None
    small = filled(program) if float(used.max()) < TINY else None
    site = thrown(program, SCALING, sums=True) or unused(program) or small or built(inputs_chain(program))
    proof = _proof(program) if float(used.max()) > PROVED or float(used.max()) < TINY else ""
    return Finding(
        "inputs-unscaled", "error" if proof else "warning", "the network's inputs are not scaled",
        f"root mean square of the features from {figure(float(used.min()))} to {figure(float(used.max()))}, near 1 is "
        f"right{proof}", "standardise inputs by the training mean and deviation, in evaluation too",
        0.9 if proof else 0.7, 0, site.file if site else None, site.line if site else None, limit=LARGE,
        source="LeCun et al. 1998",
    )  # fmt: skip


def _uneven(program: Program, rows: Tensor) -> Finding | None:
    """Some columns of a table vary a thousand times less than others: the network does not see them."""
    if rows.ndim != 2 or len(rows) < 16:
        return None
    spread = rows.double().std(0)
    spread = spread[spread > 1e-7 * rows.double().abs().amax(0).clamp_min(1e-12)]  # beyond rounding
    if len(spread) < 2 or float(spread.max()) < UNEVEN * float(spread.min()) or _handled(program.losses[0].tape, rows):
        return None
    proof, site = _proof(program), unused(program) or built(inputs_chain(program))
    sure = 0.8 if float(spread.max()) > 10 * UNEVEN * float(spread.min()) else 0.6
    return Finding(
        "inputs-unscaled", "error" if proof else "warning", "some of the network's inputs hardly vary beside the others",
        f"deviation of the columns from {figure(float(spread.min()))} to {figure(float(spread.max()))}{proof}",
        "standardise each column by its own training mean and deviation", 0.9 if proof else sure, 0,
        site.file if site else None, site.line if site else None, limit=UNEVEN, source="LeCun et al. 1998",
    )  # fmt: skip


def _handled(tape: Tape, rows: Tensor) -> bool:
    """Does the network itself bring them to scale before its first layer?"""
    for node in tape.nodes:
        if node.depth and node.name in NORMS:
            return True
        if node.depth and node.name in LAYERS and node.ins:
            look = tape.looks.get(node.ins[0])
            spread = float(rows.square().mean().sqrt())
            return look is not None and look.std is not None and abs(look.mean or 0.0) + look.std < 0.3 * spread
        if node.name == "embedding":
            return True
    return False


def _proof(program: Program) -> str:
    """Figures, where kernel regression learns the pairs and the network has not."""
    batches = [g for g in trained(program) if g.targets is not None and bool(g.inputs.isfinite().all())][:40]
    if not batches:
        return ""
    shape = batches[0].inputs.shape[1:]
    batches = [g for g in batches if g.inputs.shape[1:] == shape]
    x, y = torch.cat([g.inputs for g in batches]), torch.cat([g.targets for g in batches if g.targets is not None])
    have = final.reached(final.answers(program, [g.inputs for g in batches]), y)
    if have is None or have > 0.6:
        return ""
    can = control.split(x, y)
    if can is None or can - max(have, 0.0) < BETTER:
        return ""
    return (
        f"; skill on them (1 perfect, 0 a constant): the network {figure(have, 2)}, kernel regression {figure(can, 2)}"
    )


def _apart(program: Program, rows: Tensor) -> Finding | None:
    """Training and evaluation on different scales."""
    size = float(rows.std())
    calls = [n for n in program.losses[0].tape.passes() if n.grad]
    for held in reversed(evaluated(program)[-8:]):
        x = held.inputs.float()
        if calls and held.seen.node.module is not calls[0].module:
            continue
        if x.shape[1:] != rows.shape[1:] or len(x) < 16 or not bool(x.isfinite().all()) or size <= 0:
            continue
        factor = float(x.std()) / size
        shift = abs(float(x.mean() - rows.mean())) / size
        if not (factor > OTHER or factor < 1 / OTHER or shift > 2 * OTHER) or factor == 0:
            return None
        site = built(inputs_chain(program, held.seen.node))
        return Finding(
            "inputs-unscaled", "error", "the network is evaluated on inputs of another scale than it was trained on",
            f"mean ± deviation in training {figure(float(rows.mean()))} ± {figure(size)}, in evaluation "
            f"{figure(float(x.mean()))} ± {figure(float(x.std()))}",
            "scale the inputs of evaluation by what those of training were scaled by", 0.93, held.index,
            site.file if site else None, site.line if site else None, limit=OTHER, source="seen in the run",
        )  # fmt: skip
    return None
