"""Unlike: what a network is shown in training, after chance has changed it, does not prepare for what it is evaluated on."""

from __future__ import annotations

import ast
import re
from typing import NamedTuple

import torch

from wellfit.nouns import control, final
from wellfit.nouns.fed import evaluated, trained
from wellfit.nouns.program import Program
from wellfit.nouns.source import Source
from wellfit.nouns.tape import Site
from wellfit.nouns.turns import random

TIMES, MORE = 4.0, 0.08
"""Of what a fit to some of the evaluated examples leaves open on the others, so many times and so much more is left open by
a fit to those of training, and by the network that was trained on them: a network may learn what the fit cannot."""
ENOUGH = 90
NAMED = re.compile(
    r"(?i)augment|transform|jitter|perturb|mix|noise|noisy|warp|distort|corrupt|gain|scale|shift|crop|mask"
)
ASKED = ("__getitem__", "__iter__", "collate", "collate_fn")
ROWS = re.compile(r"(randint|choice|integers|sample)\(.*(len\(|\.shape\[0\]|size\(0\))")
"""Draws of which examples to take."""


class Unlike(NamedTuple):
    """Skills (1 perfect, 0 a constant) on the same evaluated examples: own: of a fit to other evaluated ones; shown: of one
    to those of training as they were fed; network: of the trained network; site: where chance changes them."""

    own: float
    shown: float
    network: float
    site: Site


def unlike(program: Program) -> Unlike | None:
    """None where no chance is in the way of the examples, or one fit does as well as the other, or the network as well."""
    site = next((s for source in program.sources.values() if (s := _drawn(program, source)) is not None), None)
    held = [h for h in evaluated(program) if h.targets is not None and h.inputs.is_floating_point()]
    held = [h for h in held if h.index == held[-1].index and h.inputs.shape[1:] == held[-1].inputs.shape[1:]]
    fed = [g for g in trained(program) if g.targets is not None]
    fed = [
        g
        for g in fed
        if held and g.inputs.dtype == held[-1].inputs.dtype and g.inputs.shape[1:] == held[-1].inputs.shape[1:]
    ]
    if site is None or not fed or not held:
        return None
    x, y = torch.cat([h.inputs for h in held]), torch.cat([h.targets for h in held if h.targets is not None])
    fx, fy = torch.cat([g.inputs for g in fed]), torch.cat([g.targets for g in fed if g.targets is not None])
    if len(x) < ENOUGH or len(fx) < ENOUGH or y.shape[1:] != fy.shape[1:]:
        return None
    order = torch.randperm(len(x), generator=torch.Generator().manual_seed(0))
    a, b = order[: len(x) * 2 // 3], order[len(x) * 2 // 3 :]
    own, shown = control.learnt(x[a], y[a], x[b], y[b]), control.learnt(fx, fy, x[b], y[b])
    if own is None or shown is None:
        return None
    least = own - (TIMES - 1) * (1 - own) - MORE
    if shown > least:
        return None
    network = final.reached(final.answers(program, [x[b]]), y[b])
    return Unlike(own, shown, network, site) if network is not None and network < least else None


def _drawn(program: Program, source: Source) -> Site | None:
    """Where chance changes examples: in a data set, in what puts batches together or in what is called after it, else in
    the loop around the training step."""
    loss = program.loss
    functions = [n for n in source.nodes if isinstance(n, ast.FunctionDef)]
    parts: list[ast.AST] = [f for f in functions if f.name in ASKED]
    parts += [f for f in functions if NAMED.search(f.name)]
    if loss is not None and loss.site is not None and loss.site.file == source.path:
        loop = source.loop_around(loss.site.line)
        parts += [loop] if loop is not None else []
    for part in parts:
        for n in ast.walk(part):
            if isinstance(n, ast.Call) and random(n) and not ROWS.search(ast.unparse(n)):
                inner = [m for m in ast.walk(n) if isinstance(m, ast.Call) and m is not n and random(m)]
                if not inner:
                    return Site(source.path, n.lineno)
    return None
