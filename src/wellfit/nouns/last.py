"""Last: the activation that a program's answers went through last, found on its tape."""

from __future__ import annotations

from wellfit.nouns.program import LossSeen
from wellfit.nouns.tape import Node

ACTIVATIONS = frozenset(
    ("relu", "relu_", "softmax", "sigmoid", "sigmoid_", "tanh", "tanh_", "clamp", "clamp_", "clip", "clamp_min", "leaky_relu",
     "elu", "gelu", "silu", "selu", "softplus", "hardtanh", "hardsigmoid", "relu6", "log_softmax", "logsigmoid", "softsign",
     "softmin", "mish", "exp", "abs")
)  # fmt: skip
THROUGH = frozenset(
    ("squeeze", "unsqueeze", "view", "reshape", "flatten", "permute", "transpose", "__getitem__", "contiguous", "T", "mean",
     "select", "float", "double", "to", "t", "mT", "movedim", "squeeze_", "unsqueeze_", "view_as", "reshape_as")
)  # fmt: skip
"""Calls that do not change what the values say, only how they are laid out."""


def last_activation(loss: LossSeen) -> Node | None:
    """The torch call that the loss's answer comes from, where it is an activation other than log_softmax."""
    if loss.answer is None:
        return None
    makers = loss.tape.inner_makers()
    at, seen = loss.answer, 0
    while at in makers and seen < 20:
        node, seen = makers[at], seen + 1
        if node.name in ACTIVATIONS:
            return node if node.name != "log_softmax" else None
        if node.name not in THROUGH or not node.ins:
            return None
        at = node.ins[0]
    return None
