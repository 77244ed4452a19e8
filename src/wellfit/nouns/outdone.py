"""Outdone: a network of a few hidden units that leaves what boosted trees learn from the same rows."""

from __future__ import annotations

import contextlib
from typing import NamedTuple

import torch
from torch import Tensor, nn

from wellfit.nouns import control, final
from wellfit.nouns.fed import trained
from wellfit.nouns.program import Program
from wellfit.nouns.widening import hidden, units

NARROW = 4
"""Hidden units up to which a layer is taken for too narrow for what trees find in its inputs."""
SAYS, MORE = 0.5, 0.3
"""Skill that the trees must have, and have more than the network."""
ROWS, NUMBERS, BATCHES = 4000, 256, 6
"""Rows that trees are grown on and numbers to a row, at most; batches that were kept, at least."""


class Outdone(NamedTuple):
    """The narrowest hidden layer, its units, the network's skill and that of the trees on rows they were not grown on."""

    layer: nn.Module
    units: int
    own: float
    trees: float


def outdone(program: Program) -> Outdone | None:
    """None where no hidden layer is narrow, the rows are few, or the network keeps up. (A code between an encoder and a
    decoder is narrow on purpose: not where the network gives back what it is fed.)"""
    if len(program.networks) != 1:
        return None
    layers = [m for m in hidden(program.networks[0].module) if not isinstance(m, nn.Embedding)]
    narrow = min(layers, key=units, default=None)
    given = [(g.inputs, g.targets) for g in trained(program) if g.targets is not None and g.inputs.is_floating_point()]
    if narrow is None or units(narrow) > NARROW or len(given) < BATCHES:
        return None
    given = [(x, y) for x, y in given if x.shape[1:] == given[0][0].shape[1:] and y.shape[1:] == given[0][1].shape[1:]]
    part = len(given) * 2 // 3
    x, y = (torch.cat([pair[k] for pair in given[:part]]) for k in (0, 1))
    rest, truth = (torch.cat([pair[k] for pair in given[part:]]) for k in (0, 1))
    if y.numel() != len(y) or x.flatten(1).shape[1] > NUMBERS or not bool(x.isfinite().all() and y.isfinite().all()):
        return None
    own = final.reached(final.answers(program, [rest]), truth)
    trees = _trees(x[:ROWS], y[:ROWS], rest, truth) if own is not None and own < 1 - MORE else None
    if own is None or trees is None or trees < SAYS or trees < max(own, 0.0) + MORE:
        return None
    return Outdone(narrow, units(narrow), own, trees)


def _trees(x: Tensor, y: Tensor, rest: Tensor, truth: Tensor) -> float | None:
    """Skill of gradient-boosted trees (scikit-learn's, as they come) on the rest."""
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor  # takes its time

    classes = control.kind(torch.cat([y, truth])) == "classes"
    grown = (HistGradientBoostingClassifier if classes else HistGradientBoostingRegressor)(random_state=0)
    with contextlib.suppress(ValueError):
        grown.fit(x.flatten(1).numpy(), (control.labels(y) if classes else y.flatten()).numpy())
        said = torch.from_numpy(grown.predict(rest.flatten(1).numpy()))
        if not classes:
            return final.reached(said, truth)
        right, known = control.labels(truth), torch.bincount(control.labels(truth)).max() / len(truth)
        return float(((said == right).double().mean() - known) / (1 - known).clamp_min(0.05))
    return None
