"""What two processes do together for test_shared_out.py: `python two_ranks.py FOLDER`, once for each rank."""

from __future__ import annotations

import copy
import json
import sys
from functools import partial
from pathlib import Path

import torch
from safetensors.torch import save_file
from test_networks import EVERY, made, noise, takes
from test_quick import STEPS, Ours, half, quick_of, trained
from torch import Tensor, nn

import wellfit as wf
from wellfit.losses.likelihood import likelihood
from wellfit.losses.mse import mse
from wellfit.nouns import quick, shelf
from wellfit.nouns.case import Case
from wellfit.nouns.quick import Quick
from wellfit.nouns.recipe import Recipe
from wellfit.nouns.run import Run
from wellfit.nouns.shards import apart, full, gather, sharded
from wellfit.nouns.step import Rest
from wellfit.nouns.world import ALONE, World, join
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


EXACT = ("dense", "conv", "recurrent", "unet")
"""Networks whose played steps are held against ordinary ones bit for bit here; of all, test_quick.py does in one process."""
DRAWING = ("vae", "gan", "flow")
"""What draws numbers of its own in a step draws others on each rank."""


def played_together(here: World, name: str, options: dict, optimizer: str = "sgd", **choices) -> dict:
    """far: the largest difference of weights and losses between what two processes trained, whose steps were recorded and
    played, and what one did, as a share of the largest of each; same: are those steps the ordinary ones bit for bit, with
    batch norm and dropout too (of EXACT, for their time); played: how many; why: those that were not. For `same` rank 1
    plays none while rank 0 does."""
    x, density = noise(100, *takes(name)), shelf.module("networks", name).OUTPUTS[0] == "density"
    with torch.no_grad():
        y = torch.zeros_like(made(name, **options)(x))

    def steps(here: World, before: int, **size) -> tuple[Quick, list[Tensor]]:
        quick.BEFORE = before
        network = made(name, **{"activation": "tanh", **size}, **options).train()
        loss = likelihood if density else partial(mse)
        found = quick_of(network, optimizer, loss=loss, here=here, **choices)
        return found, trained(found, x, y)

    smooth, rough = {"norm": "layer", "dropout": 0.0}, {"norm": "batch", "dropout": 0.3, "activation": "relu"}
    _, one = steps(ALONE, STEPS, **smooth)
    two, both = steps(here, 1, **smooth)
    far = [float((a - b).abs().max() / a.abs().max().clamp_min(1e-6)) for a, b in zip(one[:-1], both[:-1])]
    found = {"far": max(far), "played": two.played_steps, "why": two.why}
    if name not in EXACT or optimizer not in ("sgd", "adam"):
        return found
    played, ordinary = steps(here, 1, **rough)[1], steps(here, STEPS if here.rank else 1, **rough)[1]
    same = all(torch.equal(a.nan_to_num(), b.nan_to_num()) for a, b in zip(played, ordinary))
    return {**found, "same": same}


def without_a_gradient(here: World) -> dict:
    """The same of a network half of which has no gradient, and that half stays as it is."""
    x, y = noise(100, 6), noise(100, 3)

    def steps(here: World) -> tuple[Quick, list[Tensor]]:
        torch.manual_seed(0)
        quick.BEFORE = 1
        found = quick_of(Ours(half), loss=partial(mse), here=here)
        return found, trained(found, x, y)

    _, one = steps(ALONE)
    two, both = steps(here)
    far = max(float((a - b).abs().max()) for a, b in zip(one[:-1], both[:-1]))
    torch.manual_seed(0)
    other = torch.equal(Ours(half).other.weight, two._case.network.other.weight)
    return {"far": far, "same": other, "played": two.played_steps, "why": two.why}


def goes_on(here: World) -> tuple[bool, bool]:
    """(does a training with dropout that is left and goes on end as one that was not left, bit for bit; do ranks draw
    other numbers than each other then?)"""
    case = lambda: case_of(**{"training.parallel": "ddp", "network.dropout": 0.3, "training.epochs": 3})
    never, left = case(), case()
    for _ in train(never):
        pass
    for moment in train(left, rest=lambda: True):
        if isinstance(moment, Rest) and moment.keep and moment.index >= HALF:
            state = here.told(moment.state())[0]  # as rank 0 writes it down
            break
    again, drawn = case(), []
    for _ in train(again, state=state, rest=lambda: True):
        drawn = drawn or here.told(torch.get_rng_state())
    same = all(torch.equal(p, q) for p, q in zip(never.network.parameters(), again.network.parameters()))
    return same, not torch.equal(*drawn)


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
    played = {name: played_together(here, name, options) for name, options in first.items()}
    played |= {o: played_together(here, "dense", first["dense"], o) for o in shelf.names("optimizers")}
    played["penalties"] = played_together(here, "dense", first["dense"], l1=0.01, clip=0.1)
    played["unused"] = without_a_gradient(here)
    (folder / f"played {here.rank}.json").write_text(json.dumps(played))
    (folder / f"goes on {here.rank}.json").write_text(json.dumps(goes_on(here)))
    from_file, read = streamed(folder)
    (folder / f"read {here.rank}.json").write_text(json.dumps(read))
    if here.rank == 0:
        save_file(from_file, folder / "from a file.safetensors")
        save_file(weights, folder / "one to two.safetensors")
        save_file(again, folder / "two to two.safetensors")
        (folder / "found.json").write_text(json.dumps({"networks": networks, "optimizers": optimizers}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
