"""A network of the user's own, handed in, or named in the recipe as `module:factory` or `FILE.py:factory`."""

from __future__ import annotations

import copy
from functools import partial
from typing import Any

from torch import nn

from wellfit.nouns.data import Data
from wellfit.nouns.errors import NetworkError
from wellfit.nouns.module import as_module, named, takes_two
from wellfit.nouns.recipe import Recipe
from wellfit.nouns.refit import refit


def own(recipe: Recipe, data: Data, given: Any = None) -> nn.Module:
    """The user's module, a copy of what was `given` or what `given` makes; without it, what recipe.network.name says.

    A factory gets network.options as keywords. A module that brings weights from another task, and did not ask for
    the shapes of this one, gets a first and a last layer that fit. Raises NetworkError where it cannot be had.
    """
    options = recipe.network.options
    found = named(recipe.network.name, f"network.name = {recipe.network.name!r}") if given is None else given
    if isinstance(found, nn.Module):
        made, asked_for_shapes = copied(found), False
    else:
        factory = partial(found, **options) if options and callable(found) else found
        made, asked_for_shapes = as_module(factory, data.shape_in, data.shape_out), takes_two(factory)
    if recipe.transfer.weights and not asked_for_shapes:
        return refit(made, data.shape_in, data.shape_out)
    return made


def copied(network: nn.Module) -> nn.Module:
    """A copy to train on. Raises NetworkError where the module cannot be copied."""
    try:
        return copy.deepcopy(network)
    except Exception as error:
        raise NetworkError(
            f"a copy of {type(network).__name__} to train on",
            f"{type(error).__name__}: {str(error).strip()}",
            "keep no computed tensors, locks or open files in the module, or give the function that makes it",
        ) from error
