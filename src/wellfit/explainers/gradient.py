"""Gradient: how steeply the answer changes with each input."""

from __future__ import annotations

from torch import Tensor, nn

from wellfit.nouns.inside import Target, slope, still

PROMISES = ("ignored",)


def gradient(network: nn.Module, inputs: Tensor, target: Target) -> Tensor:
    """How much the target changes for a small change of each input: [B, *shape], per unit of the prepared input.

    Source: Simonyan et al. 2013, arXiv:1312.6034.
    """
    with still(network):
        return slope(network, inputs, target)
