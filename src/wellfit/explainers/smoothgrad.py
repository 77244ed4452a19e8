"""SmoothGrad: the mean slope around the example."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from wellfit.nouns.inside import Target, must_slope, slope, still

PROMISES = ("ignored",)


def smoothgrad(
    network: nn.Module, inputs: Tensor, target: Target, *, draws: int = 32, noise_frac: float = 0.15, seed: int = 0
) -> Tensor:
    """The mean of the gradient over `draws` noisy copies of each example: [B, *shape]. noise_frac: the noise's standard
    deviation as a share of the example's range; the same seed gives the same picture.

    Source: Smilkov et al. 2017, arXiv:1706.03825 (10 to 20 % noise, 50 draws there).
    """
    must_slope(inputs)
    generator = torch.Generator().manual_seed(seed)
    flat = inputs.detach().flatten(1)
    sigma = noise_frac * (flat.max(1).values - flat.min(1).values).reshape(-1, *[1] * (inputs.ndim - 1))
    total = torch.zeros_like(inputs)
    with still(network):
        for _ in range(draws):
            noise = torch.randn(inputs.shape, generator=generator).to(inputs)
            total += slope(network, inputs.detach() + sigma * noise, target)
    return total / draws
