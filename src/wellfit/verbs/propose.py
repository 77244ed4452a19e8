"""Propose: fill every choice that the recipe leaves at "auto" from the data, each with its reason.

The figures that the reasons rest on are measured by `benchmarks/accuracy.py`; `docs/defaults.md` lists them.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from wellfit.nouns import field_sizes, shelf
from wellfit.nouns.data import Data
from wellfit.nouns.grain import grain_of
from wellfit.nouns.molecules import BONDS
from wellfit.nouns.recipe import Recipe
from wellfit.nouns.task import task_of
from wellfit.nouns.turning import mirrors
from wellfit.nouns.units import many

Proposal = dict[str, tuple[Any, str]]

SMALL = 5000  # training rows below which a dense network is kept small, and bins of numbers fit noise
STEPS = {"pictures": 4000, "small": 1000}
"""Optimizer steps that a training is given: by kind or size; else the task says."""
PASSES = {"pictures": (5, 40), "other": (8, 100)}  # never fewer, never more passes
EMBEDDED = 128  # numbers that are embedded at most: beyond it they make the first layer too wide
WORTH = 1e9  # multiplications a step, some 30 ms on one core, below which threads wait for each other too much


TEXT_SIZE: dict[str, Proposal] = {
    "recurrent": {
        "network.widths": ((384,), "usual for texts of a megabyte"),
        "network.dropout": (0.1, "little: a text is read a few times"),
    }
}


def propose(given: Recipe, data: Data, begun: Mapping[str, Any] | None = None) -> tuple[Recipe, dict[str, str]]:
    """(complete recipe, {dotted key: reason}); what a person set stays, with "as you set it" for its reason.

    begun: choices of the network whose weights are taken over, by dotted key, which stand where nobody set others.

    training.lr is a provisional figure: the range test of `verbs/rate` proposes the final one.
    """
    set_by_a_person = given.given()
    begun = {k: v for k, v in (begun or {}).items() if k not in set_by_a_person}
    given = Recipe.of(begun, given)
    asked = given.flat()
    name, why_name = asked["network.name"], "as you set it"
    if name == "auto":
        name, why_name = task_of(data.task).network(data.raw.kind, data.shape_in)
        name = name or usual_network(data)
    optimizer = asked["training.optimizer"]
    optimizer = "adamw" if optimizer == "auto" else optimizer
    proposed = _network(name, data) | _training(data, optimizer) | _transfer(asked["transfer.weights"])
    own = task_of(data.task).defaults(data, name)  # also of keys that have a usual value, where nobody set them
    proposed |= own
    unset = set(own) - set_by_a_person - set(begun)
    varied = any(k.startswith("augment.") for k in asked)  # a person who says how means that and no more
    proposed = {k: v for k, v in proposed.items() if not (varied and k.startswith("augment."))}
    open_keys = {k: v for k, (v, _) in proposed.items() if k in unset or asked.get(k, "auto") == "auto"}
    reasons = {k: r for k, (_, r) in proposed.items() if k in open_keys}
    options, why = _options(name, data, asked["network.options"])
    if asked["network.name"] == "auto" and why_name:
        open_keys["network.name"], reasons["network.name"] = name, why_name
    if options:
        open_keys["network.options"] = {**options, **asked["network.options"]}
        reasons["network.options"] = why
    if options.get("embedding") == "piecewise" and asked["network.init"] == "auto":
        why = "smaller than He's: bins of numbers add up (housing RMSE 45k, 47k with He's)"
        open_keys["network.init"], reasons["network.init"] = "torch", why
    resolved = {f"data.{k}": v for k, v in data.choices.items()}
    recipe = Recipe.of({**asked, **resolved, **open_keys})
    if asked["training.threads"] == "auto":
        n, reasons["training.threads"] = _threads(recipe, data)
        recipe = Recipe.of({"training.threads": n}, recipe)
    reasons |= dict(data.reasons)
    reasons |= {k: "as you set it" for k in given.given() if k not in open_keys and k not in data.reasons}
    return recipe, reasons | dict.fromkeys(begun, f"as in {given.transfer.weights}")


def _transfer(weights: str) -> Proposal:
    """What learns of a network that begins with weights of an earlier training."""
    return {"transfer.mode": ("fine-tune", "all layers learn on") if weights else ("none", "begins afresh")}


def usual_network(data: Data) -> str:
    """The network for data of this kind, where the task names none."""
    if data.raw.kind == "graphs":
        return "graph"
    return "conv" if data.raw.kind == "pictures" and len(data.shape_in) == 3 else "dense"


def _network(name: str, data: Data) -> Proposal:
    """The network's kind, size and noise."""
    n = len(data.train)
    proposed: Proposal = {
        "network.activation": ("relu", "does not saturate, and is the cheapest"),
        "network.init": ("he", "keeps the scale from layer to layer through ReLU"),
    }
    if name == "conv":
        large = min(data.shape_in[1:]) > 40
        widths = (16, 32, 64, 128) if large else (32, 64, 128)
        why = "over 40 pixels: a stage more, and a narrow first one" if large else "twice as many at each half size"
        return proposed | {
            "network.name": ("conv", "pictures: what is near belongs together"),
            "network.widths": (widths, why),
            "network.dropout": (0.3, "before the last layer"),
            "network.norm": ("batch", "lets a network of convolutions learn at a high rate"),
        }
    if name != "dense" and name in shelf.names("networks"):
        proposed["network.name"] = (name, "what is linked belongs together")  # of graphs; else the task says why
        return proposed | _usual(name) | (TEXT_SIZE.get(name, {}) if data.raw.kind == "text" else {})
    small = n < SMALL
    return proposed | {
        "network.name": (name, "no neighbourhood between the inputs" if name == "dense" else "as you set it"),
        "network.widths": ((128, 128), f"{n:,} rows: small") if small else ((256, 256), f"{n:,} rows bear it"),
        "network.dropout": (0.1, "few rows: more dropout underfits (esol RMSE 0.84, 1.08 with 0.4)")
        if small
        else (0.35, f"{n:,} rows (more noise than small tables bear)"),
        "network.norm": ("none", "a few layers keep their scale without"),
    }


def _usual(name: str) -> Proposal:
    """What a network of the shelf takes where nobody says otherwise."""
    taken = inspect.signature(shelf.get("networks", name)).parameters
    keys = [
        k
        for k in ("widths", "activation", "dropout", "norm")
        if k in taken and taken[k].default is not inspect.Parameter.empty
    ]
    found: Proposal = {f"network.{k}": (taken[k].default, f"usual for {name}") for k in keys}
    init = getattr(shelf.module("networks", name), "INIT", "")  # a network that brings a start of its own
    return found | ({"network.init": (init, f"usual for {name}")} if init else {})


def _training(data: Data, optimizer: str) -> Proposal:
    """The loss, the optimizer and how long."""
    n, kind = len(data.train), "pictures" if data.raw.kind == "pictures" else "other"
    largest = 64 if kind == "pictures" else 32 if data.symbolic else 256
    batch = min(largest, max(16, 2 ** round(math.log2(max(1, n / 20)))), max(2, n))
    least, most = PASSES[kind]
    pictures = kind == "pictures"
    budget = STEPS["pictures" if pictures else "small"] if pictures or n < SMALL else task_of(data.task).steps
    epochs = min(most, max(least, round(budget / math.ceil(n / batch))))
    gpu = torch.cuda.is_available()
    decay = {"adamw": 1e-2, "adam": 1e-5}.get(optimizer, 5e-4)
    return {
        "training.loss": task_of(data.task).loss,
        "training.optimizer": ("adamw", "one rate suits most networks"),
        "training.lr": (1e-3, "provisional"),
        "training.l2": (decay, f"usual for {optimizer}"),
        "training.schedule": ("cosine", "ends at 1 % of the peak rate without a choice of milestones"),
        "training.batch_size": (
            batch,
            f"{math.ceil(n / batch):,} steps a pass over {n:,} rows; 20 where 16 to {largest} allow it",
        ),
        "training.epochs": (epochs, f"a budget of {budget:,} steps, within {least} to {most} passes"),
        "training.patience": (0, "the schedule runs to its end; the best epoch is kept"),
        "training.device": ("cuda" if gpu else "cpu", "a GPU is there" if gpu else "no GPU is there"),
    }


def _options(name: str, data: Data, asked: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """Settings of the network of this name alone, where nobody set them, and why."""
    if name == "unet" and data.preparation.fields is not None:
        return field_sizes.options(data.preparation.fields)
    if name == "dense" and "embedding" not in asked and len(data.shape_in) == 1 and len(data.train) >= SMALL:
        places = numbers(data.train.x)
        if 0 < len(places) <= EMBEDDED:
            found: dict[str, Any] = {"embedding": "piecewise", "embedding_size": min(64, max(8, 512 // len(places)))}
            if {"frequencies", "frequency_sigma"} & set(asked):
                found["embedding"] = "periodic"  # a person who sets the waves means them
            if len(places) < data.shape_in[0]:
                found["numeric"] = places
            return found, f"{len(places)} numbers bin by bin (housing RMSE 45k, 51k without)"
    if data.form == "density" and "grain" in shelf.needs(shelf.get("networks", name)) and "grain" not in asked:
        steps, found = grain_of(data), {}
        if any(steps):
            found["grain"] = steps
        if "bounds" in shelf.needs(shelf.get("networks", name)) and "bounds" not in asked:
            found["bounds"] = [float(v) for v in torch.aminmax(data.train.x)]
        return found, f"{sum(map(bool, steps))} of {many(len(steps), 'number')} written down in steps"
    if name == "graph" and data.raw.edge_kinds and "edge_kinds" not in asked:
        if data.raw.centred:
            found = {"edge_kinds": 1, "aggregate": "mean", "read": "first"}
            return {k: v for k, v in found.items() if k not in asked}, "the answer is of the first node of each"
        said = "single, double, triple and aromatic bonds" if data.raw.edge_kinds == len(BONDS) else "of the edges"
        return {"edge_kinds": data.raw.edge_kinds}, said
    if data.raw.kind == "text":
        found = {"vocabulary": len(data.classes)}
        if "causal" in inspect.signature(shelf.get("networks", name)).parameters:
            found["causal"] = True
        return {k: v for k, v in found.items() if k not in asked}, f"{len(data.classes):,} symbols, each as a vector"
    if (
        name == "conv"
        and data.train.y.dtype == torch.int64
        and data.train.y.ndim == 1
        and not {"shift", "mirror"} & set(asked)
    ):
        shift = round(min(data.shape_in[1:]) / 16)
        mirror, share = mirrors(data.train.x, data.train.y)
        turned = {"none": "not mirrored", "sideways": "mirrored sideways", "both": "mirrored both ways"}[mirror]
        why = f"moved by up to {shift} pixels, {turned} ({share:.2f} of it is one-sided)"
        found = {"shift": shift, "mirror": mirror}  # what has a side has its places in the picture, too
        return found | ({"pool": "flatten"} if mirror == "none" and "pool" not in asked else {}), why
    return {}, ""


def numbers(x: Tensor) -> list[int]:
    """Places of the features of x [N, F] that are numbers: more than two different values in the first 5,000 rows."""
    return [j for j, column in enumerate(x[:5000].T) if len(column.unique()) > 2]


def _threads(recipe: Recipe, data: Data) -> tuple[int, str]:
    """CPU threads by the multiplications of a training step: three times those of a forward pass."""
    free, c = torch.get_num_threads(), recipe.network
    if c.name not in shelf.names("networks"):
        return free, "a network of your own: all that are free"
    size = {"widths": c.widths, "activation": c.activation, "dropout": c.dropout, "norm": c.norm}
    try:
        with torch.random.fork_rng(devices=[]):
            network = shelf.get("networks", c.name)(data.shape_in, data.shape_out, **size, **c.options).eval()
    except (TypeError, ValueError):
        return free, "all that are free"  # a size that cannot be: building the network says so
    work = 3 * int(recipe.training.batch_size) * multiplications(network, data.train.x[:1])
    said = f"{work / 1e6:,.0f} million multiplications a step"
    if free == 1 or work >= WORTH:
        return free, f"{said}" + (": shared" if free > 1 else "; no more are free")
    return 1, f"{said} are too few to share"


def multiplications(network: nn.Module, x: Tensor) -> int:
    """Multiplications of one forward pass of x [1, ...] through the layers with weight matrices."""
    found: list[int] = []

    def count(module: nn.Module, inputs: Any, output: Any) -> None:
        weight = getattr(module, "weight", None)
        if isinstance(weight, Tensor) and weight.ndim > 1 and isinstance(output, Tensor):
            each_output = weight[0].numel() if isinstance(module, nn.Linear | nn.modules.conv._ConvNd) else 1
            found.append(each_output * output.numel() if each_output > 1 else weight.numel())

    hooks = [m.register_forward_hook(count) for m in network.modules()]
    with torch.no_grad():
        network(x)
    for hook in hooks:
        hook.remove()
    return sum(found)
