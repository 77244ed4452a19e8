"""Modes: which layers behave differently in training and in evaluation."""

from __future__ import annotations

from torch import nn


def differs(m: nn.Module) -> bool:
    """Does this layer behave differently in train and eval mode?"""
    if isinstance(m, nn.modules.dropout._DropoutNd):
        return m.p > 0
    return isinstance(m, nn.modules.batchnorm._NormBase) or (
        (isinstance(m, nn.RNNBase) and m.dropout > 0) or (isinstance(m, nn.MultiheadAttention) and m.dropout > 0)
    )
