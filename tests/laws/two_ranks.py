"""What two processes do together for test_shared_out.py: `python two_ranks.py FOLDER`, once for each rank."""

from __future__ import annotations

import copy
import json
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file
from test_networks import EVERY, made, noise, takes
from torch import Tensor, nn

import wellfit as wf
from wellfit.losses.likelihood import likelihood
from wellfit.losses.mse import mse
from wellfit.nouns import shelf
from wellfit.nouns.case import Case
from wellfit.nouns.recipe import Recipe
from wellfit.nouns.run import Run
from wellfit.nouns.shards import apart, full, gather, sharded
from wellfit.nouns.step import Rest
from wellfit.nouns.world import World, join
from wellfit.verbs import keep
from wellfit.verbs.build import build
from wellfit.verbs.load import load
from wellfit.verbs.propose import propose
from wellfit.verbs.train import train

CHOICES = {
    "training.epochs": 5,
    "training.batch_size": 8,
    "training.lr": 0.005,
    "training.clip": 1.0,
    "training.l1": 1e-4,
    "training.parallel": "fsdp",
    "network.widths": [32, 17],
    "network.norm": "layer",
    "network.dropout": 0.0,
    "watch.checkpoint_s": 0.01,
}
HALF = 32
"""Steps until a training is left, in the midst of its third epoch."""
ROWS = 6


def case_of(**choices) -> Case:
    given = Recipe.of({**CHOICES, "data.source": "wine", **choices})
    data = load("wine", given.data, None, None)
    return build(propose(given, data, {})[0], data, None)


def to_the_half(run: Run) -> None:
    """Train until step HALF, and keep a checkpoint there."""
    for moment in train(case_of(), rest=lambda: True):
        if isinstance(moment, Rest) and moment.keep and moment.index >= HALF:
            keep.keep_checkpoint(run, moment.state())
            break


def from_the_half(run: Run) -> dict[str, Tensor]:
    """Go on from there to the end; the weights."""
    case = case_of()
    for _ in train(case, state=keep.read_checkpoint(run)):
        pass
    return case.network.state_dict()


def run_in(folder: Path) -> Run:
    folder.mkdir(exist_ok=True)
    (folder / "recipe.toml").touch()
    return Run(folder)


def moved(network: nn.Module, loss, optimizer: torch.optim.Optimizer, run, x: Tensor, times: int) -> None:
    """A few steps of training."""
    for _ in range(2):
        out = run(x)
        (loss(out, torch.zeros_like(out)) * times).backward()
        optimizer.step()
        optimizer.zero_grad()


def apart_and_whole(here: World, name: str, options: dict, optimizer: str = "sgd") -> float:
    """The largest difference of weights between a network that was trained whole and one that was shared out, as a
    share of the largest weight of each tensor."""
    torch.manual_seed(0)
    whole = made(name, norm="layer", dropout=0.0, activation="tanh", **options).train()
    before, shared, x = copy.deepcopy(whole), sharded(whole, torch.device("cpu")), noise(ROWS, *takes(name))
    loss = likelihood if shelf.module("networks", name).OUTPUTS[0] == "density" else mse
    new = lambda network: shelf.get("optimizers", optimizer)(network.parameters(), 1e-2, momentum=0.9, l2=0.01)
    moved(whole, loss, new(whole), whole, x, 1)
    moved(shared, loss, apart(new(shared)), lambda x: here.whole(shared(here.part(x)), ROWS), x, here.size)
    found = copy.deepcopy(whole)
    gather(shared, found)
    held = sum(p.to_local().numel() for p in shared.parameters())  # type: ignore[attr-defined]
    assert held < 0.75 * sum(p.numel() for p in whole.parameters())
    assert any(not torch.equal(p, q) for p, q in zip(whole.parameters(), before.parameters()))
    pairs = [(p.detach(), full(q)) for p, q in zip(whole.parameters(), found.parameters())]
    return max(float((p - q).abs().max() / p.abs().max().clamp_min(1e-6)) for p, q in pairs)


def streamed(folder: Path, parallel: str = "ddp") -> tuple[dict[str, Tensor], list[int]]:
    """The weights after training on rows that lie in a file, and the numbers of the rows that were read for it."""
    recipe = Recipe.of({**CHOICES, "training.parallel": parallel, "training.epochs": 1, "data.memory": "40kB"})
    data = load(folder / "arrays", recipe.data, None, None)
    case, read, feed = build(propose(recipe, data, {})[0], data, None), [], data.train.feed
    assert feed is not None
    fetch, feed.fetch = feed.fetch, lambda rows: (read.extend(rows.tolist()), fetch(rows))[1]  # type: ignore[method-assign]
    for _ in train(case):
        pass
    return case.network.state_dict(), read


DRAWING = ("vae", "gan", "flow")
"""What draws numbers of its own in a step draws others on each rank."""


def main(folder: Path) -> None:
    here = join(torch.device("cpu"))
    wf.fit("wine", out=folder / "two", force=True, **CHOICES)
    alone = Run(folder / "one half")
    weights = from_the_half(alone)
    half = run_in(folder / "two half")
    to_the_half(half)
    again = from_the_half(half)
    first = {name: options for name, options in reversed(EVERY) if name not in DRAWING}
    networks = {name: apart_and_whole(here, name, options) for name, options in first.items()}
    optimizers = {o: apart_and_whole(here, "dense", first["dense"], o) for o in shelf.names("optimizers")}
    from_file, read = streamed(folder)
    (folder / f"read {here.rank}.json").write_text(json.dumps(read))
    if here.rank == 0:
        save_file(from_file, folder / "from a file.safetensors")
        save_file(weights, folder / "one to two.safetensors")
        save_file(again, folder / "two to two.safetensors")
        (folder / "found.json").write_text(json.dumps({"networks": networks, "optimizers": optimizers}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
