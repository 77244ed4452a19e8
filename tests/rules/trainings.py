"""Small real trainings, written out by hand, that give what rules and the verdict read: tracks, facts, arrays.

They use wellfit's probes on real Steps and nothing else of it, so that rules are tried on readings as they come.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
import torch
from torch import nn

from wellfit.nouns import shelf
from wellfit.nouns.reading import Reading, tracks
from wellfit.nouns.step import Step
from wellfit.nouns.task import task_of
from wellfit.verbs.reference import forest, widened

SCHEDULES = {
    "cosine": lambda progress: 0.01 + 0.99 * 0.5 * (1 + np.cos(np.pi * progress)),
    "constant": lambda progress: 1.0,
    "exponential": lambda progress: 1e-6 ** min(1.0, 2 * progress),
}


@dataclass(frozen=True)
class Choices:
    """One training. spoil: (x, y, rng) -> (x, y), done before the rows are parted; raw: "x" or "y" is left unscaled;
    every: steps between samples (about 40 in all); network: widths, activation, dropout, init."""

    name: str
    lr: float = 1e-3
    epochs: int = 30
    batch: int = 32
    optimizer: str = "adamw"
    momentum: float = 0.0
    l2: float = 0.0
    schedule: str = "cosine"
    patience: int = 0
    seed: int = 0
    n_train: int | None = None
    n_valid: int | None = None
    spoil: Any = None
    clip: float = 0.0
    weighted: bool = False
    raw: str = ""
    every: int | None = None
    compare: bool = False
    network: dict = field(default_factory=dict)


NETWORK = ("widths", "activation", "dropout", "init")


def train(**choices) -> dict:
    """What the rules of a run read, of one training with these Choices."""
    network = {k: choices.pop(k) for k in NETWORK if k in choices}
    c = Choices(**choices, network=network)
    torch.manual_seed(c.seed)
    task, parts, n_out = rows_of(c)
    net = dense(parts["train"][0].shape[1], n_out, **c.network)
    weight = 1 / torch.bincount(parts["train"][1], minlength=n_out).clamp_min(1) if c.weighted else None
    readings = epochs_of(c, task, net, parts, weight)
    found = {**tracks(readings), **facts(net, task, parts, n_out, weight), "epochs": c.epochs, "recipe": recipe(c)}
    if c.compare:
        (x, y), (x_valid, _) = ((a.numpy(), b.numpy()) for a, b in (parts["train"], parts["valid"]))
        answers = forest(x, y, x_valid, task_of(task).form, c.weighted)
        found["valid_reference"] = widened(answers, y, n_out) if task == "classification" else answers
    return {
        **found,
        "normalise": "none" if c.raw == "x" else "standardise",
        "sample_x": parts["train"][0][:500].numpy(),
    }


def epochs_of(c: Choices, task: str, net: nn.Module, parts: dict, weight) -> list[Reading]:
    """Train `net`; it ends with its best weights, and the readings are returned."""
    (x, y), (x_valid, y_valid) = parts["train"], parts["valid"]
    optimizer = (
        torch.optim.AdamW(net.parameters(), c.lr, weight_decay=c.l2)
        if c.optimizer == "adamw"
        else torch.optim.SGD(net.parameters(), c.lr, momentum=c.momentum, weight_decay=c.l2)
    )
    total = c.epochs * -(-len(x) // c.batch)
    every = c.every or max(1, total // 40)
    readings, index, best, best_loss, since, before = [], 0, copy.deepcopy(net.state_dict()), np.inf, 0, {}
    for epoch in range(c.epochs):
        losses, sizes = [], []
        net.train()
        for rows in torch.randperm(len(x)).split(c.batch):
            for group in optimizer.param_groups:
                group["lr"] = c.lr * SCHEDULES[c.schedule](index / total)
            sampled = index in (0, 1, 2, 4, 8) or index % every == 0
            seen: dict[str, torch.Tensor] = {}
            hooks = listen(net, seen) if sampled else []
            outputs = net(x[rows])
            loss = loss_of(task, outputs, y[rows], weight)
            optimizer.zero_grad()
            loss.backward()
            for hook in hooks:
                hook.remove()
            if sampled:
                at = index * c.batch / len(x)
                step = Step(index, at, net, optimizer, x[rows], y[rows], outputs, loss, c.lr, len(rows), seen, before)
                readings += probed(step)
            before = {name: p.detach().clone() for name, p in net.named_parameters()}
            if c.clip:
                nn.utils.clip_grad_norm_(net.parameters(), c.clip)
            optimizer.step()
            losses.append(float(loss.detach()))
            sizes.append(len(rows))
            index += 1
        train_loss, lr = float(np.average(losses, weights=sizes)), optimizer.param_groups[0]["lr"]
        scores = {
            "train_loss": train_loss,
            "lr": lr,
            "batch_size": c.batch,
            **evaluated(task, net, x_valid, y_valid, weight),
        }
        readings += [Reading(name, float(value), index, epoch + 1.0) for name, value in scores.items()]
        better = scores["valid_loss"] < best_loss
        best, best_loss = (copy.deepcopy(net.state_dict()), scores["valid_loss"]) if better else (best, best_loss)
        since = 0 if better else since + 1
        if not np.isfinite(train_loss + scores["valid_loss"]) or (c.patience and since >= c.patience):
            break
    net.load_state_dict(best)
    return readings


def listen(net: nn.Module, seen: dict) -> list:
    """Hooks that note what each leaf module gives."""
    note = lambda name: lambda module, inputs, output: seen.__setitem__(name, output.detach())
    return [m.register_forward_hook(note(name)) for name, m in net.named_modules() if not list(m.children())]


def probed(step: Step) -> list[Reading]:
    """Readings of every probe of the shelf."""
    readings = []
    for word in shelf.names("probes"):
        with torch.no_grad():
            found = shelf.get("probes", word)(step)
        by_layer = found if isinstance(found, dict) else {"": found}
        readings += [Reading(word, float(v), step.index, step.epoch, where) for where, v in by_layer.items()]
    return readings


def loss_of(task: str, outputs, y, weight=None) -> torch.Tensor:
    """Cross-entropy, or the mean squared error."""
    return nn.functional.cross_entropy(outputs, y, weight) if task == "classification" else ((outputs - y) ** 2).mean()


def evaluated(task: str, net: nn.Module, x, y, weight) -> dict[str, float]:
    """Validation loss, its standard error, and the score."""
    net.eval()
    with torch.no_grad():
        outputs = net(x)
        loss, each = float(loss_of(task, outputs, y, weight)), example_loss(task, outputs, y)
    right = (outputs.argmax(1) == y).float().mean() if task == "classification" else 1 - each.mean() / y.var()
    return {"valid_loss": loss, "valid_loss_se": each.std(ddof=1) / len(each) ** 0.5, "valid_score": float(right)}


def example_loss(task: str, outputs, y) -> np.ndarray:
    """The loss of each example alone."""
    if task == "classification":
        return nn.functional.cross_entropy(outputs, y, reduction="none").double().numpy()
    return ((outputs - y) ** 2).mean(1).double().numpy()


def facts(net: nn.Module, task: str, parts: dict, n_out: int, weight) -> dict:
    """Facts and arrays, as a job writes them down."""
    net.eval()
    found: dict[str, Any] = {"task": task, "parameters": sum(p.numel() for p in net.parameters()), "kind": "table"}
    for part, (x, y) in parts.items():
        with torch.no_grad():
            outputs = net(x)
        found |= {
            f"n_{part}": len(x),
            f"{part}_truth": y.numpy(),
            f"{part}_example_loss": example_loss(task, outputs, y),
        }
        found[f"{part}_outputs"] = (outputs.softmax(1) if task == "classification" else outputs).double().numpy()
    y = parts["train"][1]
    if task == "regression":
        return {**found, "chance_loss": float(y.var(correction=0))}
    counts = torch.bincount(y, minlength=n_out).double()
    share = counts * (1 if weight is None else weight)
    share = share[share > 0] / share.sum()
    found |= {"classes": [str(i) for i in range(n_out)], "class_counts": {"train": counts.long().tolist()}}
    return {**found, "chance_loss": float(-(share * share.log()).sum())}


def recipe(c: Choices) -> dict:
    """The recipe's dotted keys that rules may read."""
    same = ("lr", "optimizer", "l2", "epochs", "patience", "schedule", "clip")
    return {
        **{f"training.{key}": getattr(c, key) for key in same},
        "training.l1": 0.0,
        "training.batch_size": c.batch,
        "training.class_weights": "balanced" if c.weighted else "none",
        "training.label_smoothing": 0.0,
        "training.warmup_frac": 0.0,
        "data.normalise_targets": "none" if c.raw == "y" else "standardise",
        "network.widths": tuple(c.network.get("widths", (64, 64))),
        "network.dropout": c.network.get("dropout", 0.0),
        "network.activation": c.network.get("activation", nn.ReLU).__name__.lower(),
        "network.init": c.network.get("init", "he"),
        "network.norm": "none",
    }


def dense(
    n_in: int, n_out: int, widths=(64, 64), activation=nn.ReLU, dropout: float = 0.0, init: str = "he"
) -> nn.Module:
    """A dense network; init: "he", "xavier", or the standard deviation of every weight."""
    layers: list[nn.Module] = []
    for width in widths:
        layers += [nn.Linear(n_in, width), activation()] + ([nn.Dropout(dropout)] if dropout else [])
        n_in = width
    network = nn.Sequential(*layers, nn.Linear(n_in, n_out))
    for m in network.modules():
        if isinstance(m, nn.Linear):
            nn.init.zeros_(m.bias)
            if init == "he":
                nn.init.kaiming_normal_(m.weight)
            elif init == "xavier":
                nn.init.xavier_normal_(m.weight)
            else:
                nn.init.normal_(m.weight, std=float(init))
    return network


def rows_of(c: Choices) -> tuple[str, dict, int]:
    """(task, {"train": (x, y), "valid": (x, y)}, outputs) of a set, parted by the seed."""
    rng = np.random.default_rng(c.seed)
    x, y, task = known(c.name, c.raw)
    x, y = c.spoil(x.copy(), y.copy(), rng) if c.spoil else (x, y)
    order = rng.permutation(len(x))
    x, y = torch.as_tensor(x)[order], torch.as_tensor(y)[order]
    n_out = int(y.max()) + 1 if task == "classification" else 1
    y = y[:, None].float() if task == "regression" else y.long()
    n = c.n_valid or len(x) // 4
    return task, {"train": (x[n:][: c.n_train], y[n:][: c.n_train]), "valid": (x[:n], y[:n])}, n_out


@cache
def known(name: str, raw: str = "") -> tuple[np.ndarray, np.ndarray, str]:
    """(x, y, task) of a bundled or made set; inputs and regression targets standardised unless left raw."""
    from sklearn import datasets

    made = {
        "moons": lambda: (*datasets.make_moons(600, noise=0.15, random_state=0), "classification"),
        "friedman": lambda: (*datasets.make_friedman1(900, noise=1.0, random_state=0), "regression"),
        "blobs": lambda: (*datasets.make_blobs(600, 5, centers=4, random_state=0), "classification"),
        "rare": lambda: (*_with_a_rare_class(), "classification"),
    }
    if name in made:
        x, y, task = made[name]()[:3]
    else:
        x, y = getattr(datasets, f"load_{name}")(return_X_y=True)
        task = "regression" if name == "diabetes" else "classification"
    if raw != "x":
        x = (x - x.mean(0)) / (x.std(0) + 1e-8)
    if task == "regression" and raw != "y":
        y = (y - y.mean()) / y.std()
    return x.astype(np.float32), y, task


def _with_a_rare_class() -> tuple[np.ndarray, np.ndarray]:
    """Two frequent classes apart from one another, and a rare one (4 %) in the skirts of the second."""
    rng = np.random.default_rng(0)
    y = rng.permutation(np.repeat([0, 1, 2], [480, 480, 40]))
    centres = np.array([[-2.0, 0.0], [2.0, 0.0], [2.6, 0.8]])
    return centres[y] + rng.normal(size=(1000, 2)), y
