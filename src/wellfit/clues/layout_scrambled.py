"""`view` or `reshape` where the axes had to be permuted."""

from __future__ import annotations

import ast
import math

import torch
from torch import Tensor

from wellfit.nouns.axes_moved import axes_moved
from wellfit.nouns.fed import built, inputs_chain, trained
from wellfit.nouns.finding import Finding
from wellfit.nouns.mixing import mixing
from wellfit.nouns.program import Program
from wellfit.nouns.source import Source, last_name
from wellfit.nouns.tape import Node, Site, Tape
from wellfit.nouns.units import figure, percent

ROUGH = 0.3
"""Squared step between neighbours, over that between any two values, above which a picture or a series is not smooth."""
SMOOTHER, WRITTEN, NEARLY_ALL = 0.6, 0.93, 0.75
"""Another reading of the same memory must be smoother by this factor, by that where a reshape is written on the way to
the network, and in this share of the examples."""
BREAK = 3.0
"""Times that the step at the end of a variable is the usual one."""
VIEWS = ("view", "reshape")
FLATTENING = (*VIEWS, "flatten", "ravel")


def layout_scrambled(program: Program) -> Finding | None:
    """Sees: pictures or series that are rough as they are fed, and smooth where the same memory is read with the axes in
    another order; a reshape whose result has an axis of the operand in another place, or after which an example's answer
    depends on others of its batch.
    Hurts: values land on the wrong pixel, step or example; what neighbours say is lost.
    Mistaken for: capacity-too-small, labels-misaligned.
    Remedy: `permute` or `transpose` in place of `view` or `reshape`.
    Source: neighbours in pictures and series are alike; the reading in memory's order shows how they lay before."""
    for tape in program.tapes[:3]:
        for node in tape.nodes:
            if node.name in VIEWS and _moved(program, tape, node):
                was, now = (list(tape.looks[n].shape) for n in (node.ins[0], node.outs[0]))
                return _said(f"{node.name} from {was} to {now} moves an axis without moving the values", node.site, 0.9)
    moved = axes_moved(program)
    if moved is not None:
        return _said("the sizes of its shape are listed in another order than the array has them", moved, 0.93)
    crossed = _crossed(program) or _across(program)
    if crossed is not None:
        return crossed
    batches = [g.inputs for g in trained(program)[:8] if g.inputs.is_floating_point() and g.inputs.ndim in (3, 4)]
    if not batches:
        return None
    x = torch.cat([b for b in batches if b.shape[1:] == batches[0].shape[1:]])[:256].double()
    found = _pictures(x) if x.ndim == 4 else _series(x)
    if not bool(x.isfinite().all()):
        return None
    site, written = _reshape(program)
    broken = _broken(x) if x.ndim == 3 else None
    if broken is not None and broken > BREAK:
        said = f"read through as it lies in memory, the series breaks where a variable would end: steps {figure(broken, 2)} times"
        return _said(f"{said} as large there as elsewhere", site, 0.92)
    if found is None:
        return None
    fed, least, share, words = found
    limit = WRITTEN if written else SMOOTHER
    if fed < ROUGH or least > limit * fed or share < NEARLY_ALL:
        return None
    said = f"step between neighbours (1: no more alike than any two values): {figure(fed, 2)} as fed, {figure(least, 2)} with "
    return _said(f"{said}the same memory read as {words}, so in {percent(share, 0)} of the examples", site, 0.92)


def _crossed(program: Program) -> Finding | None:
    """Answers [A, B, ...] and targets [B, A] that are each made flat before they meet: they meet others' targets."""
    loss = program.loss
    if loss is None or loss.answer is None or loss.target is None:
        return None
    shapes = [_before_flat(loss.tape, n) for n in (loss.answer, loss.target)]
    if None in shapes:
        return None
    (a, b), other = shapes[0][:2], shapes[1][:2]  # type: ignore[index]
    if a == b or other != (b, a) or 1 in (a, b):
        return None
    said = f"answers {list(shapes[0] or ())} and targets {list(shapes[1] or ())} are made flat in their own orders"
    return _said(f"{said}: each answer meets another one's target", loss.site, 0.97)


def _across(program: Program) -> Finding | None:
    """A reshape inside the network that gives an example what belongs to others."""
    try:
        mixed = mixing(program)
    except Exception:  # the user's own code, fed anew; the clue of wrong axes says so
        return None
    if mixed is None or mixed.name not in FLATTENING or mixed.name == "ravel":
        return None
    said = f"with the other examples of its batch changed, an answer changes by {percent(mixed.change)} of the largest"
    return _said(f"{mixed.name} puts values of several examples together: {said}", mixed.site, 0.96)


def _before_flat(tape: Tape, n: int) -> tuple[int, ...] | None:
    """The shape of what a flat tensor was reshaped from."""
    makers = tape.makers()
    for _ in range(4):
        node = makers.get(n)
        if node is None or not node.ins or node.ins[0] not in tape.looks:
            return None
        was, now = tape.looks[node.ins[0]].shape, tape.looks[n].shape if n in tape.looks else ()
        if node.name in FLATTENING and len(was) > len(now) and now and len(was) > 1 and now[0] == was[0] * was[1]:
            return was
        n = node.ins[0]
    return None


def _said(evidence: str, site: Site | None, sure: float) -> Finding:
    return Finding(
        "layout-scrambled", "error", "a reshape scrambles the data where its axes had to be permuted", evidence,
        "permute (or transpose) the axes first, then reshape", sure, None,
        site.file if site else None, site.line if site else None, limit=ROUGH, source="likeness of neighbours",
    )  # fmt: skip


def _rough(x: Tensor, axis: int) -> Tensor:
    """Of each picture (or series): mean squared step between neighbours along an axis over twice the variance."""
    within = (2, 3) if x.ndim == 4 else (axis,)
    spread = x.var(within, correction=0)
    steps = x.diff(dim=axis).square().mean(within)
    return (steps / (2 * spread).clamp_min(1e-12)).where(spread > 1e-12, torch.tensor(1.0, dtype=x.dtype)).mean(1)


def _pictures(x: Tensor) -> tuple[float, float, float, str] | None:
    """(roughness as fed, as it lay before, share of pictures that were smoother then, that order) of [N, C, H, W]."""
    n, c, h, w = x.shape
    if not 1 < c <= 16 or h < 6 or w < 6:
        return None
    x = x - x.mean((0, 2, 3), keepdim=True)  # channels differ by nature
    both = lambda p: 0.5 * (_rough(p, 2) + _rough(p, 3))
    fed = both(x)
    ways = [(both(x.reshape(n, h, w, c).permute(0, 3, 1, 2)), "(height, width, channel)")]
    ways.append((both(x.permute(0, 2, 3, 1).reshape(n, c, h, w)), "(channel, height, width)"))
    least, words = min(ways, key=lambda way: float(way[0].mean()))
    return float(fed.mean()), float(least.mean()), float((least < fed).double().mean()), words


def _series(x: Tensor) -> tuple[float, float, float, str] | None:
    """The same of series [N, A, B] that lay as [N, B, A]: memory runs smoothly on where a row ends."""
    n, a, b = x.shape
    if min(a, b) < 2 or max(a, b) < 12 or a == b:
        return None
    before = x.reshape(n, b, a)
    axis = 1 if a > b else 2  # time is the longer one
    fed, least = _rough(x, axis), _rough(before, 3 - axis)
    if axis == 1:  # as it lay, time ran fastest: the ends of the rows that it is cut into now join
        inside, ends = x.diff(dim=2).square().mean(), (x[:, 1:, 0] - x[:, :-1, -1]).square().mean()
        if float(ends) > 2 * float(inside):
            return None
    words = "(feature, time)" if axis == 1 else "(time, feature)"
    return float(fed.mean()), float(least.mean()), float((least < fed).double().mean()), words


def _broken(x: Tensor) -> float | None:
    """Of series fed as [N, time, variable]: the step in memory from one to the next, where a variable would end if it were
    [variable, time], over the usual step at the same place of other rows; None where they are too short or it is not
    smoother in memory's order than in time."""
    n, times, variables = x.shape
    if not 2 <= variables <= 12 or times < 3 * variables or n < 16:
        return None
    flat = (x - x.mean(0)).reshape(n, -1)
    steps = flat.diff(dim=1).square().mean(0)
    ends = [k * times - 1 for k in range(1, variables)]
    alike = [i for i in range(len(steps)) if i not in ends and any(i % variables == e % variables for e in ends)]
    usual, along = float(steps[alike].median()), float(x.diff(dim=1).square().mean())
    if usual <= 0 or 1.5 * float(steps.median()) > along:
        return None
    return float(steps[ends].min()) / usual


def _moved(program: Program, tape: Tape, node: Node) -> bool:
    """Does an axis of the operand come out in another place (other sizes before it), as only a permutation does it?"""
    if not node.ins or not node.outs or node.ins[0] not in tape.looks or node.outs[0] not in tape.looks:
        return False
    was, now = ([d for d in tape.looks[n].shape if d > 1] for n in (node.ins[0], node.outs[0]))
    if min(len(was), len(now)) < 2 or was == now or math.prod(was) != math.prod(now):
        return False
    axes = len(was)
    if sorted(was) == sorted(now) and axes > 2:  # the same axes in another order, whatever lies in them
        return _written(program.source(node.site), node) is not None
    if len(set(was)) < len(was) or (len(set(now)) < len(now) and was[0] == now[0] and len(now) <= len(was)):
        return False
    call = _written(program.source(node.site), node)
    if call is None or any(isinstance(a, ast.BinOp) and isinstance(a.op, ast.Mult) for a in call.args):
        return False
    before = {math.prod(was[:i]): d for i, d in enumerate(was)}
    after = [(math.prod(now[:i]), d) for i, d in enumerate(now)]
    lost = [d for at, d in before.items() if d > 3 and (at, d) not in after and any(d == e for _, e in after)]
    return bool(lost) and (
        sorted(was) == sorted(now) or was[0] in lost or now[0] in lost or (was[0] == now[0] and was[1] in lost)
    )


def _written(source: Source | None, node: Node) -> ast.Call | None:
    return source.call_on(node.site.line, *VIEWS) if source and node.site else None


def _reshape(program: Program) -> tuple[Site | None, bool]:
    """The last reshape on the way to the network (and no permutation after it), else where its input is made."""
    chain = inputs_chain(program)
    for spot in chain:
        calls = [n for n in ast.walk(spot.expr) if isinstance(n, ast.Call)]
        for n in calls:
            if last_name(n.func) in (*VIEWS, "resize", "unflatten"):
                return Site(spot.source.path, n.lineno), True
    return built(chain), False
