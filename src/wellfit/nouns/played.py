"""Played: a record of operations (nouns/capture.py) written out as one Python function that runs them again.

On the way out goes what a replay does not need: a second name of the same numbers, what is the same in each replay
(transposed weights, ones), what nobody reads; and what is read for the last time is overwritten where a kernel can.
None of it changes a bit of what is computed.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from wellfit.nouns.capture import Call, tensors
from wellfit.nouns.tape import mapped

SAME = ("aten::detach", "aten::alias")  # a second name of the same numbers
FILLED = ("aten::ones_like", "aten::zeros_like", "aten::full_like", "aten::new_zeros", "aten::new_ones",
          "aten::new_full", "aten::zeros", "aten::ones", "aten::full", "aten::arange")  # fmt: skip
IN_PLACE = {"aten::relu": torch.relu_, "aten::tanh": torch.tanh_, "aten::sigmoid": torch.sigmoid_}
SHORT = frozenset(
    ("mm", "addmm", "bmm", "t", "view", "sum", "mean", "relu", "tanh", "sigmoid", "add", "sub", "mul", "div", "neg",
     "exp", "log", "pow", "where", "cat", "stack", "transpose", "permute", "expand", "select", "slice", "unsqueeze",
     "squeeze", "index_select", "_log_softmax", "_softmax", "clone")
)  # fmt: skip
"""What PyTorch's Python bindings run with less around the kernel than the dispatcher does; they change nothing."""
SMALL = 2**18  # numbers: of larger operations the kernel takes so long that how it is called does not matter


def written_out(
    calls: Sequence[Call], inputs: Sequence[Tensor], outputs: Sequence[Tensor], rates: Mapping[int, int] | None = None
) -> Callable[..., tuple[Tensor, ...]]:
    """(*inputs, rates) -> outputs: the calls as one function, for tensors of the inputs' shapes and strides.

    Tensors that are neither inputs nor made by the calls (weights, statistics, an optimizer's state) are read and
    changed where they lie. rates: id of the first tensor that an optimizer's call moves -> place of its rate in `rates`.
    """
    calls, outputs = _once_named(calls, outputs)
    calls, fixed = _without_fixed(calls, inputs)
    calls = _in_place(_needed(calls, outputs), inputs, outputs)
    return _written(calls, inputs, outputs, rates or {}, fixed)


def _once_named(calls: Sequence[Call], outputs: Sequence[Tensor]) -> tuple[list[Call], list[Tensor]]:
    """Without calls that give the same numbers another name, and those that turn around what was turned."""
    known: dict[int, Tensor] = {}  # id of a tensor -> the one that stands for it
    turned: dict[int, Tensor] = {}  # id of a transposed one -> what it was made of
    name = lambda held: mapped(held, Tensor, lambda t: known.get(id(t), t))
    kept = []
    for call in calls:
        call = replace(call, args=name(call.args), kwargs={k: name(v) for k, v in call.kwargs.items()})
        if call.name in SAME:
            known[id(call.out)] = call.args[0]
        elif call.name == "aten::t" and id(call.args[0]) in turned:
            known[id(call.out)] = turned[id(call.args[0])]
        else:
            if call.name == "aten::t":
                turned[id(call.out)] = call.args[0]
            kept.append(call)
    return kept, [known.get(id(t), t) for t in outputs]


def _without_fixed(calls: Sequence[Call], inputs: Sequence[Tensor]) -> tuple[list[Call], set[int]]:
    """Without calls that give the same in each replay: other shapes of weights, and what is filled with one number and
    never written to. What is taken from outside, or fixed by now, is known by the ids."""
    written = {_home(t) for call in calls for t in call.writes}
    made, fixed, kept = {id(t) for t in inputs}, set(), []
    for call in calls:
        fixed |= {id(t) for t in call.reads if id(t) not in made}
        lasting = call.name in FILLED and not any(_home(t) in written for t in call.outs)
        shape = call.views and not call.writes and all(id(t) in fixed for t in call.reads)
        if lasting or shape:
            fixed |= {id(t) for t in call.outs}
        else:
            made |= {id(t) for t in call.outs if id(t) not in fixed}
            kept.append(call)
    return kept, fixed


def _needed(calls: Sequence[Call], outputs: Sequence[Tensor]) -> list[Call]:
    """Those that something is read of, or that change or draw something."""
    wanted, kept = {id(t) for t in outputs}, []
    for call in reversed(calls):
        if call.writes or call.random or any(id(t) in wanted for t in call.outs):
            wanted |= {id(t) for t in call.reads}
            kept.append(call)
    return kept[::-1]


def _in_place(calls: Sequence[Call], inputs: Sequence[Tensor], outputs: Sequence[Tensor]) -> list[Call]:
    """What one call makes and only the next reads is overwritten there: memory that lies in the cache."""
    touched = Counter(home for c in calls for home in {_home(t) for t in (*c.reads, *c.outs)})
    mine = Counter(_home(t) for t in (*inputs, *outputs))
    fresh: set[int] = set()  # memory that a call made for its answer alone
    found = []
    for call in calls:
        x = call.args[0] if call.args and isinstance(call.args[0], Tensor) else None
        free = x is not None and _home(x) in fresh and touched[_home(x)] == 2 and not mine[_home(x)]
        if free and x is not None and isinstance(call.out, Tensor) and x.stride() == call.out.stride():
            if call.name in IN_PLACE:
                call = replace(call, do=IN_PLACE[call.name])
            elif call.name == "aten::threshold_backward" and x.shape == call.out.shape:
                to = torch.ops.aten.threshold_backward.grad_input._op
                call = replace(call, do=to, kwargs={**call.kwargs, "grad_input": x})
        fresh |= {_home(t) for t in call.outs} - {_home(t) for t in call.reads}
        found.append(call)
    return found


def _written(
    calls: Sequence[Call],
    inputs: Sequence[Tensor],
    outputs: Sequence[Tensor],
    rates: Mapping[int, int],
    fixed: set[int],
) -> Callable[..., tuple[Tensor, ...]]:
    """The source of the function, and the function; a tensor is let go after the last line that reads it."""
    names = {id(t): f"a{i}" for i, t in enumerate(inputs)}
    last = {id(t): i for i, call in enumerate(calls) for t in call.reads}
    held: dict[str, Any] = {}  # what the source names and does not make

    def said(value: Any) -> str:
        if isinstance(value, list | tuple):
            return f"[{', '.join(map(said, value))}]"
        if isinstance(value, Tensor) and id(value) in names:
            return names[id(value)]
        if value is None or isinstance(value, bool | int) or (isinstance(value, float) and math.isfinite(value)):
            return repr(value)
        held[word := f"k{len(held)}"] = value
        if isinstance(value, Tensor):
            names[id(value)] = word
        return word

    def taken(out: Any) -> str:
        if isinstance(out, list | tuple):
            return f"({', '.join(map(taken, out))},)"
        return names.setdefault(id(out), f"v{len(names)}") if isinstance(out, Tensor) else "_"

    lines, kept = [], {id(t) for t in outputs}
    for i, call in enumerate(calls):
        do, args, kwargs = _called(call)
        given = [said(a) for a in args]
        given += [f"{k}=rates[{rates[id(args[0][0])]}]" if k == "lr" else f"{k}={said(v)}" for k, v in kwargs.items()]
        held[word := f"f{i}"] = do
        new = [t for t in call.outs if id(t) not in names]
        lines.append(f"{f'{taken(call.out)} = ' if new else ''}{word}({', '.join(given)})")
        over = {id(t): t for t in (*call.reads, *new) if last.get(id(t), i) == i and id(t) not in kept | fixed}
        gone = sorted({names[at] for at in over if names[at][0] in "va"})
        lines += [f"del {', '.join(gone)}"] if gone else []
    lines.append(f"return {said(tuple(outputs))}")
    heads = ", ".join([*(f"a{i}" for i in range(len(inputs))), "rates=()"])
    exec(compile("\n    ".join([f"def played({heads}):", *lines]), "<a recorded step>", "exec"), held)
    return held["played"]


def _called(call: Call) -> tuple[Callable[..., Any], tuple[Any, ...], Mapping[str, Any]]:
    """(function, arguments, named ones) that do what the call did with the least around the kernel."""
    if call.do is not None:
        return call.do, call.args, call.kwargs
    if call.name == "aten::_foreach_add_" and isinstance(call.args[1], int | float):
        counters = call.args[0]  # an optimizer's counters of steps
        if all(t.ndim == 0 for t in counters) and _side_by_side(counters):
            return Tensor.add_, (torch.as_strided(counters[0], (len(counters),), (1,)), call.args[1]), {}
    own, word = call.func._op, call.name.partition("::")[2]
    if word == "mkldnn_rnn_layer":
        return _with_workspace(own), call.args, call.kwargs
    if word not in SHORT or sum(t.numel() for t in call.outs) > SMALL:
        return own, call.args, call.kwargs
    bindings: Any = torch._C
    for place in (bindings._VariableFunctions, bindings._nn, bindings.TensorBase):
        quick = getattr(place, word, None)
        if quick is None:
            continue
        try:  # the same operation, past the dispatcher's general way of taking arguments; not all take them alike
            again = tensors(quick(*call.args, **call.kwargs))
        except (TypeError, RuntimeError, ValueError):
            continue
        if [(t.shape, t.dtype) for t in again] == [(t.shape, t.dtype) for t in call.outs]:
            return quick, call.args, call.kwargs
    return own, call.args, call.kwargs


def _with_workspace(own: Callable[..., Any]) -> Callable[..., Any]:
    """oneDNN's LSTM, keeping what its backward pass needs, as it does only where gradients are wanted."""

    def run(*args: Any) -> Any:
        with torch.enable_grad(), torch._C._AutoDispatchBelowAutograd():
            return own(*args)

    return run


def _side_by_side(counters: Sequence[Tensor]) -> bool:
    """Are they neighbours in one memory?"""
    first = counters[0]
    return all(
        _home(t) == _home(first) and t.storage_offset() == first.storage_offset() + i for i, t in enumerate(counters)
    )


def _home(t: Tensor) -> int:
    """What tells its memory from others."""
    try:
        return t.untyped_storage()._cdata
    except (NotImplementedError, RuntimeError):  # one without a storage of its own, as oneDNN's
        return id(t)
