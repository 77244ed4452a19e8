"""Build: the network, its first weights, the loss and the device, put together to a Case that can be trained."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from wellfit.nouns import shelf
from wellfit.nouns.case import Case
from wellfit.nouns.data import Data
from wellfit.nouns.errors import NetworkError, RecipeError
from wellfit.nouns.recipe import Recipe

GAINS = {nn.ReLU: math.sqrt(2), nn.LeakyReLU: math.sqrt(2), nn.Tanh: 5 / 3, nn.Sigmoid: 1.0, nn.GELU: 1.5336}


def build(recipe: Recipe, data: Data, network: nn.Module | None = None) -> Case:
    """The case of a complete recipe: network, weights seeded by training.seed, loss, device."""
    device = device_of(recipe.training.device)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.training.seed)
        made = network if network is not None else made_by_shelf(recipe, data)
    if network is None:
        initialise(made, recipe.network.init, recipe.network.init_sigma, seed=recipe.training.seed)
    made = made.to(device)
    must_fit(made, data, device)
    return Case(recipe, data, made, loss_of(recipe, data, device), device)


def made_by_shelf(recipe: Recipe, data: Data) -> nn.Module:
    """The network of the shelf that the recipe names."""
    c = recipe.network
    size = {"widths": c.widths, "activation": c.activation, "dropout": c.dropout, "norm": c.norm}
    return shelf.get("networks", c.name)(data.shape_in, data.shape_out, **size, **c.options)


def initialise(network: nn.Module, init: str, sigma: float = 0.01, *, seed: int = 0) -> None:
    """Give the weights of linear and convolutional layers their first values; biases 0."""
    generator = torch.Generator().manual_seed(seed)
    if init == "torch":
        return
    layers = [m for m in network.modules() if isinstance(m, (nn.Linear, nn.modules.conv._ConvNd, *GAINS))]
    for layer, after in zip(layers, [*layers[1:], None]):
        if type(layer) in GAINS:
            continue
        gain = GAINS.get(type(after), 1.0)
        weight = layer.weight
        with torch.no_grad():
            if init == "he":
                fan_in = nn.init._calculate_correct_fan(weight, "fan_in")
                weight.normal_(0, gain / math.sqrt(fan_in), generator=generator)
            elif init == "xavier":
                nn.init.xavier_uniform_(weight, generator=generator)
            elif init == "constant_sigma":
                weight.normal_(0, sigma, generator=generator)
            elif init == "zero":
                weight.zero_()
            elif init == "orthogonal":
                nn.init.orthogonal_(weight, gain, generator=generator)
            if layer.bias is not None:
                layer.bias.zero_()


def device_of(word: str) -> torch.device:
    """The device that a recipe's word means; "auto" is a GPU where there is one."""
    if word == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return torch.device(word)


def loss_of(recipe: Recipe, data: Data, device: torch.device) -> Any:
    """(outputs, targets) -> scalar, with class weights and label smoothing filled in."""
    c = recipe.training
    known = shelf.module("losses", c.loss)
    if data.task not in known.TASKS:
        fit = [w for w in shelf.names("losses") if data.task in shelf.module("losses", w).TASKS]
        raise RecipeError(
            f"training.loss = {c.loss!r}",
            f"it is for {', '.join(known.TASKS)}, this data asks for {data.task}",
            f"take {' or '.join(fit)}",
        )
    weight: Tensor | None = None
    if c.class_weights == "balanced":
        n = torch.bincount(data.train.y, minlength=data.shape_out[0]).float()
        weight = n.sum() / (len(n) * n.clamp_min(1))
    elif c.class_weights != "none":
        weight = torch.tensor(c.class_weights)
    if weight is not None:
        weight = weight.to(device)
    return partial(shelf.get("losses", c.loss), weight=weight, label_smoothing=c.label_smoothing)


def must_fit(network: nn.Module, data: Data, device: torch.device) -> None:
    """Raise NetworkError where the output does not fit the task."""
    training = network.training
    x = data.train.x[:2].to(device)
    with torch.no_grad():
        found = network.eval()(x)
    network.train(training)
    if tuple(found.shape) != (len(x), *data.shape_out):
        raise NetworkError(
            f"outputs of shape {(len(x), *data.shape_out)} for {data.task}",
            f"the network gives {tuple(found.shape)} for inputs {tuple(x.shape)}",
            f"let its last layer have {math.prod(data.shape_out)} outputs",
        )
