"""Grad-CAM: where in a map of the last layers the evidence for the answer is."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from wellfit.nouns.errors import NetworkError
from wellfit.nouns.inside import Target, heard, layer_named, spatial, still

PROMISES = ()


def grad_cam(network: nn.Module, inputs: Tensor, target: Target, *, layer: str = "") -> Tensor:
    """Where the last map of the network speaks for the target: [B, 1, *cells], 0 or more, over one axis (series) or two.

    layer: by default the last that gives maps. Each channel counts by the mean of its gradient; what speaks against
    is left out; the map is brought to the inputs' size. Raises NetworkError where no layer gives maps.
    Source: Selvaraju et al. 2017, arXiv:1610.02391, equations 1 and 2.
    """
    chosen = layer_named(network, layer) if layer else ""
    with still(network):
        maps = spatial(network, inputs)
        if not maps or (chosen and chosen not in maps):
            raise _no_maps(chosen, maps)
        name = chosen or last_map(network, inputs, maps)
        with heard(network, [name]) as found, torch.enable_grad():
            x = inputs.detach().clone().requires_grad_(inputs.is_floating_point())
            said = target(network(x))
            activation = found[name]
            slopes = torch.autograd.grad(said.sum(), activation, allow_unused=True)[0]
    slopes = torch.zeros_like(activation) if slopes is None else slopes
    weight = slopes.flatten(2).mean(2).reshape(*slopes.shape[:2], *[1] * (slopes.ndim - 2))
    seen = F.relu((weight * activation.detach()).sum(1, keepdim=True))
    mode = {1: "linear", 2: "bilinear", 3: "trilinear"}[seen.ndim - 2]
    return F.interpolate(seen, inputs.shape[2:], mode=mode, align_corners=False)


def last_map(network: nn.Module, inputs: Tensor, maps: list[str]) -> str:
    """The last map that the answer is made from; where the answers are maps themselves, the last before them."""
    with torch.no_grad(), heard(network, [*maps, "network"]) as found:
        network(inputs[:1])
        whole = found["network"]
        before = [n for n in maps if found[n].shape != whole.shape or whole.ndim < 3]
    return before[-1] if before else maps[-1]


def _no_maps(chosen: str, maps: list[str]) -> NetworkError:
    if chosen:
        found = f"its outputs are no maps; maps come from {', '.join(maps[-6:]) or 'no layer'}"
        return NetworkError(f"Grad-CAM at the layer {chosen}", found, f"write --layer {maps[-1]}" if maps else _OTHERS)
    return NetworkError("Grad-CAM of this network", "no layer gives maps [channels, cells] of the inputs", _OTHERS)


_OTHERS = "take --method integrated_gradients, or occlusion"
