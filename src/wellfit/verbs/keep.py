"""Keep: models and checkpoints as safetensors files, one file each, no pickle; a stranger's file runs no code."""

from __future__ import annotations

import shutil
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from wellfit.nouns import shelf
from wellfit.nouns.carried import Begun, Carried
from wellfit.nouns.case import Case
from wellfit.nouns.data import at_once
from wellfit.nouns.errors import RunError
from wellfit.nouns.module import as_module, takes_two
from wellfit.nouns.preparation import Preparation
from wellfit.nouns.recipe import Recipe
from wellfit.nouns.refit import refit
from wellfit.nouns.run import FOLDER, Run
from wellfit.nouns.shard_files import write_together
from wellfit.nouns.shards import is_sharded
from wellfit.nouns.task import Form, answers_of, task_of
from wellfit.nouns.tensors import MODEL, read_tensors, write_tensors
from wellfit.nouns.tiles import cut, joined
from wellfit.nouns.world import join

CHECKPOINT, BEGUN = "checkpoint.safetensors", "begun.safetensors"
TOGETHER = "checkpoint.json"
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
        """Class probabilities [N, C, *cells], label probabilities [N, K], or values [N, K, *cells] in their units; of
        pictures [N, C, H, W] of another size than in training, where each cell has a class, put together from tiles."""
        shape, masks = self.preparation.shape, self.form == "classes" and len(self.preparation.shape_out) > 2
        if masks and getattr(raw, "ndim", 0) == 4 and raw.shape[1] == shape[0] and raw.shape[2:] != shape[1:]:
            side = (shape[1], shape[2])
            tiles = [(tuple(one.shape[1:]), self.outputs(cut(one, side))) for one in np.asarray(raw)]
            return np.stack([joined(out, size, side) for size, out in tiles])
        x = self.preparation.inputs(raw)
        self.network.eval()
        with torch.no_grad():
            out = torch.cat([self.network(part) for part in x.split(at_once(x, 2048))]).float()
        return answers_of(self.form, out, self.preparation)

    @property
    def form(self) -> Form:
        """How answers are held: classes, labels or values."""
        return task_of(self.task).form


def keep_checkpoint(run: Run, state: dict[str, Any]) -> None:
    """`Rest.state()` to the run's folder, in one move. Where ranks share the network out, all of them write it together,
    into the folder of rank 0."""
    if any(is_sharded(t) for t in state["tensors"].values()):
        _keep_together(run, state)
        return
    write_tensors(run, CHECKPOINT, state["tensors"], state["plain"])
    _forget_folders(run)


def _keep_together(run: Run, state: dict[str, Any]) -> None:
    """A new folder, then the file that names it, then the earlier ones are let go: a kill leaves one that is whole."""
    here = join(torch.device("cpu"))
    name = f"{FOLDER}{state['plain']['progress']['index']}"
    name += "-again" * (run.read_json(TOGETHER, {}).get("folder") == name)  # the one that stands is not written over
    folder = Path(here.said(str((run.path / name).absolute())))
    if here.rank == 0:
        shutil.rmtree(folder, ignore_errors=True)  # of a start before this one
    here.any(False)  # until then nobody writes
    write_together(folder, state["tensors"], here)
    if here.rank == 0:
        run.write_json(TOGETHER, {"folder": name, "plain": state["plain"]})
        (run.path / CHECKPOINT).unlink(missing_ok=True)
        _forget_folders(run, name)


def _forget_folders(run: Run, but: str = "") -> None:
    if not but:
        (run.path / TOGETHER).unlink(missing_ok=True)
    for old in run.path.glob(f"{FOLDER}*"):
        if old.name != but:
            shutil.rmtree(old, ignore_errors=True)


def read_checkpoint(run: Run) -> dict[str, Any] | None:
    """What `train(state=...)` goes on from; None where nothing was kept. Raises RunError for a damaged file."""
    if named := run.read_json(TOGETHER):
        return {"folder": (run.path / named["folder"]).absolute(), "plain": named["plain"]}
    if not (run.path / CHECKPOINT).is_file():
        return None
    tensors, plain = read_tensors(run, CHECKPOINT)
    return {"tensors": tensors, "plain": plain}


def keep_model(run: Run, case: Case) -> None:
    """Network and preparation to the run's folder. A network of the user's own is kept as weights alone."""
    data, network = case.data, case.recipe.network
    prepared, tensors = data.preparation.state()
    weights = {f"network.{k}": v for k, v in case.network.state_dict().items()}
    plain = {
        "network": network.model_dump(mode="json"),
        "own": ":" in network.name,
        "refit": bool(case.recipe.transfer.weights),
        "shape_in": data.shape_in,
        "shape_out": data.shape_out,
        "task": data.task,
        "classes": data.classes,
        "target_names": data.target_names,
        "preparation": prepared,
    }
    write_tensors(run, MODEL, {**weights, **{f"preparation.{k}": v for k, v in tensors.items()}}, plain)


def keep_begun(run: Run, case: Case, preparation: Preparation | None) -> None:
    """What a run with weights of an earlier training needs to go on without them: the weights as they are before the
    first step, what is frozen, and the earlier preparation, whose scaling it may have kept. Nothing for other runs."""
    if not case.carried:
        return
    json, tensors = preparation.state() if preparation else (None, {})
    held = {f"network.{k}": v for k, v in case.network.state_dict().items()}
    held |= {f"preparation.{k}": v for k, v in tensors.items()}
    write_tensors(run, BEGUN, held, {"carried": [asdict(row) for row in case.carried], "preparation": json})


def read_begun(run: Run) -> Begun:
    """The inverse; empty for a run that began afresh. Raises RunError for a damaged file."""
    if not (run.path / BEGUN).is_file():
        return Begun()
    tensors, plain = read_tensors(run, BEGUN)
    take = lambda prefix: {k[len(prefix) :]: v for k, v in tensors.items() if k.startswith(prefix)}
    rows = tuple(Carried(**row | {k: tuple(row[k]) for k in ("shape", "was")}) for row in plain["carried"])
    json = plain["preparation"]
    return Begun(rows, take("network."), Preparation.of(json, take("preparation.")) if json else None)


def own(case: Case) -> nn.Module | None:
    """The network where it is one of the user's own, which no file can remake; else None."""
    return case.network if ":" in case.recipe.network.name else None


def read_model(run: Run, network: Any = None) -> Model:
    """The run's model. A network of the user's own (or what makes it) must be handed in: its code is never loaded by
    name from a run."""
    tensors, plain = read_tensors(run, MODEL)
    take = lambda prefix: {k[len(prefix) :]: v for k, v in tensors.items() if k.startswith(prefix)}
    shapes = tuple(plain["shape_in"]), tuple(plain["shape_out"])
    made = _remade(run, plain, shapes) if network is None else _handed_in(network, plain, shapes)
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


def _handed_in(network: Any, plain: dict[str, Any], shapes: tuple[Any, Any]) -> nn.Module:
    """The user's own network; one that began with weights for another task gets its last layer for this one."""
    if isinstance(network, nn.Module):
        return network
    factory = partial(network, **plain["network"]["options"]) if plain["network"]["options"] else network
    made = as_module(factory, *shapes)
    if not plain.get("refit") or takes_two(factory):
        return made
    with torch.random.fork_rng(devices=[]):
        return refit(made, *shapes)


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
