"""Anatomy: what a network costs, how an output hangs on its inputs, and which symmetries it keeps, measured on it."""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from wellfit.nouns.inside import first_heard


@dataclass(frozen=True)
class Ties:
    """How one output of a layer hangs on the layer's inputs. inputs: how many of the `of` inputs of an example change it
    (non-zero gradient); uses: outputs that share a weight, 1 where every output has weights of its own."""

    layer: str
    type: str
    inputs: int
    of: int
    uses: int

    @property
    def kind(self) -> str:
        """ "dense" or "local", and "shared" where weights are."""
        return ("dense" if self.inputs == self.of else "local") + (", shared" if self.uses > 1 else "")


@dataclass(frozen=True)
class Symmetry:
    """What becomes of the output where the input is moved or turned. error: ||f(T x) - T f(x)|| / ||f(x)||, 0 where the
    network keeps the symmetry; inside: the same without the outputs that a border reaches, None where all are."""

    change: str
    of: str
    error: float
    inside: float | None = None


def multiply_adds(network: nn.Module, shape_in: Sequence[int], until: str = "") -> dict[str, int]:
    """Multiply-adds of one example by layer (dotted name, "network" for all): half of what PyTorch's flop counter says
    (torch.utils.flop_counter); recurrent layers, which it does not know, by their weights times the steps. until: the layer
    behind which nothing is computed."""
    x = _zeros(network, shape_in, 1)
    counter, steps = FlopCounterMode(display=False), _recurrent_steps(network)
    modes = _modes(network)
    try:
        network.eval()
        with torch.random.fork_rng(devices=[]), counter:
            network(x) if until in ("", "network") else first_heard(network, until, x)
    finally:
        _restore(modes)
        for _, handle in steps.values():
            handle.remove()
    flops = {name.partition(".")[2]: sum(ops.values()) for name, ops in counter.get_flop_counts().items()}
    found = {name: n // 2 for name, n in flops.items() if name}
    found["network"] = counter.get_total_flops() // 2
    for name, (lengths, _) in steps.items():
        key = name or "network"
        if lengths and not found.get(key):  # PyTorch's own kernels, of which the counter knows nothing
            found[key] = sum(lengths) * sum(p.numel() for p in network.get_submodule(name).parameters() if p.ndim > 1)
            found["network"] += found[key] if name else 0
    return found


def memory(network: nn.Module, shape_in: Sequence[int]) -> tuple[int, int]:
    """(bytes of the parameters, bytes kept for the backward pass per example), the second measured in training mode on a
    copy, with a batch of two; parameters and buffers are not counted in it."""
    own = {t.untyped_storage().data_ptr() for t in (*network.parameters(), *network.buffers())}
    size = sum(p.numel() * p.element_size() for p in network.parameters())
    kept: dict[int, int] = {}

    def pack(t: Tensor) -> Tensor:
        storage = t.untyped_storage()
        if storage.data_ptr() not in own:
            kept[storage.data_ptr()] = storage.nbytes()
        return t

    trial = copy.deepcopy(network).train()
    own |= {t.untyped_storage().data_ptr() for t in (*trial.parameters(), *trial.buffers())}
    with torch.random.fork_rng(devices=[]), torch.autograd.graph.saved_tensors_hooks(pack, lambda t: t):
        out = trial(_zeros(network, shape_in, 2))  # alive, so that no address is used twice
        del out
    return size, sum(kept.values()) // 2


def ties(network: nn.Module, shape_in: Sequence[int]) -> list[Ties]:
    """For each layer with weights, in the order of the calls: how the output in the middle hangs on its inputs."""
    found: list[Ties] = []
    for name, module, x in _calls(network, shape_in):
        weights = sum(p.numel() for p in module.parameters(recurse=False) if _mixes(p))
        if not weights:
            continue
        with suppress(Exception):  # a layer that does not run alone is left out
            leaf = x.detach().clone().requires_grad_()
            with torch.enable_grad():
                y = _first(module(leaf))
                (grad,) = torch.autograd.grad(y[0][tuple(n // 2 for n in y.shape[1:])], leaf)
            seen = int((grad[0] != 0).sum())
            uses = min(max(1, round(seen * y[0].numel() / weights)), y[0].numel())
            if isinstance(module, nn.RNNBase):
                uses = y.shape[1 if module.batch_first else 0]
            if seen < 2 and uses == 1:  # a table that is added, no ties
                continue
            found.append(Ties(name or "network", type(module).__name__, seen, x[0].numel(), uses))
    return found


def symmetries(network: nn.Module, shape_in: Sequence[int]) -> list[Symmetry]:
    """What the network does with moved and turned inputs (noise of unit variance): translation of the last map of
    features by its own spacing, a quarter turn of square pictures, a rotation of the sphere where the network has one."""
    modes = _modes(network)
    try:
        network.eval()
        with torch.no_grad(), torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            x = torch.randn(1, *shape_in, device=_zeros(network, (1,), 1).device)
            found = [_moved(network, x)] if len(shape_in) in (2, 3) else []
            if hasattr(network, "rotated"):
                found = [_turned_sphere(network, x)]
            elif len(shape_in) == 3 and shape_in[1] == shape_in[2]:
                found.append(_turned(network, x))
        return [row for row in found if row is not None]
    except Exception:  # a network that takes no noise (tokens, graphs) has none of these
        return []
    finally:
        _restore(modes)


def _moved(network: nn.Module, x: Tensor) -> Symmetry | None:
    """Moved by the coarsest spacing of its maps, since less does not bring every window to where another was."""
    maps = _maps(network, x)
    if not maps or maps[-1][1].shape[-1] < 2:
        return None
    name, before = maps[-1]
    apart, by = _spacing([x.shape[-1], *(out.shape[-1] for _, out in maps)])
    after, wanted = _maps(network, x.roll(apart, -1))[-1][1], before.roll(by, -1)
    reach = _reach(network, x, before)
    inner = slice(reach + by, before.shape[-1] - reach) if before.shape[-1] > 2 * reach + by else None
    inside = _error(after[..., inner], wanted[..., inner]) if inner else None
    of = f"the last map of features, {name}"
    return Symmetry(f"moved by {apart} pixel{'s' if apart > 1 else ''}", of, _error(after, wanted), inside)


def _spacing(widths: Sequence[int]) -> tuple[int, int]:
    """(the coarsest spacing of maps of these widths in pixels of the first, the same in pixels of the last)."""
    spacing = [1.0]
    for before, after in pairwise(widths):
        spacing.append(spacing[-1] * round(before / after) if before >= after else spacing[-1] / round(after / before))
    return round(max(spacing)), max(1, round(max(spacing) / spacing[-1]))


def _reach(network: nn.Module, x: Tensor, before: Tensor) -> int:
    """Columns of the last map, from either side, that the outermost columns of the input have a part in."""
    other = x.clone()
    other[..., [0, -1]] += 1.0
    changed = _maps(network, other)[-1][1]
    hit = ((changed - before).abs().flatten(0, -2).amax(0) > 0).tolist()
    half = len(hit) // 2
    return max([i + 1 for i in range(half) if hit[i]] + [len(hit) - i for i in range(half, len(hit)) if hit[i]] + [0])


def _turned(network: nn.Module, x: Tensor) -> Symmetry:
    y, turned = _first(network(x)), _first(network(x.rot90(1, (-2, -1))))
    wanted = y.rot90(1, (-2, -1)) if y.ndim == 4 and y.shape[-1] == y.shape[-2] else y
    return Symmetry("turned by 90 degrees", "output", _error(turned, wanted))


def _turned_sphere(network: Any, x: Tensor) -> Symmetry:
    angles = (0.4, 0.9, 0.2)
    x = network.rotated(x, (0.0, 0.0, 0.0))  # what the grid's harmonics hold
    y, turned = network(x), network(network.rotated(x, angles))
    wanted = network.rotated(y, angles) if y.ndim == 4 else y
    if y.ndim == 4:
        turned = network.rotated(turned, (0.0, 0.0, 0.0))
    return Symmetry("rotated on the sphere", "output", _error(turned, wanted))


def _error(found: Tensor, wanted: Tensor) -> float:
    size = float(wanted.norm())
    return float((found - wanted).norm()) / size if size > 0 else math.nan


def _maps(network: nn.Module, x: Tensor) -> list[tuple[str, Tensor]]:
    """(name, output) of the layers with kernels whose output is a map over the input's axes, in the order of the calls."""
    found: list[tuple[str, Tensor]] = []

    def keep(name: str) -> Any:
        def hook(module: nn.Module, args: Any, out: Any) -> None:
            if isinstance(out, Tensor) and out.ndim == x.ndim and 1 < out.shape[-1] <= x.shape[-1]:
                found.append((name or "network", out))

        return hook

    handles = [m.register_forward_hook(keep(n)) for n, m in network.named_modules() if _convolves(m)]
    try:
        network(x)
    finally:
        for handle in handles:
            handle.remove()
    return found


def _mixes(p: Tensor) -> bool:
    """Is this a matrix or a kernel, not a scale or a shift of each channel?"""
    return p.ndim == 2 or (p.ndim > 2 and p.numel() > max(p.shape))


def _convolves(module: nn.Module) -> bool:
    return any(p.ndim > 2 and _mixes(p) for p in module.parameters(recurse=False))


def _calls(network: nn.Module, shape_in: Sequence[int]) -> list[tuple[str, nn.Module, Tensor]]:
    """(name, module, its input) of each layer that takes one tensor of numbers, once each; in eval mode."""
    found: dict[str, tuple[nn.Module, Tensor]] = {}

    def hook(name: str) -> Any:
        def before(module: nn.Module, args: Any) -> None:
            if args and isinstance(args[0], Tensor) and args[0].is_floating_point() and args[0].ndim > 1:
                found.setdefault(name, (module, args[0].detach()))

        return before

    handles = [m.register_forward_pre_hook(hook(n)) for n, m in network.named_modules()]
    modes = _modes(network)
    try:
        network.eval()
        with torch.no_grad(), torch.random.fork_rng(devices=[]):
            x = _zeros(network, shape_in, 1)
            try:
                network(torch.randn_like(x))
            except Exception:
                network(x)
    finally:
        for handle in handles:
            handle.remove()
        _restore(modes)
    return [(n, m, x) for n, (m, x) in found.items()]


def _recurrent_steps(network: nn.Module) -> dict[str, tuple[list[int], Any]]:
    found: dict[str, tuple[list[int], Any]] = {}
    for name, module in network.named_modules():
        if isinstance(module, nn.RNNBase):
            steps: list[int] = []

            def hook(module: Any, args: Any, steps: list[int] = steps) -> None:
                steps.append(args[0].shape[1 if module.batch_first else 0])

            found[name] = (steps, module.register_forward_pre_hook(hook))
    return found


def _zeros(network: nn.Module, shape_in: Sequence[int], batch: int) -> Tensor:
    place = next((p.device for p in network.parameters()), torch.device("cpu"))
    return torch.zeros(batch, *shape_in, device=place)


def _first(output: Any) -> Tensor:
    return output if isinstance(output, Tensor) else _first(next(iter(output)))


def _modes(network: nn.Module) -> dict[nn.Module, bool]:
    return {m: m.training for m in network.modules()}


def _restore(modes: dict[nn.Module, bool]) -> None:
    for module, mode in modes.items():
        module.training = mode
