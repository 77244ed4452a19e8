"""Run: one Replay played as training, and its skill judged on held-out batches."""

from __future__ import annotations

import copy
import math
from functools import partial
from time import thread_time
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from wellfit.nouns.replay import Batch, Outcome, Replay, Substitute
from wellfit.nouns.tape import Ref, each, mapped, refs

LOOK = 25
"""Steps after which a training that may end early is judged."""


class _Inside(TorchFunctionMode):
    """Torch calls replaced by substitutes while a batch is played."""

    def __init__(self, substitutes: tuple[Substitute, ...]) -> None:
        super().__init__()
        self.substitutes = substitutes

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        name = getattr(func, "__name__", "")
        if name == "__get__":
            name = getattr(getattr(func, "__self__", None), "__name__", "")
        for substitute in self.substitutes:
            given = substitute(func, name, args, kwargs)
            if given is not NotImplemented:
                return given
        return func(*args, **kwargs)


def run(replay: Replay, seed: int, until_s: float, steps: int | None = None) -> Outcome:
    """Train copies for `replay.steps` steps (fewer where `thread_time` reaches `until_s`: its own computing time, so
    that a busy machine does not starve it) and judge them."""
    begun = thread_time()
    with torch.random.fork_rng(), torch.enable_grad():
        torch.manual_seed(seed)
        networks, parameters = copy.deepcopy((replay.networks, replay.parameters))
        for surgery in replay.surgeries:
            surgery(list(networks.values()))
        if replay.surgeries:
            parameters.update({id(p): p for n in networks.values() for p in n.parameters() if _foreign(p, parameters)})
        optimizer = replay.optimizer(parameters)
        base = [g["lr"] for g in optimizer.param_groups]
        losses, done = _train(replay, networks, parameters, optimizer, base, until_s, steps or replay.steps)
        finite = bool(losses) and math.isfinite(losses[-1])
        held = skill(replay, networks, parameters, replay.held) if finite else -1.0
        trained = skill(replay, networks, parameters, replay.batches[: len(replay.held)]) if finite else -1.0
    return Outcome(held, trained, len(losses), tuple(losses), finite, thread_time() - begun, replay.note, done)


def _foreign(p: Tensor, parameters: dict[int, Tensor]) -> bool:
    return not any(p is q for q in parameters.values())


def _train(
    replay: Replay, networks: Any, parameters: Any, optimizer: Any, base: Any, until_s: float, steps: int
) -> tuple[list[float], bool]:
    """The losses, and whether enough was reached."""
    losses: list[float] = []
    order = list(range(len(replay.batches)))
    together = int(replay.extra.get("together", 1))  # recorded batches to a step: what a larger batch would be
    for step in range(steps):
        if step % len(order) == 0 and replay.shuffled:
            order = torch.randperm(len(order)).tolist()
        batch = replay.batches[order[step % len(order)]]
        several = [batch, *(replay.batches[order[(step + i) % len(order)]] for i in range(1, together))]
        for group, lr in zip(optimizer.param_groups, base):
            group["lr"] = lr * replay.rate(step)

        gradients = partial(_gradients, replay, several, networks, parameters)
        if isinstance(optimizer, torch.optim.LBFGS):
            total = float(optimizer.step(gradients))
        else:
            total = gradients()
            optimizer.step()
        losses.append(total)
        if not math.isfinite(total) or thread_time() > until_s:
            break
        if step % LOOK == LOOK - 1 < steps - 1 and skill_reached(replay, networks, parameters):
            return losses, True
    return losses, False


def _gradients(replay: Replay, several: list[Batch], networks: Any, parameters: Any) -> float:
    """The gradients of a step, and its loss; also the closure of an optimizer that asks several times a step."""
    every, tape = list(parameters.values()), several[0].tape
    sign = float(replay.extra.get("sign", 1.0))
    if not (tape.stale and replay.clear == "as is"):
        for p in every:
            p.grad = None
    total = 0.0
    for one in several:
        values = play_batch(replay, one, networks, parameters, train=True)
        for n in one.tape.losses:
            loss = values.get(n)
            if loss is not None and loss.requires_grad:
                loss = (loss if loss.numel() == 1 else loss.sum()) * (sign / len(several))
                loss.backward(retain_graph=len(one.tape.losses) > 1)
                total += float(loss.detach())
    if tape.cleared and replay.clear == "as is":
        for p in every:
            p.grad = None
    graded = [p for p in every if p.grad is not None]
    if replay.clip is not None:
        nn.utils.clip_grad_norm_(graded, replay.clip)
    if replay.cut is not None:
        nn.utils.clip_grad_value_(graded, replay.cut)
    return total


def skill_reached(replay: Replay, networks: Any, parameters: Any) -> bool:
    """Is what is enough reached?"""
    known = replay.enough < math.inf and replay.least is not None
    return known and skill(replay, networks, parameters, replay.held) >= replay.enough


def play_batch(replay: Replay, batch: Batch, networks: Any, parameters: Any, train: bool) -> dict[int, Any]:
    """Every tensor of the tape that depends on parameters, computed anew; number -> tensor."""
    leaves = batch.leaves
    for change in replay.fed:
        leaves = change(Batch(batch.tape, batch.loss, leaves, batch.nodes))
    values: dict[int, Any] = dict(leaves)
    for n, i in batch.tape.parameters.items():
        if i in parameters:
            values[n] = parameters[i]
        elif n in batch.tape.asking:
            values[n] = batch.tape.asking[n].clone().requires_grad_()
    if not replay.inside:
        return _play(replay, batch, values, networks, train)
    with _Inside(replay.inside):
        return _play(replay, batch, values, networks, train)


def _play(replay: Replay, batch: Batch, values: dict[int, Any], networks: Any, train: bool) -> dict[int, Any]:
    look = lambda r: values[r.n]
    for node in batch.nodes:
        args, kwargs = mapped(node.args, Ref, look), mapped(node.kwargs, Ref, look)
        if node.module is not None:
            network = networks[id(node.module)]
            network.train(train and (node.flag or replay.train_mode))
            given = network(*args, **kwargs)
        elif node.call is not None:
            if (node.name.endswith("_") and not node.name.endswith("__")) or node.name.startswith("__i"):
                args = tuple(a.clone() if isinstance(a, Tensor) and i == 0 else a for i, a in enumerate(args))
            given = node.call(*args, **kwargs)
        else:
            continue
        for ref, tensor in zip(refs(node.out), each(given, Tensor)):
            values[ref.n] = tensor
    return values


def skill(replay: Replay, networks: Any, parameters: Any, batches: Any) -> float:
    """The share of the way from the best constant answer to a perfect one, at least -1: accuracy against the majority
    class, balanced accuracy for labels 0 and 1, R² for values."""
    if replay.base is not None:
        return _fallen(replay, networks, parameters, batches)
    pairs = []
    with torch.no_grad():
        for batch in batches:
            values = play_batch(replay, batch, networks, parameters, train=False)
            pairs.append(
                (values.get(batch.loss.answer), values.get(batch.loss.output), values[batch.loss.target], batch)
            )
    try:
        return max(_skill(pairs, replay), -1.0)
    except Exception:
        return float("nan")


def total_loss(replay: Replay, networks: Any, parameters: Any, batches: Any) -> float:
    """Mean over the batches of what the program calls backward on."""
    found = []
    with torch.enable_grad():  # it may hold derivatives by the inputs
        for batch in batches:
            values = play_batch(replay, batch, networks, parameters, train=False)
            found.append(sum(float(values[n].detach().sum()) for n in batch.tape.losses if n in values))
    return sum(found) / len(found)


def _fallen(replay: Replay, networks: Any, parameters: Any, batches: Any) -> float:
    """The share of the first loss that is gone, of the way to the least loss where that may be below zero; at least -1.
    As long as the least is not known: by how much it fell."""
    base = replay.base or 0.0
    try:
        fall = base - total_loss(replay, networks, parameters, batches)
    except Exception:
        return float("nan")
    if replay.least is None:
        return fall if math.isfinite(fall) else -math.inf
    gone = fall / ((base - replay.least) or 1.0)
    return max(gone, -1.0) if math.isfinite(gone) else -1.0


def _skill(pairs: list[Any], replay: Replay) -> float:
    scores, truth = [], []
    for answer, output, target, batch in pairs:
        if batch.loss.target in batch.leaves:
            for change in replay.fed:  # the targets as this variant sees them
                target = change(batch)[batch.loss.target]
        kind, (a, t) = _kind(target), _aligned(answer, output, target)
        scores.append(a)
        truth.append(t)
    kind = _kind(torch.cat([p[2].flatten(1) if p[2].ndim > 1 else p[2] for p in pairs]))
    a, t = torch.cat(scores), torch.cat(truth)
    if kind == "binary" and t.ndim == 2 and t.shape[1] > 1 and bool((t.sum(1) == 1).all()):
        kind, t = "classes", t.argmax(1)  # one label in each row
    if kind == "classes":
        said = a.argmax(1) if a.ndim > 1 else a.round().long()
        most = torch.bincount(t.long().flatten()).max() / t.numel()
        right = (said.flatten() == t.flatten().long()).double().mean()
        return float((right - most) / (1 - most).clamp_min(1e-6))
    a, t = a.double(), t.double()
    if not bool(a.isfinite().all()):
        return -1.0
    if kind == "signs":
        return _balanced(a > 0, t > 0)
    if kind == "regression" and "with_logits" in pairs[0][3].loss.name:
        a = a.sigmoid()  # soft targets, such as grey values
    if pairs[0][3].loss.name == "poisson_nll_loss" and _log_input(pairs[0][3]):
        a = a.exp()  # a rate
    if kind == "binary":
        logits = replay.extra.get("logits", "with_logits" in pairs[0][3].loss.name) or bool(((a < 0) | (a > 1)).any())
        return _balanced(a > (0 if logits else 0.5), t > 0.5)
    alike = t.ndim > 2  # places of a picture or a sequence share a unit: judged together
    a, t = (v.reshape(len(v), -1) for v in (a, t))
    rest, spread = ((a - t) ** 2).mean(0), t.var(0, correction=0)
    if alike and len(t) > 1 and float(spread.sum()):
        return float(1 - rest.sum() / spread.sum())
    keep = spread > 1e-6 * spread.max()  # a column that is always the same says nothing
    return float((1 - rest / spread)[keep].clamp_min(-1).mean()) if len(t) > 1 and bool(keep.any()) else 0.0


def _balanced(said: Tensor, one: Tensor) -> float:
    """Balanced accuracy, 0 for a constant answer."""
    said, one = said.flatten(), one.flatten()
    return float(said[one].double().mean() + (~said[~one]).double().mean() - 1)


def _log_input(batch: Batch) -> bool:
    node = batch.loss.node
    return node is None or bool(node.kwargs.get("log_input", node.args[2] if len(node.args) > 2 else True))


def _kind(target: Tensor) -> str:
    if not target.is_floating_point():
        return "classes"
    if target.numel() and bool(((target == 0) | (target == 1)).all()):
        return "binary"
    if target.numel() and bool((target.abs() == 1).all()) and bool((target < 0).any()):
        return "signs"
    return "regression"


def _places(scores: Tensor) -> torch.Size:
    """Their shape without the classes."""
    return scores.shape[:1] + scores.shape[2:]


def _aligned(answer: Any, output: Any, target: Tensor) -> tuple[Tensor, Tensor]:
    """Scores and truth with rows that belong together."""
    if not target.is_floating_point():
        wide = answer is not None and answer.ndim > 2  # classes moved to the second place, as the loss wants them
        for given in (answer, output) if wide else (output, answer):
            if given is not None and given.ndim > 1 and given.shape[1] > 1 and _places(given) == target.shape:
                if given.ndim > 2:
                    given = given.movedim(1, -1).reshape(-1, given.shape[1])
                return given, target.flatten()
        return (output if answer is None else answer).reshape(len(target), -1), target
    if answer.numel() == target.numel():
        return answer.reshape(target.shape), target
    if output is not None and output.numel() == target.numel():
        return output.reshape(target.shape), target
    return torch.broadcast_to(answer, torch.broadcast_shapes(answer.shape, target.shape)), torch.broadcast_to(
        target, torch.broadcast_shapes(answer.shape, target.shape)
    )
