"""Integrated gradients: slopes added up along the straight way from a baseline to the example."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from wellfit.nouns.inside import Target, must_slope, slope, still

PROMISES = ("sum", "ignored")


def integrated_gradients(
    network: nn.Module, inputs: Tensor, target: Target, *, baseline: Tensor | None = None, steps: int = 64
) -> Tensor:
    """What each input adds to the target on the straight way from the baseline: [B, *shape], in the target's unit.

    baseline [M, *shape]: what is compared with (of several, the mean is taken); 0 without one. steps: points of a
    Gauss-Legendre rule; the parts add up to target(inputs) − target(baseline) but for its error, which the trust check
    measures.
    Source: Sundararajan et al. 2017, arXiv:1703.01365, equation 1.
    """
    must_slope(inputs)
    base = torch.zeros_like(inputs[:1]) if baseline is None else baseline.to(inputs)
    places, weights = np.polynomial.legendre.leggauss(steps)
    total = torch.zeros_like(inputs)
    with still(network):
        for start in base:
            far = inputs.detach() - start
            for place, weight in zip((places + 1) / 2, weights / 2):
                total += float(weight) * far * slope(network, start + float(place) * far, target)
    return total / len(base)
