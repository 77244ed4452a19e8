"""Input × gradient: the slope times what is there."""

from __future__ import annotations

from torch import Tensor, nn

from wellfit.nouns.inside import Target, slope, still

PROMISES = ("ignored",)


def input_x_gradient(network: nn.Module, inputs: Tensor, target: Target) -> Tensor:
    """The slope of the target times each prepared input: [B, *shape]. It adds up to the target for networks without
    biases that are linear piece by piece, and only for those.

    Source: Shrikumar et al. 2016, arXiv:1605.01713.
    """
    with still(network):
        return inputs.detach() * slope(network, inputs, target)
