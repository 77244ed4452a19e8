"""Shapley values: each feature's part of the answer, averaged over the orders in which features become known."""

from __future__ import annotations

import itertools
import math

import torch
from torch import Tensor, nn

from wellfit.nouns.inside import Target, still

PROMISES = ("sum", "ignored")


def shapley(
    network: nn.Module,
    inputs: Tensor,
    target: Target,
    *,
    baseline: Tensor | None = None,
    groups: Tensor | None = None,
    draws: int = 64,
    seed: int = 0,
) -> Tensor:
    """What each feature adds to the target when it becomes known after others, averaged over orders: [B, *shape].

    baseline [M, *shape]: rows that stand for what is unknown, taken in turn (their mean answer is what the parts are
    counted from); groups int [*shape]: inputs that are one feature (a column's codes), whose part is spread evenly over
    them; draws: orders tried, in pairs of opposite ones, a multiple of M for the sum to hold exactly. With M = 1 and no
    more orders than draws, all are tried and the values are exact.
    Source: Štrumbelj and Kononenko 2014; Lundberg and Lee 2017, arXiv:1705.07874.
    """
    shape = inputs.shape[1:]
    flat = inputs.detach().flatten(1)
    base = (torch.zeros_like(flat[:1]) if baseline is None else baseline.to(inputs).flatten(1)).detach()
    of = torch.arange(flat.shape[1]) if groups is None else groups.flatten().long()
    total = torch.zeros(len(flat), int(of.max()) + 1, device=flat.device)
    orders = _orders(total.shape[1], len(base), draws, seed)
    with still(network), torch.no_grad():
        for k, order in enumerate(orders):
            total += _parts(network, flat, base[k % len(base)], of, order, shape, target)
    share = total / len(orders) / torch.bincount(of, minlength=total.shape[1]).clamp_min(1).to(total)
    return share[:, of].reshape(inputs.shape)


def _orders(n: int, rows: int, draws: int, seed: int) -> list[list[int]]:
    """Orders of n features: all, where there are no more than draws; else drawn in pairs of opposite ones, each pair for
    the same row of the baseline, every row as often as the others."""
    if rows == 1 and math.factorial(min(n, 20)) <= draws:
        return [list(o) for o in itertools.permutations(range(n))]
    generator = torch.Generator().manual_seed(seed)
    rounds = max(1, -(-draws // (2 * rows)))
    found: list[list[int]] = []
    for _ in range(rounds):
        some = [torch.randperm(n, generator=generator).tolist() for _ in range(rows)]
        found += [*some, *(o[::-1] for o in some)]
    return found


def _parts(
    network: nn.Module, x: Tensor, start: Tensor, of: Tensor, order: list[int], shape: torch.Size, target: Target
) -> Tensor:
    """What each feature adds [B, G] when features become known in this order."""
    now, steps = start.expand_as(x).clone(), []
    steps.append(now.clone())
    for feature in order:
        some = (of == feature).to(x.device)
        now[:, some] = x[:, some]
        steps.append(now.clone())
    outputs = network(torch.stack(steps).reshape(-1, *shape))
    values = torch.stack([target(part) for part in outputs.reshape(len(steps), len(x), *outputs.shape[1:])])
    found = torch.zeros(len(x), len(order), device=x.device)
    found[:, order] = (values[1:] - values[:-1]).T
    return found
