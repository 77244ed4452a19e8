"""summary: a network looked at before it is trained: layers, cost, how it is connected, which symmetries it keeps."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

from torch import nn

from wellfit.jobs.given import own_network
from wellfit.jobs.plan import plan
from wellfit.nouns import anatomy
from wellfit.nouns.errors import NetworkError
from wellfit.nouns.module import as_module
from wellfit.nouns.recipe import Recipe
from wellfit.nouns.summary import summary


def of_data(source: Any, recipe: Recipe, network: Any = None) -> dict[str, Any]:
    """What `fit` would train, as `of_network` says it. Raises WellfitError as `fit` does."""
    case, _ = plan(source, recipe, network)
    size = case.recipe.training.batch_size
    return of_network(case.network, case.data.shape_in, size if isinstance(size, int) else 32)


def of_module(text: str, shape_in: Sequence[int], shape_out: Sequence[int], batch: int) -> dict[str, Any]:
    """The network that `package.module:factory` or `FILE.py:factory` makes. Raises NetworkError where it makes none."""
    if not shape_in:
        raise NetworkError(f"a summary of {text}", "no shape of its inputs", "say --shape 3,224,224, without the batch")
    file, _, name = text.rpartition(":")
    factory = own_network(text) if file.endswith(".py") else _imported(file, name, text)
    return of_network(as_module(factory, tuple(shape_in), tuple(shape_out)), shape_in, batch)


def of_network(network: nn.Module, shape_in: Sequence[int], batch: int) -> dict[str, Any]:
    """layers: the rows of `nouns.summary` with multiply_adds of one example; multiply_adds: of all; weights_bytes;
    kept_bytes: for the backward pass, per example; batch; memory_bytes: of a training step with Adam, that is weights,
    gradients, two moments, and what the batch keeps; ties, symmetries: see `nouns.anatomy`. Raises NetworkError."""
    asked = f"a summary of the network for inputs {'×'.join(map(str, shape_in))}"
    try:
        rows = summary(network, shape_in)
        madds = anatomy.multiply_adds(network, shape_in)
        weights, kept = anatomy.memory(network, shape_in)
    except Exception as error:
        found = f"its forward fails: {type(error).__name__}: {str(error).splitlines()[0][:200]}"
        raise NetworkError(asked, found, "give inputs of a shape that it takes") from error
    return {
        "shape_in": list(shape_in),
        "layers": [asdict(row) | {"multiply_adds": madds.get(row.name, 0)} for row in rows],
        "multiply_adds": madds["network"],
        "weights_bytes": weights,
        "kept_bytes": kept,
        "batch": batch,
        "memory_bytes": 4 * weights + batch * kept,
        "ties": [asdict(t) | {"kind": t.kind} for t in anatomy.ties(network, shape_in)],
        "symmetries": [asdict(s) for s in anatomy.symmetries(network, shape_in)],
    }


def _imported(module: str, name: str, text: str) -> Callable[..., Any]:
    asked = f"the network {text}"
    try:
        factory = getattr(importlib.import_module(module), name, None)
    except Exception as error:
        found = f"importing {module} failed: {type(error).__name__}: {error}"
        raise NetworkError(asked, found, "name package.module:factory or FILE.py:factory") from error
    if not callable(factory):
        raise NetworkError(asked, f"no function or class {name} in {module}", "name what gives an nn.Module")
    return factory
