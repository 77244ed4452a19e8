"""A network of the user's own: a module as it is, or what makes one."""

from __future__ import annotations

import inspect
from typing import Any

from torch import nn

from wellfit.nouns.errors import NetworkError


def as_module(network: Any, shape_in: tuple[int, ...], shape_out: tuple[int, ...]) -> nn.Module:
    """`network` itself where it is an nn.Module, else what it gives when called: with (shape_in, shape_out), or with
    nothing where it takes nothing. Raises NetworkError where that fails or is no nn.Module."""
    if isinstance(network, nn.Module):
        return network
    name = getattr(network, "__name__", type(network).__name__)
    asked = f"the network that {name} makes"
    if not callable(network):
        raise NetworkError(
            f"the network {network!r}", f"a {type(network).__name__}", "give an nn.Module, or a function"
        )
    try:
        made = network(shape_in, shape_out) if _takes_two(network) else network()
    except Exception as error:
        called = f"calling it for inputs {shape_in} and outputs {shape_out} failed"
        raise NetworkError(asked, f"{called}: {type(error).__name__}: {error}", "mend the function") from error
    if not isinstance(made, nn.Module):
        raise NetworkError(asked, f"it gave a {type(made).__name__}", "let it return an nn.Module")
    return made


def _takes_two(function: Any) -> bool:
    """Can it be called with two values?"""
    try:
        inspect.signature(function).bind(None, None)
    except TypeError:
        return False
    except ValueError:  # a built-in without a signature
        return True
    return True
