"""Meeting: how a program's answers come to meet its targets: what they went through last, and what the targets are."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from wellfit.nouns.last import ACTIVATIONS, THROUGH
from wellfit.nouns.program import LossSeen, Program
from wellfit.nouns.tape import Node, Site

MOST_VALUES = 50_000
"""Target values looked at."""
VALUE_LOSSES = frozenset(("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss"))
"""Losses of the distance between answers and targets."""


class Targets(NamedTuple):
    """What the targets of the main training are: their values over all recorded batches (flat, of a sample), their
    rows where they are [B, K] (else None), whether all values are whole, how many different ones there are."""

    values: Tensor
    rows: Tensor | None
    whole: bool
    distinct: int

    @property
    def low(self) -> float:
        return float(self.values.min())

    @property
    def high(self) -> float:
        return float(self.values.max())

    @property
    def classes(self) -> bool:
        """Do they look like class numbers: few whole numbers from 0 or 1 on, with no gap, more than two?"""
        return (
            self.whole and 3 <= self.distinct <= 50 and self.low in (0, 1) and self.high - self.low + 1 == self.distinct
        )

    @property
    def one_hot(self) -> bool:
        """Rows with a single 1 among zeros."""
        rows = self.rows
        if rows is None or rows.shape[1] < 2 or not self.whole or self.low < 0 or self.high > 1:
            return False
        return bool((rows.sum(1) == 1).all())


def targets(program: Program) -> Targets | None:
    """The targets of the main training, None where none were kept."""
    main = program.optimizers.index(program.main) if program.main in program.optimizers else None
    kept: list[Tensor] = []
    values = 0
    for loss in program.losses:
        leaf = loss.tape.leaves.get(loss.target) if loss.target is not None else None
        if leaf is None or (main is not None and loss.tape.phase != main) or not leaf.numel() or leaf.is_complex():
            continue
        if kept and leaf.ndim != kept[0].ndim:
            continue
        kept.append(leaf.detach())
        values += leaf.numel()
        if values > MOST_VALUES:
            break
    if not kept:
        return None
    flat = torch.cat([k.flatten() for k in kept]).double()
    flat = flat[flat.isfinite()]
    if not len(flat):
        return None
    same = kept[0].ndim == 2 and all(k.shape[1] == kept[0].shape[1] for k in kept)
    rows = torch.cat(kept).double() if same else None
    return Targets(flat, rows, bool((flat == flat.round()).all()), len(flat.unique()))


def answers_chain(loss: LossSeen) -> list[Node]:
    """The calls that the loss's answers went through after the last layer with weights, the last first: activations and
    changes of layout."""
    makers = loss.tape.inner_makers()
    at, chain = loss.answer, []
    while at is not None and at in makers and len(chain) < 24:
        node = makers[at]
        if node.name not in ACTIVATIONS and node.name not in THROUGH and node.name != "log_softmax":
            break
        chain.append(node)
        at = node.ins[0] if node.ins else None
    return chain


def resolved_dim(node: Node, ndim: int) -> int | None:
    """The axis that softmax and its kind run along, counted from 0; torch's own choice where none was given."""
    dim = node.kwargs.get("dim", node.kwargs.get("axis"))
    if dim is None and len(node.args) > 1:
        dim = node.args[1]
    if dim is None and node.name in ("softmax", "log_softmax", "softmin"):
        return 0 if ndim in (0, 1, 3) else 1
    return dim % ndim if isinstance(dim, int) and not isinstance(dim, bool) and ndim else None


def shown_at(program: Program, node: Node) -> Site | None:
    """Where an activation stands: the line that made it where it is a module without weights, else its call."""
    for network in program.networks:
        for module in network.module.modules():
            here = node.inside and network.names.get(id(module)) == node.inside and id(module) in program.made
            if here and not list(module.parameters()) and not list(module.children()):
                return program.made[id(module)]
    return node.site


def last_layer(program: Program) -> Site | None:
    """Where the layer with weights that gives the answers was made."""
    loss = program.loss
    if loss is None or loss.answer is None:
        return None
    chain = answers_chain(loss)
    at = chain[-1].ins[0] if chain and chain[-1].ins else loss.answer
    node = loss.tape.inner_makers().get(at)
    for network in program.networks:
        for module in network.module.modules():
            if node is not None and node.inside and network.names.get(id(module)) == node.inside:
                return program.made.get(id(module)) or node.site
    return node.site if node else loss.site


def outputs_of(loss: LossSeen) -> int:
    """How many answers there are to an example: size of axis 1, 1 where there is none."""
    look = loss.look(loss.answer)
    return look.shape[1] if look and len(look.shape) > 1 else 1


def rounded(program: Program) -> Site | None:
    """Where an evaluation rounds the network's outputs and holds them against labels as equal or not."""
    for seen in program.passes:
        if seen.output is None:
            continue
        after, found = {seen.output}, None
        for node in seen.tape.nodes[seen.tape.nodes.index(seen.node) + 1 :]:
            if after & set(node.ins):
                after |= set(node.outs)
                if node.name in ("round", "round_", "rint"):
                    found = node.site
                if found and node.name in ("eq", "__eq__", "ne", "__ne__", "equal"):
                    return found
    return None
