"""Recorder: a function mode that writes what happens between two optimizer steps onto a Tape."""

from __future__ import annotations

import math
import weakref
from time import perf_counter
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from wellfit.nouns.modes import differs
from wellfit.nouns.tape import Look, Node, Ref, Tape, each, mapped
from wellfit.verbs.spy.places import here

MOST_NODES = 6000
"""Calls on one tape; what comes after is not written down (a loop that never steps)."""
MOST_BYTES = 384 * 2**20
"""Memory for copies of batches, all tapes together."""
NUMBERS = frozenset(("item", "tolist", "numpy", "__float__", "__int__", "__bool__", "__array__"))
_BORING = frozenset(
    ("size", "dim", "numel", "backward", "__len__", "is_floating_point", "is_complex", "__repr__", "__format__", "__hash__",
     "get_device", "is_contiguous", "element_size", "stride", "storage_offset", "data_ptr", "register_hook", "requires_grad_",
     "_is_view", "__set__", "untyped_storage", "is_same_size", "grad", "_grad")
)  # fmt: skip
Unseen = torch._C.DisableTorchFunction
"""What is called inside goes straight to torch, past every mode and subclass: else each of the watching's own calls
would come through `__torch_function__` below."""


class Recorder(TorchFunctionMode):
    """While it is on, every torch call and every network's call is noted on `tape`."""

    def __init__(self) -> None:
        super().__init__()
        self.tape = Tape(0)
        self.examine = True  # look at values too, not only at shapes
        self.on = False
        self.busy = False
        self.failures: list[str] = []
        self.spent_s = 0.0
        self.stack: list[nn.Module] = []
        self.insides: list[str] = []
        self.names: dict[int, str] = {}
        self.memory = 0
        self._numbers: dict[int, tuple[weakref.ref[Tensor], int]] = {}
        self._kept: dict[tuple[int, int], tuple[weakref.ref[Tensor], Tensor, Look]] = {}
        self._learnt: set[int] = set()
        self._versions: dict[int, int] = {}  # of what was copied: which change of it the copy shows
        self._next = 0

    def begin(self, index: int, examine: bool) -> None:
        """A new tape."""
        self.tape, self.examine = Tape(index), examine
        self._numbers, self._learnt, self._versions, self._next = {}, set(), {}, 0

    def number(self, t: Tensor) -> int:
        """This tensor's number on the tape."""
        known = self._numbers.get(id(t))
        if known is not None and known[0]() is t and self._versions.get(known[1]) in (None, _version(t)):
            return known[1]  # else it was copied and has been changed in place since: another value
        self._next += 1
        self._numbers[id(t)] = (weakref.ref(t), self._next)
        return self._next

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if self.busy or not self.on:
            return func(*args, **kwargs)
        name = getattr(func, "__name__", "")
        if name == "__get__":
            name = getattr(getattr(func, "__self__", None), "__name__", "")
        old = args[0] if name in ("__setitem__",) and args and isinstance(args[0], Tensor) else None
        before = perf_counter()
        boring = name in _BORING and func is not torch.autograd.grad
        ins = self._before(args, kwargs) if not boring else None
        if name == "__getitem__" and isinstance(args[0], Tensor):  # how many rows there are to pick from
            t = args[0]
            shape = Look(tuple(t.shape), str(t.dtype).removeprefix("torch."), t.requires_grad)
            self.tape.looks.setdefault(self.number(t), shape)
        self.spent_s += perf_counter() - before
        out = func(*args, **kwargs)
        if ins is not None:
            before = perf_counter()
            try:
                given = old if out is None else out
                if isinstance(given, (Tensor, tuple, list)) or name in NUMBERS:
                    self._note(name, func, args, kwargs, given, ins)
            except Exception as error:
                self._failed(error)
            self.spent_s += perf_counter() - before
        return out

    def _before(self, args: Any, kwargs: Any) -> tuple[Any, Any, bool] | None:
        """Arguments with tensors as Ref, and whether one of them depends on parameters; leaves are copied here, before
        the call may change them."""
        if len(self.tape.nodes) >= MOST_NODES:
            return None
        try:
            found: list[Tensor] = []

            def ref(t: Tensor) -> Ref:
                found.append(t)
                return Ref(self.number(t))

            a, k = mapped(args, Tensor, ref), mapped(kwargs, Tensor, ref)
            learnt = False
            for t in found:
                learnt |= self._is_learnt(t)
            if learnt and not self.stack:
                for t in found:
                    self._keep(t)
            return a, k, learnt
        except Exception as error:
            self._failed(error)
            return None

    def _is_learnt(self, t: Tensor) -> bool:
        n = self.number(t)
        if n in self._learnt:
            return True
        if t.is_leaf and (t.requires_grad or isinstance(t, nn.Parameter)):
            self._learnt.add(n)
            self.tape.parameters[n] = id(t)
            if not isinstance(t, nn.Parameter) and n not in self.tape.asking:
                self._keep_asking(n, t)
            return True
        if t.requires_grad and not t.is_leaf:
            self._learnt.add(n)
            return True
        return False

    def _keep(self, t: Tensor) -> None:
        """Copy what is fed in from outside; what was copied for an earlier tape and is as it was then serves again."""
        n = self.number(t)
        if n in self._learnt or n in self.tape.leaves:
            return
        key = (id(t), _version(t))
        known = self._kept.get(key) if key[1] >= 0 else None
        self._versions[n] = key[1]
        if known is not None and known[0]() is t:
            self.tape.leaves[n], self.tape.looks[n] = known[1:]
            return
        if n not in self.tape.looks or self.tape.looks[n].distinct is None:
            self.tape.looks[n] = self.look(t, leaf=True)
        size = t.numel() * t.element_size()
        if self.memory + size > MOST_BYTES:
            return
        self.memory += size
        with Unseen():
            copy = t.detach().clone()
        self._kept[key] = (weakref.ref(t), copy, self.tape.looks[n])
        self.tape.leaves[n] = copy

    def _keep_asking(self, n: int, t: Tensor) -> None:
        """Copy a tensor that asks for a gradient but is no network's: it may be a point where a derivative is taken."""
        size = t.numel() * t.element_size()
        if self.memory + size <= MOST_BYTES:
            self.memory += size
            with Unseen():
                self.tape.asking[n] = t.detach().clone()

    def look(self, t: Tensor, leaf: bool = False) -> Look:
        """Shape and dtype, and the values where they are examined or fed in."""
        with Unseen(), torch.no_grad():
            dtype = str(t.dtype).removeprefix("torch.")
            shape, grad = tuple(t.shape), t.requires_grad
            held = not (t.is_meta or t.is_complex() or t.is_sparse or t.is_quantized) and t.numel() > 0
            if not held or not (self.examine or leaf):
                return Look(shape, dtype, grad)
            return _looked(t, Look(shape, dtype, grad), leaf)

    def _note(self, name: str, func: Any, args: Any, kwargs: Any, out: Any, ins: tuple[Any, Any, bool]) -> None:
        a, k, learnt = ins
        outs: list[Tensor] = []

        def ref(t: Tensor) -> Ref:
            known = self._numbers.get(id(t)) if learnt else None
            if known is not None and known[0]() is t:
                self._versions.pop(known[1], None)  # what is learnt was written into it: it is played again in place
            outs.append(t)
            return Ref(self.number(t))

        o = mapped(out, Tensor, ref)
        numbers = tuple(self.number(t) for t in outs)
        if learnt:
            self._learnt.update(numbers)
        for t, n in zip(outs, numbers):
            if n not in self.tape.looks or name.endswith("_"):
                self.tape.looks[n] = self.look(t)
        value = float(out) if isinstance(out, (int, float)) else None
        inside = self.insides[-1] if self.insides else ""
        layer = type(self.stack[-1]).__name__ if self.stack else ""
        self.tape.nodes.append(
            Node(name, func, None, a, k, o, numbers, here(3), len(self.stack), inside, layer, learnt,
                 None, torch.is_grad_enabled(), value)
        )  # fmt: skip

    def enter(self, module: nn.Module, args: Any, kwargs: Any) -> Any:
        """A network (at depth 0) or a module inside one begins its call."""
        self.insides.append(self.names.get(id(module), "") if self.stack else "")
        ins = None
        if not self.stack:
            before = perf_counter()
            with Unseen():
                for t in each((args, kwargs), Tensor):
                    self.number(t)
                for t in each((args, kwargs), Tensor):
                    if not self._is_learnt(t):
                        self._keep(t)
                ins = mapped((args, kwargs), Tensor, lambda t: Ref(self.number(t)))
            self.spent_s += perf_counter() - before
        self.stack.append(module)
        return ins

    def leave(self, module: nn.Module, ins: Any, out: Any, failed: bool) -> None:
        """It ended."""
        self.stack.pop()
        self.insides.pop()
        if failed or len(self.tape.nodes) >= MOST_NODES:
            return
        before = perf_counter()
        try:
            with Unseen():
                self._left(module, ins, out)
        except Exception as error:
            self._failed(error)
        finally:
            self.spent_s += perf_counter() - before

    def _left(self, module: nn.Module, ins: Any, out: Any) -> None:
        outs = list(each(out, Tensor))
        numbers = tuple(self.number(t) for t in outs)
        self._learnt.update(numbers)
        for t, n in zip(outs, numbers):
            if n not in self.tape.looks:
                self.tape.looks[n] = self.look(t)
        if ins is None:  # a module inside a network: its Node is for looking only
            return
        o = mapped(out, Tensor, lambda t: Ref(self.number(t)))
        modes = [m.training for m in module.modules() if differs(m)]
        flag = any(modes) if modes else module.training
        self.tape.nodes.append(
            Node(type(module).__name__, None, module, ins[0], ins[1], o, numbers, here(4), 0, "",
                 type(module).__name__, True, any(modes), torch.is_grad_enabled(), flag=flag)
        )  # fmt: skip

    def _failed(self, error: Exception) -> None:
        if len(self.failures) < 5:
            self.failures.append(f"{type(error).__name__}: {str(error).partition(chr(10))[0][:200]}")


def _version(t: Tensor) -> int:
    """How often it was changed in place; -1 for an inference tensor, of which torch counts no changes."""
    return -1 if t.is_inference() else t._version


def _looked(t: Tensor, bare: Look, leaf: bool) -> Look:
    """`bare` with the figures of the values: few calls, since there are thousands of tensors. A NaN or an infinity shows
    in the extremes, so the whole is searched for them only then."""
    v = t.detach()
    if v.numel() > 2**20:
        v = v.flatten()[:: v.numel() // 2**19]
    v = v.double() if v.numel() < 4096 else v.float()
    low, high = map(float, torch.aminmax(v))
    bad = 0.0
    if not (math.isfinite(low) and math.isfinite(high)):
        finite = v.isfinite()
        bad, v = 1 - float(finite.float().mean()), v[finite]
        if not v.numel():
            return bare._replace(bad_frac=bad)
        low, high = map(float, torch.aminmax(v))
    mean = v.mean()
    std = float(torch.linalg.vector_norm(v - mean)) / math.sqrt(v.numel())
    if not math.isfinite(std):  # squares beyond what 32 bits hold
        std = float(v.double().std(correction=0))
    return Look(bare.shape, bare.dtype, bare.grad, low, high, float(mean), std, bad, _distinct(v) if leaf else None)


def _distinct(v: Tensor) -> int:
    """Different values among the first 8192, counted up to 51; mostly the first 256 are enough to know."""
    v = v.flatten()
    few = int(torch.unique(v[:256]).numel())
    return min(few if few > 50 or v.numel() <= 256 else int(torch.unique(v[:8192]).numel()), 51)
