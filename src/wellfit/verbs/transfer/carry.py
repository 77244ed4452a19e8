"""carry: weights into a network by name and shape, with what became of each; what is frozen; the rest is new."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace

import torch
from torch import Tensor

from wellfit.nouns.carried import Begun, Carried, What
from wellfit.nouns.case import Case
from wellfit.nouns.depth import freeze
from wellfit.nouns.errors import NetworkError, RecipeError
from wellfit.nouns.refit import called
from wellfit.verbs.transfer.begin import Start


def carry(case: Case, start: Start) -> Case:
    """The case with the weights of `start` in its network, by name and shape; `case.carried` says what became of each.

    The last layer is new unless it answered the same question (classes or targets by name); the first one, too, where
    its inputs are other features; a first convolution is adapted to another number of channels. In mode "frozen" what
    was taken over does not learn. Raises NetworkError where no weights fit, RecipeError where nothing is left to learn.
    """
    if not case.recipe.transfer.weights:
        return case
    network, order = case.network, called(case.network, case.data.shape_in)
    named, state = dict(network.named_parameters()), network.state_dict()
    if not start.weights:  # made for this task by the user's factory, which knows best
        rows = [_row(n, p.shape, p.shape, (_under(n, order[-1:]) and "new") or "taken") for n, p in named.items()]
        return _settled(case, rows)
    old = aligned(start.weights, state)
    head = () if _same_question(case, start) else order[-1:]
    front = () if _same_inputs(case, start) else order[:1]
    first = f"{order[0]}.weight"
    rows, found = [], {}
    for name, now in state.items():
        was = old.get(name)
        what, why = _fits(name, now, was, head, front, name == first)
        if what != "new" and was is not None:
            found[name] = was if what == "taken" else channels(was, now.shape[1])
        if name in named:
            rows.append(_row(name, now.shape, () if was is None else was.shape, what, why))
    rows += [_row(n, (), w.shape, "left", "nothing here has this name") for n, w in old.items() if n not in state]
    if not any(r.what in ("taken", "adapted") and len(r.shape) > 1 for r in rows):
        raise _nothing_fits(start, old, state)
    network.load_state_dict(found, strict=False)
    return _settled(case, rows)


def _row(name: str, shape: Iterable[int], was: Iterable[int], what: What, why: str = "") -> Carried:
    return Carried(name, tuple(shape), tuple(was), what, why)


def _under(name: str, layers: Iterable[str]) -> bool:
    return any(name.startswith(f"{layer}.") for layer in layers)


def _fits(name, now: Tensor, was: Tensor | None, head, front, is_first: bool) -> tuple[What, str]:
    """What becomes of one parameter or buffer, and why."""
    if _under(name, head):
        return "new", "the last layer answers another question"
    if _under(name, front):
        return "new", "its inputs are other features"
    if was is None:
        return "new", "there was none of this name"
    if was.shape == now.shape:
        return "taken", ""
    if is_first and now.ndim > 2 and was.ndim == now.ndim and _but_channels(was) == _but_channels(now):
        return "adapted", f"{was.shape[1]} channels, now {now.shape[1]}"
    return "new", "it was of another shape"


def _but_channels(weight: Tensor) -> tuple[int, ...]:
    return (weight.shape[0], *weight.shape[2:])


def channels(weight: Tensor, n: int) -> Tensor:
    """A convolution's weight [O, C, ...] for n input channels: summed for one, else repeated in turn and scaled by C / n,
    so that a picture with equal channels gives what it gave (as timm's `adapt_input_conv`)."""
    was = weight.shape[1]
    if n == 1:
        return weight.sum(1, keepdim=True)
    turns = math.ceil(n / was)
    return torch.cat([weight] * turns, 1)[:, :n] * (was / n)


def aligned(weights: Mapping[str, Tensor], state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The weights under the names of `state`: as they are, without their first word ("module.", "backbone.") or with
    one more, whichever makes the most of them fit."""

    def fitting(renamed: Mapping[str, Tensor]) -> int:
        return sum(w.numel() for n, w in renamed.items() if n in state and state[n].shape == w.shape)

    tries = [dict(weights)]
    for word in dict.fromkeys(n.split(".")[0] for n in weights):
        tries.append({n.removeprefix(f"{word}."): w for n, w in weights.items() if n.startswith(f"{word}.")})
    for word in dict.fromkeys(n.split(".")[0] for n in state):
        tries.append({f"{word}.{n}": w for n, w in weights.items()})
    return max(tries, key=fitting)


def _same_question(case: Case, start: Start) -> bool:
    """Do the outputs mean what they meant: the same classes, labels or targets, in the same order?"""
    was, data = start.preparation, case.data
    if was is None or was.task != data.task:
        return False
    names = lambda p: p.classes or p.target_names
    return bool(names(was)) and names(was) == names(data.preparation)


def _same_inputs(case: Case, start: Start) -> bool:
    """Are the features those of the earlier training, as far as they have names?"""
    was, now = start.preparation, case.data.preparation
    if was is None or "pictures" in (was.kind, now.kind):
        return True
    return was.input_names == now.input_names


def _settled(case: Case, rows: list[Carried]) -> Case:
    """The case with its rows, and what the mode freezes frozen."""
    if case.recipe.transfer.mode == "frozen":
        rows = [replace(r, frozen=r.what in ("taken", "adapted")) for r in rows]
        if not any(r.what == "new" for r in rows):
            found = "every layer was taken over, so that nothing is left to learn"
            raise RecipeError('transfer.mode = "frozen"', found, "let it learn on: transfer.mode = fine-tune")
        freeze(case.network, [r.name for r in rows if r.frozen])
    return replace(case, carried=tuple(rows))


def again(case: Case, begun: Begun) -> Case:
    """The case of a run that goes on, as it began; later weights are in its checkpoint."""
    if not begun.carried:
        return case
    case.network.load_state_dict(dict(begun.weights))
    freeze(case.network, [r.name for r in begun.carried if r.frozen])
    return replace(case, carried=begun.carried)


def _nothing_fits(start: Start, old: Mapping[str, Tensor], state: Mapping[str, Tensor]) -> NetworkError:
    tell = lambda tensors: ", ".join(f"{n} {tuple(t.shape)}" for n, t in list(tensors.items())[:2])
    found = f"none of its {len(old)} tensors fits by name and shape: {tell(old)} ..., here {tell(state)} ..."
    do = "name the network they were trained in, --set network.name=... or --network FILE.py:factory"
    return NetworkError(f"the weights of {start.name} for this network", found, do)
