"""Renamed: do a network's answers in evaluation name the classes otherwise than the labels there?"""

from __future__ import annotations

import ast
from typing import NamedTuple

import torch

from wellfit.nouns import final
from wellfit.nouns.fed import evaluated
from wellfit.nouns.flow import Spot, back
from wellfit.nouns.program import Program
from wellfit.nouns.source import last_name
from wellfit.nouns.tape import Node, Site

ENOUGH, GAIN, KNOWN = 60, 0.25, 0.7
"""Evaluated examples, the share of them that must be right by other names only, and the share that must be right then."""
NUMBERING = frozenset(
    ("fit_transform", "factorize", "unique", "enumerate", "get_dummies", "fit", "argsort", "searchsorted")
)
"""Calls that give classes their numbers."""


class Renamed(NamedTuple):
    """right: share of answers that agree with the labels; renamed: with classes renumbered; moved: (answer, label) of
    those that differ; site: where the labels of evaluation get their numbers."""

    right: float
    renamed: float
    moved: list[tuple[int, int]]
    site: Site | None


def renamed(program: Program) -> Renamed | None:
    """None where no other numbering does much better, judged on other rows than it is found on."""
    from scipy.optimize import linear_sum_assignment  # loaded where it is asked for

    held = [h for h in evaluated(program) if h.targets is not None and not h.targets.is_floating_point()]
    held = [h for h in held if h.index >= program.steps - 1 and h.targets is not None and h.targets.ndim == 1]
    held = [h for h in held if h.seen.node.site == held[-1].seen.node.site][-40:]
    held = held[-1:] if held and len(held[-1].inputs) >= ENOUGH else held
    answer = final.answers(program, [h.inputs for h in held]) if held else None
    if answer is None or answer.ndim != 2 or answer.shape[1] < 3 or len(answer) < ENOUGH:
        return None
    truth = torch.cat([h.targets for h in held if h.targets is not None]).long()
    said, n = answer.argmax(1), answer.shape[1]
    if len(said) != len(truth) or int(truth.min()) < 0 or int(truth.max()) >= n:
        return None
    right = float((said == truth).double().mean())
    met = torch.zeros(n, n, dtype=torch.long)
    met.index_put_((said[::2], truth[::2]), torch.ones(len(said[::2]), dtype=torch.long), accumulate=True)
    names = torch.as_tensor(linear_sum_assignment(-met.numpy())[1])
    other = float((names[said[1::2]] == truth[1::2]).double().mean())
    if other < KNOWN or other < right + GAIN:
        return None
    moved = [(a, b) for a, b in enumerate(names.tolist()) if a != b and int(met[a, b])]
    return Renamed(right, other, moved, _numbered(program, held[-1].seen.compared))


def _numbered(program: Program, compared: list[Node]) -> Site | None:
    """Where the labels that answers are held against get their numbers: the nearest such call on their way back."""
    for node in compared:
        source = program.source(node.site)
        if source is None or node.site is None:
            continue
        for n in source.on(node.site.line, ast.Compare, ast.Call):
            sides = [n.left, *n.comparators] if isinstance(n, ast.Compare) else list(n.args[:2])
            for side in sides:
                for spot in back(Spot(source, side), program.sources.values(), last=True):
                    if isinstance(spot.expr, ast.Call) and last_name(spot.expr.func) in NUMBERING:
                        return Site(spot.source.path, spot.line)
    return next((c.site for c in compared if c.site), None)
