"""Inside: a network looked into and left as it was: slopes of its outputs, what its layers gave, layers by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from wellfit.nouns.errors import NetworkError, nearest

Target = Callable[[Tensor], Tensor]
"""Outputs [B, ...] of a network -> the number [B] of each that is explained, as `nouns.aim.Aim`."""


@contextmanager
def still(network: nn.Module) -> Iterator[None]:
    """Evaluation mode within; modes, gradients and torch's random state as they were afterwards."""
    modes = [(m, m.training) for m in network.modules()]
    network.eval()
    devices = [torch.cuda.current_device()] if torch.cuda.is_available() and torch.cuda.is_initialized() else []
    try:
        # cuDNN's recurrent layers give no gradients in evaluation mode
        with torch.random.fork_rng(devices=devices), torch.backends.cudnn.flags(enabled=not _recurrent(network)):
            yield
    finally:
        for module, mode in modes:
            module.training = mode


def _recurrent(network: nn.Module) -> bool:
    return torch.cuda.is_available() and any(isinstance(m, nn.RNNBase) for m in network.modules())


def must_slope(inputs: Tensor) -> None:
    """Raise NetworkError where inputs [B, ...] are symbols, which have no slope."""
    if not inputs.is_floating_point():
        found = f"inputs are symbols ({str(inputs.dtype).removeprefix('torch.')}), which cannot be changed a little"
        raise NetworkError("the slope of an output with the inputs", found, "explain by occlusion, which replaces them")


def slope(network: nn.Module, inputs: Tensor, target: Target) -> Tensor:
    """Gradient of the target with the inputs [B, ...], example by example. The parameters get none. Raises NetworkError
    for inputs that are symbols."""
    must_slope(inputs)
    with torch.enable_grad():
        x = inputs.detach().clone().requires_grad_()
        said = target(network(x))
        if not said.requires_grad:
            return torch.zeros_like(x)  # nothing of the inputs reaches the target
        found = torch.autograd.grad(said.sum(), x, allow_unused=True)[0]
    return torch.zeros_like(x) if found is None else found


def said(network: nn.Module, inputs: Tensor, target: Target) -> Tensor:
    """The target [B] of inputs, without gradients."""
    with torch.no_grad():
        return target(network(inputs))


@contextmanager
def heard(network: nn.Module, names: Sequence[str]) -> Iterator[dict[str, Tensor]]:
    """What the named layers give in each forward pass within, by name, with its gradient's path; a module that gives
    several tensors is heard with its first. Hooks are taken off afterwards."""
    modules, found, hooks = dict(network.named_modules()), {}, []
    for name in names:

        def keep(module: nn.Module, given: object, gave: object, name: str = name) -> None:
            first = gave[0] if isinstance(gave, tuple | list) else gave
            if isinstance(first, Tensor):
                found[name] = first

        hooks.append(modules["" if name == "network" else name].register_forward_hook(keep))
    try:
        yield found
    finally:
        for hook in hooks:
            hook.remove()


class _Enough(Exception):
    """Ends a forward pass where what was wanted has been heard."""


def first_heard(network: nn.Module, layer: str, inputs: Tensor, received: bool = False) -> Tensor:
    """What a layer gives at its first call (received: what it gets), with its gradient's path; what comes after it is not
    computed, which of a U-Net's coarsest layer is more than half."""
    found: list[Tensor] = []

    def keep(said: object) -> None:
        first = said[0] if isinstance(said, tuple | list) else said
        if isinstance(first, Tensor):
            found.append(first)
            raise _Enough

    module = network.get_submodule(layer)
    hook = (
        module.register_forward_pre_hook(lambda m, got: keep(got))
        if received
        else module.register_forward_hook(lambda m, got, gave: keep(gave))
    )
    try:
        network(inputs)
    except _Enough:
        pass
    finally:
        hook.remove()
    return found[-1]


def calls(network: nn.Module, layer: str, inputs: Tensor) -> int:
    """How often a layer runs in one pass: weights that are shared do more than once."""
    n = 0

    def count(*_: object) -> None:
        nonlocal n
        n += 1

    hook = network.get_submodule(layer).register_forward_hook(count)
    try:
        with torch.no_grad():
            network(inputs[:1])
    finally:
        hook.remove()
    return n


def shapes(network: nn.Module, inputs: Tensor) -> dict[str, tuple[int, ...]]:
    """Output shape [B, ...] of every module by dotted name, in the order in which they end; the whole is "network"."""
    names = [n or "network" for n, _ in network.named_modules()]
    order: list[str] = []
    hooks = [
        m.register_forward_hook(lambda m, i, o, n=n: order.append(n))
        for n, m in zip(names, (m for _, m in network.named_modules()))
    ]
    try:
        with heard(network, names) as found, torch.no_grad():
            network(inputs)
    finally:
        for hook in hooks:
            hook.remove()
    return {n: tuple(found[n].shape) for n in dict.fromkeys(order) if n in found}


def layer_named(network: nn.Module, name: str) -> str:
    """`name` where it is a layer. Raises NetworkError with the nearest one, else the first ones there are."""
    known = [n for n, _ in network.named_modules() if n]
    if name in known or name == "network":
        return name
    close = nearest(name, known)
    found = f"no such layer among {len(known)}: {', '.join(known[:8])}{' ...' if len(known) > 8 else ''}"
    do = f"write --layer {close}" if close else "take one of them; `wellfit summary` lists all"
    raise NetworkError(f"the layer {name!r}", found, do)


def spatial(network: nn.Module, inputs: Tensor) -> list[str]:
    """Layers whose outputs [B, C, *cells] are maps: as many axes of cells as the inputs, and more than one cell; in the
    order of the network. Those at the very end whose channels are the answers count too."""
    axes = inputs.ndim - 2
    if axes < 1:
        return []
    found = shapes(network, inputs[:1])
    return [n for n, s in found.items() if n != "network" and len(s) == axes + 2 and max(s[2:]) > 1]


def must_be_finite(network: nn.Module, name: str) -> None:
    """Raise NetworkError where weights are NaN or Inf; name: what it is called."""
    for layer, parameter in network.named_parameters():
        bad = int((~torch.isfinite(parameter)).sum())
        if bad:
            found = f"{bad:,} of {parameter.numel():,} numbers of {layer} are NaN or Inf"
            raise NetworkError(f"to look into {name}", found, "train again; `wellfit doctor` says why weights burst")
