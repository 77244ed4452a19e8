"""Summary: the layers of a network in the order of the data's way: output shapes, parameters, receptive field."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.weak import WeakTensorKeyDictionary

from wellfit.nouns.units import count

Field = tuple[tuple[int, int], ...]  # (side, jump) per axis of a picture: pixels that a unit sees, and to its neighbour


@dataclass(frozen=True)
class Layer:
    """name: dotted; type: class name; shape_out: of one example, () where the layer gave no tensor or was not called;
    parameters: its own, shared ones at their first layer; receptive_field: side (pixels) of the part of the input that
    one unit can see, per axis where they differ; None where it is undefined or no longer a part."""

    name: str
    type: str
    shape_out: tuple[int, ...]
    parameters: int
    receptive_field: int | tuple[int, ...] | None = None


def parameters(network: nn.Module) -> int:
    """Numbers that the network holds as parameters, a shared one counted once."""
    return sum(p.numel() for p in network.parameters())


def summary(network: nn.Module, shape_in: Sequence[int]) -> list[Layer]:
    """A row for each layer (module without children, or with parameters of its own), in the order of their calls with
    one example of zeros; then those that were not called. The network and torch's random state are left as they were.
    """
    rows: list[Layer] = []
    counted: set[nn.Parameter] = set()
    sight = _Sight()

    def add(name: str, module: nn.Module, output: Any = None) -> None:
        new = [p for p in module.parameters(recurse=False) if p not in counted]
        counted.update(new)
        shape, field = (tuple(output.shape[1:]), sight.of(output)) if isinstance(output, Tensor) else ((), None)
        size = sum(p.numel() for p in new)
        rows.append(Layer(name or "network", type(module).__name__, shape, size, field))

    layers = {n: m for n, m in network.named_modules() if not any(True for _ in m.children()) or _holds(m)}
    place = next((p.device for p in network.parameters()), torch.device("cpu"))
    x = torch.zeros(1, *shape_in, device=place)
    with _listening(network, layers, add):
        try:
            with sight.following(x):
                network(x)
        except Exception:  # some networks cannot be followed (compiled ones): without receptive fields, then
            rows.clear()
            counted.clear()
            sight = _Sight()
            network(x)
    called = {row.name for row in rows}
    for name, module in layers.items():
        if name not in called and _holds(module) and name:
            add(name, module)
    return rows


def render(rows: Sequence[Layer]) -> str:
    """The layers as a table of plain text, with the sum of their parameters."""
    head = ("layer", "type", "output", "parameters", "receptive field")
    cells = [
        (r.name, r.type, _times(r.shape_out), count(r.parameters) if r.parameters else "", _times(r.receptive_field))
        for r in rows
    ]
    cells.append(("", "all", "", count(sum(r.parameters for r in rows)), ""))
    shown = 5 if any(r.receptive_field for r in rows) else 4
    wide = [max(len(row[i]) for row in (head, *cells)) for i in range(shown)]
    lines = [
        "  ".join(text.ljust(w) if i < 2 else text.rjust(w) for i, (text, w) in enumerate(zip(row, wide))).rstrip()
        for row in (head, *cells)
    ]
    return "\n".join([*lines[:1], "-" * max(map(len, lines)), *lines[1:]])


def _times(shape: int | tuple[int, ...] | None) -> str:
    return "×".join(map(str, shape)) if isinstance(shape, tuple) else "" if shape is None else str(shape)


def _holds(module: nn.Module) -> bool:
    return any(True for _ in module.parameters(recurse=False))


@contextmanager
def _listening(network: nn.Module, layers: dict[str, nn.Module], add: Callable[..., None]) -> Iterator[None]:
    """add(name, module, output) at each layer's call; in eval mode, without gradients or lasting randomness."""

    def hook(name: str) -> Callable[..., None]:
        return lambda module, args, output: add(name, module, output)

    modes = {m: m.training for m in network.modules()}
    hooks = [m.register_forward_hook(hook(n)) for n, m in layers.items()]
    try:
        network.eval()
        with torch.no_grad(), torch.random.fork_rng(devices=[]):
            yield
    finally:
        for module, mode in modes.items():
            module.training = mode
        for handle in hooks:
            handle.remove()


class _Sight(TorchDispatchMode):
    """Follows what a unit of each tensor can see of the input, through every operation on it, by the recurrence of
    Araujo, Norris & Sim 2019 ("Computing receptive fields of convolutional neural networks", equations 1 and 2): a
    window of k pixels, d apart, taken s apart, makes side += d (k - 1) jump, then jump *= s. Where ways meet, the
    largest counts. Norms over the picture are taken as working on each pixel alone."""

    KEEP = ("batch_norm", "group_norm", "clone", "copy", "detach", "alias", "dropout", "_pad", "pad_", "prelu", "cat")

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False  # to say that it is to be left alone, PyTorch would load its compiler (1.2 s)

    def __init__(self) -> None:
        super().__init__()
        self.fields: Any = WeakTensorKeyDictionary()

    @contextmanager
    def following(self, x: Tensor) -> Iterator[None]:
        """While operations on x [1, C, ...] are followed."""
        if x.ndim > 2:
            self.fields[x] = ((1, 1),) * (x.ndim - 2)
        with self:
            yield

    def of(self, tensor: Tensor) -> int | tuple[int, ...] | None:
        """The receptive field's side, or sides where they differ."""
        sides = tuple(side for side, _ in self.fields.get(tensor, ()))
        return sides[0] if len(set(sides)) == 1 else sides or None

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Called by PyTorch for each of its operations."""
        found = func(*args, **(kwargs or {}))
        output = found[0] if isinstance(found, tuple | list) and found else found
        field = self._after(func, args) if isinstance(output, Tensor) else None
        if isinstance(output, Tensor) and field and len(field) == output.ndim - 2:
            self.fields[output] = field
        return found

    def _after(self, func: Any, args: Any) -> Field | None:
        name = func.overloadpacket.__name__
        parts = [p for a in args for p in (a if isinstance(a, tuple | list) else (a,)) if isinstance(p, Tensor)]
        known = [self.fields[p] for p in parts if p in self.fields]
        if not known:
            return None
        whole = [p for p in parts if p.ndim == len(known[0]) + 2 and math.prod(p.shape[2:]) > 1]
        if name == "convolution" and args[6]:
            return _apart(known[0], args[1].shape[2:], args[3], args[5])
        if name == "convolution":
            return _through(known[0], args[1].shape[2:], args[3], args[5])
        if any(p not in self.fields and not isinstance(p, nn.Parameter) for p in whole):
            return None  # it meets a map of which nobody knows what it sees
        if name.startswith(("max_pool", "avg_pool")):
            stride = args[2] if len(args) > 2 and args[2] else args[1]
            apart = args[4] if name.startswith("max") and len(args) > 4 else 1
            return _through(known[0], args[1], stride, apart)
        if name in ("squeeze", "unsqueeze") and len(args) > 1 and isinstance(args[1], int):
            return _axis(known[0], name, args[1] - 2 if args[1] >= 0 else args[1] + len(known[0]) + (name[0] == "u"))
        if torch.Tag.pointwise in func.tags or any(word in name for word in self.KEEP):
            return tuple(max(axis) for axis in zip(*known))
        return None


def _through(field: Field, kernel: Any, stride: Any, apart: Any) -> Field:
    """The field after a window goes over it; kernel, stride, apart: one for all axes, or one for each."""
    k, s, d = (_each(v, len(field)) for v in (kernel, stride, apart))
    return tuple((side + d[i] * (k[i] - 1) * jump, jump * s[i]) for i, (side, jump) in enumerate(field))


def _apart(field: Field, kernel: Any, stride: Any, dilation: Any) -> Field | None:
    """The field after a transposed convolution: of a kernel of k pixels, s apart, ceil(k / s) meet in an output."""
    k, s, d = (_each(v, len(field)) for v in (kernel, stride, dilation))
    if any(jump % step for (_, jump), step in zip(field, s)):
        return None  # finer than the input's own pixels
    return tuple(
        (side + (-(-(d[i] * (k[i] - 1) + 1) // s[i]) - 1) * jump, jump // s[i]) for i, (side, jump) in enumerate(field)
    )


def _each(value: Any, axes: int) -> list[int]:
    found = [value] if isinstance(value, int) else list(value)
    return found * axes if len(found) == 1 else found


def _axis(field: Field, name: str, at: int) -> Field | None:
    """The field with an axis more or less, as pooling of series puts in and takes out."""
    if not 0 <= at <= len(field) - (name == "squeeze"):
        return None
    return (*field[:at], (1, 1), *field[at:]) if name == "unsqueeze" else (*field[:at], *field[at + 1 :])
