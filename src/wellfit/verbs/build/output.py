"""Does what the network gives fit the task? Two forward passes tell, before anything is trained."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from wellfit.nouns.data import Data
from wellfit.nouns.errors import NetworkError

SIZES = (3, 2)
"""Batch sizes tried: what works with one and not with the other has a batch size built in."""


def must_fit(network: nn.Module, data: Data, device: torch.device) -> None:
    """Raise NetworkError where the network has nothing to train, fails, or gives outputs that do not fit the task.

    Its parameters stay as they were, but for lazy layers, which get theirs by the first pass.
    """
    x = data.train.x[: SIZES[0]].to(device)
    network.eval()
    for size in SIZES:
        _must_have_shape(_forward(network, x[:size]), x[:size], data)
    if not any(p.requires_grad for p in network.parameters()):
        n = sum(1 for _ in network.parameters())
        found = f"all {n} parameters are frozen (requires_grad is False)" if n else "it has no parameters"
        raise NetworkError(f"to train {type(network).__name__}", found, "give it layers that can be trained")


def _forward(network: nn.Module, x: Tensor) -> Any:
    try:
        with torch.no_grad():
            return network(x)
    except Exception as error:
        said = f"{type(error).__name__}: {str(error).strip()}"
        raise NetworkError(
            f"{type(network).__name__} for inputs of shape {tuple(x.shape)}",
            f"its forward fails{_where(error)}: {said}",
            f"let it take float32 [B, {', '.join(map(str, x.shape[1:]))}] for any number B of examples",
        ) from error


def _must_have_shape(found: Any, x: Tensor, data: Data) -> None:
    expected = (len(x), *data.shape_out)
    what = f"outputs of shape [B, {', '.join(map(str, data.shape_out))}] for {_task(data)}"
    if not isinstance(found, Tensor):
        do = "return the outputs alone, one tensor"
        raise NetworkError(what, f"the network gives a {type(found).__name__}", do)
    shape = f"the network gives {tuple(found.shape)} for {len(x)} inputs of shape {tuple(x.shape[1:])}"
    if tuple(found.shape) != expected:
        n = data.shape_out[0]
        if len(expected) > 2:
            do = f"give each example outputs of shape {data.shape_out}: " + (
                "take a network that keeps the cells (unet), not one that ends in one answer"
            )
        elif found.shape == (len(x),) and data.shape_out == (1,):
            do = "keep the last axis: leave out the squeeze, or end with unsqueeze(1)"
        elif found.ndim != len(expected):
            do = f"bring it to {len(expected)} axes before its last layer, as nn.Flatten() and nn.Linear(..., {n}) do"
        elif found.shape[0] != len(x):
            do = "keep the first axis for the examples: flatten(1), not flatten()"
        else:
            do = f"let its last layer have {n} outputs"
        raise NetworkError(what, shape, do)
    if not found.is_floating_point():
        raise NetworkError(what, f"{shape}, of type {found.dtype}", "return raw scores, without argmax or rounding")


def _task(data: Data) -> str:
    n = data.shape_out[0]
    what = {"classes": "classes", "labels": "labels", "values": "targets", "density": "log-density"}[data.form]
    return f"{data.task} ({n} {what})"


def _where(error: Exception) -> str:
    """' (net.py, line 12, in forward)': the deepest frame that is neither PyTorch's nor ours."""
    ours = (str(Path(torch.__file__).parent), str(Path(__file__).parents[2]))
    frames = [f for f in traceback.extract_tb(error.__traceback__) if not f.filename.startswith((*ours, "<"))]
    return f" ({Path(frames[-1].filename).name}, line {frames[-1].lineno}, in {frames[-1].name})" if frames else ""
