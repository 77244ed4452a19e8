"""Tape: one training step of a stranger's program, written down as a small program that can be played again.

Outside the networks every torch call is a Node with its arguments; a network's call is one Node. What the tape is fed
(batches, constants) are its leaves. Calls inside a network are noted too (depth > 0), to be looked at, not to be
played: the network's own code runs again when the tape is played.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from copy import copy
from dataclasses import dataclass, field, is_dataclass
from functools import cached_property
from types import SimpleNamespace
from typing import Any, NamedTuple

from torch import Tensor, nn


class Site(NamedTuple):
    """A place in the user's program: absolute path, line from 1, the function it is in."""

    file: str
    line: int
    function: str = ""


class Ref(NamedTuple):
    """A tensor of a tape, by number."""

    n: int


class Look(NamedTuple):
    """What a tensor looked like: shape, dtype ("float32"), whether it asks for a gradient; low, high, mean, std of
    its finite values and the share that is not finite (None where they were not looked at)."""

    shape: tuple[int, ...]
    dtype: str
    grad: bool
    low: float | None = None
    high: float | None = None
    mean: float | None = None
    std: float | None = None
    bad_frac: float | None = None
    distinct: int | None = None
    """How many different values there are, counted up to 50 (51: more)."""


@dataclass(eq=False)
class Node:
    """One call.

    name: of the torch function ("cross_entropy", "relu", "view", "detach", "__getitem__") or of the network's class;
    call: the function, None for a network; module: the network, None for a function; args, kwargs: with tensors as
    Ref; outs: the tensors it gave; out: its result with tensors as Ref; site: the user's line that made it;
    depth: 0 outside networks; inside: dotted name of the innermost module, "" outside; layer: the class of that module;
    learnt: does it depend on parameters; training: mode of the network (None for functions); grad: was the gradient
    being recorded; value: the Python number it gave, where it gave one (`item`); flag: the network's own `training`,
    which its forward may ask for.
    """

    name: str
    call: Callable[..., Any] | None
    module: nn.Module | None
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    out: Any
    outs: tuple[int, ...]
    site: Site | None
    depth: int = 0
    inside: str = ""
    layer: str = ""
    learnt: bool = False
    training: bool | None = None
    grad: bool = True
    value: float | None = None
    flag: bool = False

    @cached_property
    def ins(self) -> tuple[int, ...]:
        """Numbers of the tensors among its arguments, in order."""
        return tuple(r.n for r in refs((self.args, self.kwargs)))


@dataclass
class Tape:
    """What happened between two optimizer steps.

    index: optimizer steps before it (of all optimizers); phase: which optimizer (its place in Program.optimizers)
    stepped at its end, None where none did; nodes: in order; leaves: number -> what was fed in (copies);
    asking: the same of tensors outside networks that ask for a gradient (points where a derivative is taken);
    parameters: number -> id of the user's parameter or leaf that asks for a gradient; looks: number -> what it looked
    like; losses: numbers of the tensors that `backward` was called on; stale: were there gradients of earlier steps
    when backward began; piled: ids of the optimizers whose parameters had them; cleared: were all gradients gone when the
    optimizer stepped; stepped: did one step at its end; backwards: how often backward was called in it; driven: was one of
    them given a gradient to begin with, which is not known here.
    """

    index: int
    phase: int | None = None
    nodes: list[Node] = field(default_factory=list)
    leaves: dict[int, Tensor] = field(default_factory=dict)
    asking: dict[int, Tensor] = field(default_factory=dict)
    parameters: dict[int, int] = field(default_factory=dict)
    looks: dict[int, Look] = field(default_factory=dict)
    losses: list[int] = field(default_factory=list)
    stale: bool = False
    piled: frozenset[int] = frozenset()
    cleared: bool = False
    stepped: bool = False
    backwards: int = 0
    driven: bool = False

    def maker(self, n: int) -> Node | None:
        """The last Node, outermost first, that gave tensor n."""
        found = None
        for node in self.nodes:
            if n in node.outs and (found is None or node.depth <= found.depth):
                found = node
        return found

    def makers(self) -> dict[int, Node]:
        """Tensor number -> the Node that gave it (calls inside networks lose against the network's own Node)."""
        found: dict[int, Node] = {}
        for node in self.nodes:
            for n in node.outs:
                if n not in found or node.depth <= found[n].depth:
                    found[n] = node
        return found

    def inner_makers(self) -> dict[int, Node]:
        """Tensor number -> the innermost torch call that gave it."""
        found: dict[int, Node] = {}
        for node in self.nodes:
            if node.module is None:
                for n in node.outs:
                    found.setdefault(n, node)
        return found

    def needed(self, wanted: list[int]) -> list[Node]:
        """The outer Nodes that these tensors depend on and that depend on parameters, in order: what is played again."""
        want, chosen = set(wanted), []
        for node in reversed(self.nodes):
            if node.depth == 0 and node.learnt and (want & set(node.outs)):
                chosen.append(node)
                want |= set(node.ins)
        return chosen[::-1]

    def ancestors(self, wanted: Iterable[int]) -> set[int]:
        """All tensors that these depend on, themselves too, through calls inside networks as well."""
        found = set(wanted)
        for node in reversed(self.nodes):
            if found & set(node.outs):
                found |= set(node.ins)
        return found

    def passes(self) -> list[Node]:
        """Calls of networks in it, in order."""
        return [n for n in self.nodes if n.module is not None and n.depth == 0]


def each(tree: Any, kind: type) -> Iterator[Any]:
    """All items of this kind in nested tuples, lists, dicts and plain records."""
    if isinstance(tree, kind):
        yield tree
    elif isinstance(tree, (tuple, list)):
        for item in tree:
            yield from each(item, kind)
    elif isinstance(tree, dict):
        for item in tree.values():
            yield from each(item, kind)
    elif _record(tree):
        for item in vars(tree).values():
            yield from each(item, kind)


def _record(tree: Any) -> bool:
    """Is it a dataclass's object or a namespace, as networks give their answers in?"""
    plain = is_dataclass(tree) and not isinstance(tree, (type, Ref, Look, Site, Node))
    return (plain or isinstance(tree, SimpleNamespace)) and hasattr(tree, "__dict__")


def refs(tree: Any) -> Iterator[Ref]:
    """All Refs in nested tuples, lists and dicts."""
    return each(tree, Ref)


def mapped(tree: Any, kind: type, change: Callable[[Any], Any]) -> Any:
    """The same nesting of tuples, lists, dicts and plain records with `change` applied to every item of this kind."""
    if isinstance(tree, kind):
        return change(tree)
    if isinstance(tree, Ref):
        return tree
    if isinstance(tree, tuple):
        made = [mapped(i, kind, change) for i in tree]
        if type(tree) is tuple or not hasattr(tree, "_fields"):
            return tuple(made)
        return type(tree)(*made)
    if isinstance(tree, list):
        return [mapped(i, kind, change) for i in tree]
    if isinstance(tree, dict):
        made = {k: mapped(v, kind, change) for k, v in tree.items()}
        if type(tree) is dict:
            return made
        try:
            return type(tree)(**made)  # type: ignore[call-arg]  # model outputs of other libraries
        except Exception:
            return made
    if _record(tree):
        made = copy(tree)
        for name, item in vars(tree).items():
            object.__setattr__(made, name, mapped(item, kind, change))
        return made
    return tree
