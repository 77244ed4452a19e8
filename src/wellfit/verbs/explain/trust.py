"""Trust: whether an attribution does what it says: its sum, its dependence on the weights, the answer when cells go.

B examples, K steps of a curve.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor, nn

from wellfit.nouns.aim import Aim
from wellfit.nouns.inside import said, still

Explain = Callable[[nn.Module, Tensor, Aim], Tensor]
MOST_LAYERS = 6  # randomised one after another, evenly chosen
CURVE = 16  # steps of a deletion or insertion curve
ORDERS = 3  # drawn at random, beside which the curve is judged


@dataclass(frozen=True)
class Curves:
    """frac [K]: of the cells changed; deleted, inserted [K]: the answer, mean over examples, as the cells with the most
    attribution are taken away from the example, or put into the baseline; deleted_random, inserted_random: in random
    order. Areas are means over K."""

    frac: np.ndarray
    deleted: np.ndarray
    inserted: np.ndarray
    deleted_random: np.ndarray
    inserted_random: np.ndarray


def completeness(
    network: nn.Module, inputs: Tensor, target: Aim, baseline: Tensor, parts: Tensor
) -> tuple[np.ndarray, np.ndarray]:
    """(error [B] of the sum of parts, what they have to add up to [B]): target(inputs) less the mean target of the rows
    of the baseline (axiom 1 of Sundararajan et al. 2017)."""
    with still(network):
        start = torch.stack([said(network, b.expand_as(inputs), target) for b in baseline.to(inputs)]).mean(0)
        due = said(network, inputs, target) - start
    return (parts.flatten(1).sum(1) - due).cpu().numpy(), due.cpu().numpy()


def by_randomising(
    network: nn.Module,
    inputs: Tensor,
    target: Aim,
    explain: Explain,
    parts: Tensor,
    seed: int = 0,
    most: int = MOST_LAYERS,
) -> list[tuple[str, float, float]]:
    """[(layer, rank correlation of sizes, with signs)]: of parts with those of a network whose layers are drawn anew one
    after another, from the last to this one; the mean of Spearman's coefficient over examples. An attribution that hardly
    changes does not say what was learnt. Source: Adebayo et al. 2018, arXiv:1810.03292, who give both. most: of the
    layers, after which it is looked at.
    """
    layers = [n for n, m in network.named_modules() if any(True for _ in m.parameters(recurse=False))][::-1]
    last = [layers[i] for i in sorted({round(k) for k in np.linspace(0, len(layers) - 1, min(len(layers), most))})]
    twin, found = copy.deepcopy(network), []
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for name in layers:
            _draw_anew(twin.get_submodule(name))
            if name in last:
                others = explain(twin, inputs, target)
                found.append((name or "network", _alike(parts.abs(), others.abs()), _alike(parts, others)))
    return found


def _draw_anew(module: nn.Module) -> None:
    """Its own first values where it knows how to draw them, else normal numbers of the spread that it has."""
    reset = getattr(module, "reset_parameters", None)
    with torch.no_grad():
        if callable(reset):
            reset()
            return
        for parameter in module.parameters(recurse=False):
            spread = float(parameter.std()) if parameter.numel() > 1 else float(parameter.abs().sum())
            parameter.normal_(0, spread or 1.0)


def _alike(a: Tensor, b: Tensor) -> float:
    """The mean over examples of Spearman's rank correlation, over the inputs that either of them gives anything
    (those out of a network's reach would make any two maps alike); 0 where one of them is constant."""
    from scipy.stats import rankdata

    found = []
    for one, other in zip(a.flatten(1).cpu().numpy(), b.flatten(1).cpu().numpy()):
        reached = (one != 0) | (other != 0)
        if not reached.any():
            continue
        x, y = rankdata(one[reached]), rankdata(other[reached])
        spread = x.std() * y.std()
        found.append(float(((x - x.mean()) * (y - y.mean())).mean() / spread) if spread else 0.0)
    return float(np.mean(found)) if found else 0.0


def curves(network: nn.Module, inputs: Tensor, target: Aim, baseline: Tensor, parts: Tensor, seed: int = 0) -> Curves:
    """How the answer falls as cells are taken away in the order of their parts, and rises as they are put back.

    Of classes the answer is the probability; of values how far it is on the way from the baseline's to the example's
    (1: the example's), where examples with a longer way count more: one that lies at the baseline has none. Cells of all
    channels go together. Source: Petsiuk et al. 2018, arXiv:1806.07421.
    """
    order_by = parts.sum(1) if parts.ndim > 2 else parts  # cells: over the channels; features of a table: each
    scores = order_by.flatten(1)
    start = baseline.to(inputs).mean(0).expand_as(inputs)
    answer = _answer(network, inputs, start, target)
    if not target.share:  # a part that lowers a value counts where the example lies below the baseline
        with still(network):
            falls = said(network, inputs, target) < said(network, start, target)
        scores = torch.where(falls[:, None], -scores, scores)
    steps = sorted({round(k) for k in np.linspace(0, scores.shape[1], CURVE + 1)})
    both = [_walk(inputs, start, scores, steps, answer), _walk(start, inputs, scores, steps, answer)]
    generator = torch.Generator().manual_seed(seed)
    drawn = []
    for _ in range(ORDERS):
        order = torch.rand(scores.shape, generator=generator)
        drawn.append([_walk(inputs, start, order, steps, answer), _walk(start, inputs, order, steps, answer)])
    random = np.mean(drawn, 0)
    return Curves(np.array(steps) / steps[-1], *both, *random)


def _answer(network: nn.Module, inputs: Tensor, start: Tensor, target: Aim) -> Callable[[Tensor], np.ndarray]:
    if target.share:
        return lambda x: said(network, x, target).cpu().numpy()
    with still(network):
        high, low = said(network, inputs, target), said(network, start, target)
    far = high - low
    usual = far.abs().mean().clamp_min(1e-12)
    return lambda x: (far.sign() * (said(network, x, target) - low) / usual).cpu().numpy()


def _walk(
    here: Tensor, there: Tensor, scores: Tensor, steps: list[int], answer: Callable[[Tensor], np.ndarray]
) -> np.ndarray:
    """The mean answer [K] as `here` becomes `there`, the cells of the largest scores first."""
    rank = scores.argsort(dim=1, descending=True, stable=True).argsort(1)
    cells = here.shape[2:] if here.ndim > 2 else here.shape[1:]
    rank = rank.reshape(len(here), *([1] if here.ndim > 2 else []), *cells).to(here.device)
    return np.array([float(answer(torch.where(rank < k, there, here)).mean()) for k in steps])


def as_share(target: Aim, form: str) -> Aim:
    """The target as a person reads it: of classes the probability."""
    return replace(target, share=form == "classes")
