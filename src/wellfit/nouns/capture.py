"""Capture: the tensor operations of a piece of code, recorded while it runs once, to be played again without the code.

What autograd, modules and Python add to a step is paid once: a record holds the operations of the forward and the
backward pass as PyTorch's dispatcher saw them; `nouns/played.py` writes them out as one straight function. The same
kernels run on the same numbers in the same order, so that gives the same bits, and draws the same random numbers.

`make_fx` and AOTAutograd of PyTorch do the like; their first trace takes 1.1 s (5 ms here for a small network), more
than many a training takes as a whole, and the LSTM of theirs fails where no gradients are recorded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from wellfit.nouns.tape import each

LARGEST_BYTES = 2**28
"""A record keeps what the piece of code makes until it is written out: larger pieces gain little and are left."""
BY_VALUE = ("dynamic_output_shape", "data_dependent_output")  # PyTorch's tags of what depends on numbers, not on shapes
MASKED = ("aten::index", "aten::index_put", "aten::index_put_", "aten::_index_put_impl_")  # so only with a mask


@dataclass(frozen=True)
class Call:
    """One operation: what ran, with what, what it gave (a tensor, several, or None); do: what else gives the same."""

    func: Any
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    out: Any
    do: Any = None

    @property
    def name(self) -> str:
        """As PyTorch's schema has it: "aten::mm"."""
        return self.func._schema.name

    @property
    def outs(self) -> list[Tensor]:
        """The tensors that it gave."""
        return tensors(self.out)

    @property
    def reads(self) -> list[Tensor]:
        """The tensors among its arguments."""
        return tensors((self.args, tuple(self.kwargs.values())))

    @property
    def writes(self) -> list[Tensor]:
        """Those of them that it changes."""
        known = self.func._schema.arguments
        named = dict(zip((a.name for a in known), self.args)) | dict(self.kwargs)
        return tensors([named.get(a.name) for a in known if a.alias_info is not None and a.alias_info.is_write])

    @property
    def random(self) -> bool:
        """Does it draw random numbers?"""
        return torch.Tag.nondeterministic_seeded in self.func.tags

    @property
    def views(self) -> bool:
        """Does it give its arguments' own memory in another shape?"""
        return any(r.alias_info is not None and not r.alias_info.is_write for r in self.func._schema.returns)


class Record(TorchDispatchMode):
    """`with Record() as record: ...` keeps the operations inside as `calls`; why: a word where they cannot be played
    again: "values" (what is done depends on numbers), "large", else ""."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[Call] = []
        self.why = ""
        self._bytes = 0

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False  # to say that it is to be left alone, PyTorch would load its compiler (1.2 s)

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Run it, and keep it."""
        out = func(*args, **(kwargs or {}))
        if self.why or func.namespace == "profiler":
            return out
        call = Call(func, tuple(args), kwargs or {}, out)
        self._bytes += sum(t.nbytes for t in call.outs)
        if any(tag.name in BY_VALUE for tag in func.tags) and (call.name not in MASKED or _by_mask(call)):
            self.why = "values"
        elif self._bytes > LARGEST_BYTES:
            self.why = "large"
        self.calls.append(call)
        if self.why:
            self.calls.clear()
        return out


def tensors(held: Any) -> list[Tensor]:
    """All tensors in nested lists, tuples and dicts, in order."""
    return list(each(held, Tensor))


def _by_mask(call: Call) -> bool:
    return any(t.dtype in (torch.bool, torch.uint8) for t in tensors(call.args[1]))
