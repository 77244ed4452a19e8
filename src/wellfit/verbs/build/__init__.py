"""Build: the network, its first weights, the loss and the device, put together to a Case that can be trained."""

from __future__ import annotations

import inspect
from typing import Any

import torch
from torch import nn

from wellfit.nouns import shelf
from wellfit.nouns.augment import must_stay_true
from wellfit.nouns.bins import ROWS, bin_edges
from wellfit.nouns.case import Case
from wellfit.nouns.data import Data
from wellfit.nouns.errors import NetworkError, RecipeError, nearest
from wellfit.nouns.ranks import rank
from wellfit.nouns.recipe import Recipe
from wellfit.verbs.build.device import device_of
from wellfit.verbs.build.loss import loss_of
from wellfit.verbs.build.output import must_fit
from wellfit.verbs.build.own import own
from wellfit.verbs.build.weights import initialise

__all__ = ["build", "initialise"]


def build(recipe: Recipe, data: Data, network: Any = None) -> Case:
    """The case of a complete recipe, its network on its device and ready to be trained.

    network: the user's own, an nn.Module or what makes one (called with (shape_in, shape_out), or with nothing);
    without it, recipe.network.name says: a word of the shelf, `module:factory` or `FILE.py:factory`. A module is
    copied, so that the user's stays as it was, and an own network keeps the weights that it comes with; those of the
    shelf get theirs from recipe.network.init. Whatever is drawn is drawn from training.seed, the same on every device;
    torch's own random state stays as it was.

    Raises RecipeError for choices that do not fit the task, NetworkError for a network that cannot be made, fails, or
    gives outputs that do not fit, ShelfError for an unknown word.
    """
    _complete(recipe, network is not None or ":" in recipe.network.name)
    for name in ("optimizer", "schedule"):
        shelf.get(f"{name}s", getattr(recipe.training, name))  # refused here, not after the checks
    must_stay_true(recipe.augment.model_extra or {}, data)
    if (size := min(int(recipe.training.batch_size), len(data.train))) < (n := rank().of):
        raise RecipeError(f"to train in {n} processes", f"a batch of {size} rows", f"start {size} at most, or set more")
    device = device_of(recipe.training.device)
    shares = device if recipe.training.parallel == "fsdp" and rank().of > 1 else None
    if shares and recipe.transfer.mode == "gradual":
        asked, found = "training.parallel = fsdp", "transfer.mode = gradual, where layers begin to learn on the way"
        raise RecipeError(asked, found, "set transfer.mode=fine-tune, or training.parallel=ddp")
    device = device if shares is None else torch.device("cpu")  # the whole network does not fit where its shares do
    loss = loss_of(recipe.training, data, device)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.training.seed)
        made = (
            _from_shelf(recipe, data)
            if network is None and ":" not in recipe.network.name
            else own(recipe, data, network)
        )
        made = made.to(device)
        must_fit(made, data, device)
    _may_be_parted(recipe, made)
    return Case(recipe, data, made.train(), loss, device, shares=shares)


def _may_be_parted(recipe: Recipe, network: nn.Module) -> None:
    """Raise RecipeError where batches in parts would not give what whole batches give."""
    if recipe.training.accumulate < 2:
        return
    asked = f"training.accumulate = {recipe.training.accumulate}"
    if any(isinstance(m, nn.modules.batchnorm._BatchNorm) for m in network.modules()):
        found = "batch norm takes its means over what it sees at once, which would be a part of the batch"
        raise RecipeError(asked, found, "set network.norm=none or layer, or training.checkpoint=blocks instead")
    if recipe.training.accumulate > int(recipe.training.batch_size):
        raise RecipeError(asked, f"a batch of {recipe.training.batch_size} rows", "ask for fewer parts than rows")


def _complete(recipe: Recipe, own_network: bool) -> None:
    """Raise RecipeError where something that is needed here, or for training, is still "auto"."""
    needed = [
        f"training.{k}" for k in ("loss", "optimizer", "schedule", "lr", "l2", "batch_size", "epochs", "patience")
    ]
    if not own_network:
        needed = [f"network.{k}" for k in ("name", "widths", "activation", "init", "dropout", "norm")] + needed
    found = recipe.flat()
    if left := [k for k in needed if found[k] == "auto"]:
        raise RecipeError("to build from this recipe", f'{", ".join(left)} left at "auto"', "let `propose` fill it")


def _from_shelf(recipe: Recipe, data: Data) -> nn.Module:
    """The network of the shelf that the recipe names, with its first weights, with bins from the training rows if it asks."""
    c = recipe.network
    make = shelf.get("networks", c.name)
    size = {"widths": c.widths, "activation": c.activation, "dropout": c.dropout, "norm": c.norm}
    _must_know(make, c.name, c.options, size)
    try:
        made = make(data.shape_in, data.shape_out, **size, **c.options)
    except (ValueError, TypeError, RuntimeError) as error:
        asked = f"a {c.name} network for inputs {data.shape_in} and outputs {data.shape_out}"
        raise NetworkError(asked, str(error).splitlines()[0], "mend the choices under [network]") from error
    initialise(made, c.init, c.init_sigma, torch.Generator().manual_seed(recipe.training.seed))
    for module in made.modules():
        front: Any = module
        if (bins := getattr(front, "bins", 0)) and hasattr(front, "put_edges"):  # an embedding of numbers bin by bin
            x, y = data.train.some(ROWS)
            front.put_edges(bin_edges(x.flatten(1)[:, front.chosen], y, bins))
    return made


def _must_know(make: Any, name: str, options: dict[str, Any], size: dict[str, Any]) -> None:
    """Raise RecipeError for an option that a network of the shelf does not take."""
    taken = inspect.signature(make).parameters
    free = [n for n in taken if n not in ("shape_in", "shape_out", *size)]
    anything = any(p.kind is p.VAR_KEYWORD for p in taken.values())
    for key in options:
        asked = f"network.options.{key}"
        if key in size:
            raise RecipeError(asked, "it is no option, but a choice of every network", f"write network.{key}")
        if key not in free and not anything:
            close = nearest(key, free)
            known = f"{name} knows {', '.join(free) or 'no options'}"
            raise RecipeError(asked, known, f"write {close!r}" if close else "leave it out")
