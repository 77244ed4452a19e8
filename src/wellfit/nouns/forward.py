"""Forward: a batch through the network, and the loss of it, on one rank or on several."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from wellfit.nouns.augment import Batch
from wellfit.nouns.case import Case
from wellfit.nouns.exchange import Flat
from wellfit.nouns.thrift import Parts
from wellfit.nouns.world import ALONE, World

Forward = Callable[..., tuple[Tensor, Tensor]]


def forward_of(case: Case, here: World = ALONE, parts: Parts | None = None, flat: Flat | None = None) -> Forward:
    """(batch[, weight of each example]) -> (outputs, loss), in bfloat16 where the recipe says so.

    With `flat` the outputs are those of this rank's share, and the loss is its part of the whole batch's: the ranks' parts
    add up to it. A law holds that our losses are sums over rows but for what the targets say alone, so the part of some
    rows is the loss with zeros in the place of the other rows' outputs, but for what the zeros count for themselves."""
    asked = case.recipe.training.accumulate
    inside = Parts(case.network, asked) if parts is None else parts
    usual = inside if asked > 1 else case.network
    usual = here.together(usual) if flat is None else usual
    reduced = case.recipe.training.precision == "bfloat16"

    def network(batch: Batch) -> Tensor:  # in more parts than asked for where memory was short
        run, x = usual if inside.count == asked else inside, here.mine(batch.x, len(batch.y))
        if not reduced:
            return run(x)
        with torch.autocast(case.device.type, torch.bfloat16):
            return run(x).float()

    def loss(outputs: Tensor, batch: Batch, *weight: Tensor) -> Tensor:
        own = case.loss(outputs, batch.y, *weight)
        if batch.order is None:
            return own
        other = case.loss(outputs, batch.y[batch.order], *(w[batch.order] for w in weight))
        return torch.lerp(own, other, batch.share)

    def whole(batch: Batch, *weight: Tensor) -> tuple[Tensor, Tensor]:
        outputs = here.whole(network(batch), len(batch.y))
        return outputs, loss(outputs, batch, *weight)

    def part(batch: Batch, *weight: Tensor) -> tuple[Tensor, Tensor]:
        outputs = network(batch)
        placed = here.among_zeros(outputs, len(batch.y))
        with torch.no_grad():
            zeros = loss(torch.zeros_like(placed), batch, *weight)
        return outputs, loss(placed, batch, *weight) - zeros * (1 - 1 / here.size)

    return whole if flat is None else part
