"""Surface: the loss about a set of weights: along directions of the size of the weights, and how sharply it bends.

Weights are lists of tensors, one for each parameter in the order of the network.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from wellfit.nouns.inside import still

Weights = list[Tensor]
Loss = Callable[[], Tensor]


def held(network: nn.Module, statistics: bool = False) -> Weights:
    """Its parameters themselves; statistics: and those that batch norms keep."""
    buffers = [b for b in network.buffers() if b.is_floating_point()] if statistics else []
    return [*(p.detach() for p in network.parameters()), *buffers]


def weights_of(network: nn.Module, statistics: bool = False) -> Weights:
    """Copies of `held`."""
    return [w.clone() for w in held(network, statistics)]


def put(network: nn.Module, weights: Sequence[Tensor]) -> None:
    """These weights into the network, statistics too where there are more of them than parameters."""
    with torch.no_grad():
        for p, w in zip(held(network, statistics=True), weights):
            p.copy_(w)


def filter_normalised(weights: Weights, seed: int) -> Weights:
    """A random direction whose part for each filter (row of a matrix) is as long as the filter; 0 for biases and the
    scales of norms. Source: Li et al. 2018, arXiv:1712.09913, section 4."""
    generator = torch.Generator().manual_seed(seed)
    found = []
    for w in weights:
        if w.ndim < 2:
            found.append(torch.zeros_like(w))
            continue
        d = torch.randn(w.shape, generator=generator).to(w)
        length = w.flatten(1).norm(dim=1) / d.flatten(1).norm(dim=1).clamp_min(1e-12)
        found.append(d * length.reshape(-1, *[1] * (w.ndim - 1)))
    return found


def along(
    network: nn.Module, loss: Loss, start: Weights, directions: Sequence[Weights], steps: Sequence[Sequence[float]]
) -> np.ndarray:
    """The loss at start + Σ stepₖ directionₖ for each step [n][k]: [n]. The network's weights are put back."""
    before, found = weights_of(network, statistics=True), []
    try:
        with still(network), torch.no_grad():
            for step in steps:
                put(network, [w + sum(s * d[i] for s, d in zip(step, directions)) for i, w in enumerate(start)])
                found.append(float(loss()))
    finally:
        put(network, before)
    return np.array(found)


def top_eigenvalues(network: nn.Module, loss: Loss, count: int = 3, rounds: int = 20, seed: int = 0) -> np.ndarray:
    """The largest eigenvalues [count] of the loss's Hessian, by Lanczos with full reorthogonalisation: how sharply the
    loss bends. Source: Lanczos 1950; Ghorbani et al. 2019, arXiv:1901.10159. NaN where the loss has no second slope."""
    asked = [p for p in network.parameters() if p.requires_grad]
    with still(network), torch.enable_grad():
        slopes = torch.autograd.grad(loss(), asked, create_graph=True, allow_unused=True)
        pairs = [(p, g) for p, g in zip(asked, slopes) if g is not None and g.requires_grad]
        if not pairs:
            return np.full(count, np.nan)
        used, slope = [p for p, _ in pairs], torch.cat([g.flatten() for _, g in pairs])
        generator = torch.Generator().manual_seed(seed)
        v = torch.randn(slope.numel(), generator=generator).to(slope)
        v = v / v.norm()
        basis, alpha, beta = [v], [], []
        for _ in range(min(rounds, slope.numel())):
            bent = torch.autograd.grad(slope @ basis[-1], used, retain_graph=True, allow_unused=True)
            w = torch.cat([(torch.zeros_like(p) if b is None else b).flatten() for p, b in zip(used, bent)]).detach()
            alpha.append(float(w @ basis[-1]))
            for b in basis:  # twice would be exact; once is enough for a few of the largest
                w = w - (w @ b) * b
            size = float(w.norm())
            if size < 1e-8 * max(1.0, abs(alpha[0])):
                break
            beta.append(size)
            basis.append(w / size)
    off = beta[: len(alpha) - 1]
    values = np.linalg.eigvalsh(np.diag(alpha) + np.diag(off, 1) + np.diag(off, -1))[::-1]
    return np.concatenate([values[:count], np.full(max(0, count - len(values)), np.nan)])


def on_plane(path: Sequence[Weights]) -> tuple[list[Weights], np.ndarray, np.ndarray]:
    """(two directions, places [n, 2] of the points beside the last, share of the spread [2]) of a way through the weights:
    principal axes of the points less the last one (Li et al. 2018, section 7)."""
    end = path[-1]
    flat = torch.stack([torch.cat([(w - e).flatten() for w, e in zip(point, end)]) for point in path]).double()
    _, size, axes = torch.linalg.svd(flat, full_matrices=False)
    axes = axes[:2]
    share = (size**2 / (size**2).sum().clamp_min(1e-30))[:2]
    directions = []
    for axis in axes:
        parts, at = [], 0
        for e in end:
            parts.append(axis[at : at + e.numel()].reshape(e.shape).to(e))
            at += e.numel()
        directions.append(parts)
    return directions, (flat @ axes.T).cpu().numpy(), share.cpu().numpy()
