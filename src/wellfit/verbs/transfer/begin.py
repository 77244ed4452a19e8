"""begin: the weights that a recipe names: of a run, of a safetensors file, or those that a network comes with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from wellfit.nouns.errors import NetworkError, RecipeError, RunError, nearest
from wellfit.nouns.module import as_module, named, takes_two
from wellfit.nouns.preparation import Preparation
from wellfit.nouns.recipe import Recipe
from wellfit.nouns.run import RECIPE, Run
from wellfit.nouns.scaling import Scaling
from wellfit.nouns.tensors import MODEL, read_tensors, read_weights

PICKLES = (".pt", ".pth", ".ckpt", ".bin", ".pkl")
IMAGENET = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Mean and standard deviation of pictures in 0..1 that torchvision's pretrained weights were made with (its pages)."""


@dataclass(frozen=True)
class Start:
    """What a network begins with; all empty where nothing is taken over.

    name: for messages; weights: by name; preparation: of the data they were trained on, where known;
    choices: of the network they were trained in, by dotted key; network: the user's own, to be built with.
    """

    name: str = ""
    weights: Mapping[str, Tensor] = field(default_factory=dict)
    preparation: Preparation | None = None
    choices: Mapping[str, Any] = field(default_factory=dict)
    network: Any = None


def begin(given: Recipe, network: Any = None) -> Start:
    """The start that `given.transfer.weights` names; network: the user's own, or what makes it.

    Raises RunError where a run or file is missing, unfinished or damaged, RecipeError, NetworkError.
    """
    text = given.transfer.weights
    if not text:
        return Start(network=network)
    if text == "own":
        return _of_network(given, network)
    path = Path(text).expanduser()
    if (path / RECIPE).is_file():
        return _of_run(path, given, network)
    if path.is_file():
        return _of_file(path, given, network)
    raise _missing(path, text)


def _of_run(path: Path, given: Recipe, network: Any) -> Start:
    run = Run.open(path)
    if not (path / MODEL).is_file():
        found = f"it has not ended: there is no {MODEL}"
        raise RunError(f"the weights of the run {path}", found, f"`wellfit resume {path}` first")
    tensors, plain = read_tensors(run, MODEL)
    take = lambda prefix: {k[len(prefix) :]: v for k, v in tensors.items() if k.startswith(prefix)}
    preparation = Preparation.of(plain["preparation"], take("preparation."))
    chosen = dict(plain["network"])
    name = given.network.name
    if plain["own"] and name == "auto" and network is None:
        raise NetworkError(
            f"the network of {path}",
            f"it is one of your own, {chosen['name']}, whose code is not run for you",
            "hand it in: network=..., or --network FILE.py:factory",
        )
    same = network is None and name in ("auto", chosen["name"])
    options = {k: v for k, v in chosen.pop("options").items() if k not in ("shift", "mirror")}  # of its data
    kept = {f"network.{k}": chosen[k] for k in ("name", "widths", "activation", "norm")} | {"network.options": options}
    return Start(str(path), take("network."), preparation, kept if same else {}, network)


def _of_file(path: Path, given: Recipe, network: Any) -> Start:
    if path.suffix.lower() in PICKLES:
        do = "convert it once: safetensors.torch.save_file(torch.load(FILE, weights_only=True), 'weights.safetensors')"
        raise RunError(f"the weights in {path}", "a pickle, which may run code of a stranger's", do)
    if (path.parent / RECIPE).is_file() and path.name == MODEL:
        return _of_run(path.parent, given, network)
    return Start(str(path), read_weights(path), None, {}, network)


def _of_network(given: Recipe, network: Any) -> Start:
    """A module with weights of its own, made where it needs no shapes for that."""
    name, options = given.network.name, given.network.options
    if network is None and ":" not in name:
        raise RecipeError(
            'transfer.weights = "own"', f"the network {name!r} comes with none", "name your own: --from FILE.py:factory"
        )
    found = named(name, f"network.name = {name!r}") if network is None else network
    factory = partial(found, **options) if options and not isinstance(found, nn.Module) and callable(found) else found
    if not isinstance(factory, nn.Module) and takes_two(factory):
        return Start(name, network=found)  # made for the shapes of this task, which are not known yet
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(given.training.seed)
        module = as_module(factory, (), ())
    weights = {k: v.detach().clone() for k, v in module.state_dict().items()}
    return Start(name, weights, _published(module), network=module)


def _published(module: nn.Module) -> Preparation | None:
    """The scaling that a pretrained module of timm or torchvision was trained with, for pictures in bytes."""
    told = getattr(module, "pretrained_cfg", None) or getattr(module, "default_cfg", None)
    mean, std = IMAGENET if type(module).__module__.startswith("torchvision.") else ((), ())
    if isinstance(told, Mapping) and told.get("mean") and told.get("std"):
        mean, std = told["mean"], told["std"]
    if not mean:
        return None
    shape = (len(mean), 1, 1)
    parts = {k: torch.tensor(v, dtype=torch.float64).view(shape) * 255 for k, v in (("shift", mean), ("scale", std))}
    return Preparation("pictures", "classification", shape, Scaling("standardise", shape, True, parts))


def _missing(path: Path, text: str) -> RunError:
    """The refusal of a run or file that is not there, or is no run, with the nearest that is."""
    asked = f"the weights of {text}"
    if path.is_dir():
        inner = sorted(p.parent.name for p in path.glob(f"*/{RECIPE}"))
        do = f"name one of its runs: {path / inner[-1]}" if inner else "name a run's folder; `wellfit runs` lists them"
        return RunError(asked, f"a folder, but no run: no {RECIPE} there", do)
    beside = {}
    if path.parent.is_dir():
        beside = {
            p.name.lower(): p for p in path.parent.iterdir() if (p / RECIPE).is_file() or p.suffix == path.suffix != ""
        }
    close = nearest(path.name, beside)
    do = (
        f"write {beside[close]}"
        if close
        else "name a run, a .safetensors file, or FILE.py:factory; `wellfit runs` lists runs"
    )
    return RunError(asked, "no such run, and no such file", do)
