"""Keep: models and checkpoints as safetensors files, one file each, no pickle; a stranger's file runs no code."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from wellfit.nouns import shelf
from wellfit.nouns.case import Case
from wellfit.nouns.errors import RunError
from wellfit.nouns.module import as_module
from wellfit.nouns.preparation import Preparation
from wellfit.nouns.recipe import Recipe
from wellfit.nouns.run import Run
from wellfit.nouns.task import Form, answers_of, task_of

MODEL, CHECKPOINT = "model.safetensors", "checkpoint.safetensors"
MADE_OTHERWISE = "use the version of wellfit that made the run (environment.json names it), or train anew"


@dataclass(frozen=True)
class Model:
    """A trained network with what it takes to use it on raw data: preparation, task, class and target names."""

    network: nn.Module
    preparation: Preparation
    task: str
    classes: tuple[str, ...]
    target_names: tuple[str, ...]

    def outputs(self, raw: Any) -> np.ndarray:
        """Class probabilities [N, C, *cells], label probabilities [N, K], or values [N, K, *cells] in their units."""
        x = self.preparation.inputs(raw)
        self.network.eval()
        with torch.no_grad():
            out = torch.cat([self.network(part) for part in x.split(2048)]).float()
        return answers_of(self.form, out, self.preparation)

    @property
    def form(self) -> Form:
        """How answers are held: classes, labels or values."""
        return task_of(self.task).form


def _digest(tensors: dict[str, Tensor]) -> str:
    total = hashlib.sha256()
    for name in sorted(tensors):
        flat = tensors[name].flatten().clone(memory_format=torch.contiguous_format)
        total.update(name.encode())
        if flat.numel():
            total.update(flat.view(torch.uint8).numpy().tobytes())
    return total.hexdigest()


def _write(run: Run, name: str, tensors: dict[str, Tensor], plain: dict[str, Any]) -> None:
    # clones: tensors that share memory (tied weights) cannot be written as they are
    tensors = {k: v.detach().cpu().clone(memory_format=torch.contiguous_format) for k, v in tensors.items()}
    run.write(name, save(tensors, {"wellfit": json.dumps(plain), "sha256": _digest(tensors)}))


def _read(run: Run, name: str) -> tuple[dict[str, Tensor], dict[str, Any]]:
    path = run.path / name
    if not path.is_file():
        raise RunError(
            f"{name} of the run {run.path}", "no such file: nothing has been kept yet", "start the run again"
        )
    try:
        with safe_open(path, framework="pt") as file:
            facts = file.metadata() or {}
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
        plain = json.loads(facts["wellfit"])
    except (SafetensorError, OSError, ValueError, KeyError) as error:
        raise RunError(
            f"{path}",
            f"damaged or not of wellfit: {error}",
            "restore the file from a copy, or start the run again",
        ) from None
    if facts.get("sha256") != _digest(tensors):
        raise RunError(
            f"{path}",
            "its content does not have the hash it was written with",
            "restore the file from a copy, or start the run again",
        )
    return tensors, plain


def keep_checkpoint(run: Run, state: dict[str, Any]) -> None:
    """`Rest.state()` to the run's folder, in one move."""
    _write(run, CHECKPOINT, state["tensors"], state["plain"])


def read_checkpoint(run: Run) -> dict[str, Any] | None:
    """What `train(state=...)` goes on from; None where nothing was kept. Raises RunError for a damaged file."""
    if not (run.path / CHECKPOINT).is_file():
        return None
    tensors, plain = _read(run, CHECKPOINT)
    return {"tensors": tensors, "plain": plain}


def keep_model(run: Run, case: Case) -> None:
    """Network and preparation to the run's folder. A network of the user's own is kept as weights alone."""
    data, network = case.data, case.recipe.network
    prepared, tensors = data.preparation.state()
    weights = {f"network.{k}": v for k, v in case.network.state_dict().items()}
    plain = {
        "network": network.model_dump(mode="json"),
        "own": ":" in network.name,
        "shape_in": data.shape_in,
        "shape_out": data.shape_out,
        "task": data.task,
        "classes": data.classes,
        "target_names": data.target_names,
        "preparation": prepared,
    }
    _write(run, MODEL, {**weights, **{f"preparation.{k}": v for k, v in tensors.items()}}, plain)


def own(case: Case) -> nn.Module | None:
    """The network where it is one of the user's own, which no file can remake; else None."""
    return case.network if ":" in case.recipe.network.name else None


def read_model(run: Run, network: Any = None) -> Model:
    """The run's model. A network of the user's own (or what makes it) must be handed in: its code is never loaded by
    name from a run."""
    tensors, plain = _read(run, MODEL)
    take = lambda prefix: {k[len(prefix) :]: v for k, v in tensors.items() if k.startswith(prefix)}
    shapes = tuple(plain["shape_in"]), tuple(plain["shape_out"])
    made = _remade(run, plain, shapes) if network is None else as_module(network, *shapes)
    try:
        made.load_state_dict(take("network."))
    except RuntimeError as error:
        raise RunError(
            f"the weights of {run.path}",
            f"they do not fit the network: {str(error).splitlines()[-1].strip()}",
            "hand in the network that was trained" if network is not None else MADE_OTHERWISE,
        ) from None
    made.eval()
    preparation = Preparation.of(plain["preparation"], take("preparation."))
    return Model(made, preparation, plain["task"], tuple(plain["classes"]), tuple(plain["target_names"]))


def _remade(run: Run, plain: dict[str, Any], shapes: tuple[Any, Any]) -> nn.Module:
    """The network of a model file, made by the shelf; one of the user's own is refused."""
    choices = Recipe.of({"network": plain["network"]}).network
    if plain["own"]:
        raise not_ours(run, choices.name)
    size = choices.model_dump(include={"widths", "activation", "dropout", "norm"})
    return shelf.get("networks", choices.name)(*shapes, **size, **choices.options)


def not_ours(run: Run, name: str) -> RunError:
    """The refusal to run code of the user's own that a run's files name."""
    return RunError(
        f"the network of {run.path}",
        f"it is one of your own, {name}, whose code is not run for you",
        "hand it in: network=..., or --network FILE.py:factory",
    )
