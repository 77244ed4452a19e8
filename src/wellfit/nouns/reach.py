"""Reach: how far back a network of convolutions sees along a series, against where its targets hang on the inputs."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from time import process_time
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from wellfit.nouns.fed import trained
from wellfit.nouns.program import LossSeen, Program
from wellfit.nouns.tape import Ref, mapped

SEEN, TAPES = 12, 3
"""Answers, and recorded steps, that the reach is taken from."""
MOST, SECONDS = 1_500_000, 1.5
"""Numbers of inputs looked at, and seconds of the processor's for that."""
ROWS, PAIRS = 16, 200
"""Series, and places in them, from which a dependence can be told from chance."""
LEFT = 0.3
"""Share of the targets' variance that the network leaves at least."""
ALIKE = 0.9
SAYS, TIMES = 0.2, 2.0
"""Share of what is left that one step of the inputs explains on other series, and how many times as much as any step that
the network sees."""


class Unreached(NamedTuple):
    """at: steps from an answer to the input that says most of what is left (of single answers: its place); low, high: the
    first and last step that an answer sees; says, sees: shares of what is left that the input outside, and the best one
    inside, explain; left: share of the targets' variance that is left; rows: series looked at; single: one answer each."""

    at: int
    low: int
    high: int
    says: float
    sees: float
    left: float
    rows: int
    single: bool


def unreached(program: Program) -> Unreached | None:
    """What the targets hang on and no answer can see; None where the network sees all, or nothing is certain."""
    loss = program.loss
    calls = [n for n in loss.tape.passes() if n.grad] if loss else []
    network = calls[0].module if len(calls) == 1 else None
    convs = [m for m in network.modules() if isinstance(m, nn.Conv1d)] if network is not None else []
    if loss is None or network is None or not any(c.kernel_size[0] > 1 for c in convs):
        return None
    if any(isinstance(m, (nn.RNNBase, nn.MultiheadAttention)) for m in network.modules()):
        return None
    modes = [(m, m.training) for m in network.modules()]
    try:
        with contextlib.suppress(Exception), torch.random.fork_rng():
            network.eval()
            return _unreached(program, network, convs[0].in_channels)
    finally:
        for m, mode in modes:
            m.training = mode
    return None


def _unreached(program: Program, network: nn.Module, channels: int) -> Unreached | None:
    known = {g.index for g in trained(program) if g.inputs.is_floating_point() and g.targets is not None}
    losses = [x for x in program.losses if x.tape.index in known and x.answer is not None and x.target is not None]
    losses = [x for x in losses if len(x.inputs) == 1 and x.target in x.tape.leaves]
    found = _reach(losses[:TAPES], network, channels)
    if found is None:
        return None
    inside, outside, single = found
    if not outside:
        return None
    x, left, y = _left(losses, network, channels)
    share = float((left**2).mean() / y.var(correction=0).clamp_min(1e-30))
    if len(x) < ROWS or x.shape[1] > 8 or share < LEFT or not bool(x.isfinite().all() and left.isfinite().all()):
        return None
    told = {s: _says(x, left, s) for s in outside}
    most = max(told.values())
    if most < SAYS:
        return None
    near = [s for s in outside if told[s] >= ALIKE * most]  # of those that say the same, the nearest
    at = min(near, key=lambda s: min(abs(s - min(inside)), abs(s - max(inside))))
    sees = max(_says(x, left, s) for s in inside)
    if most < TIMES * sees:
        return None
    return Unreached(at, min(inside), max(inside), told[at], max(sees, 0.0), share, len(x), single)


def _played(loss: LossSeen, network: nn.Module, x: Tensor) -> Tensor | None:
    """The answers [B, P] that meet the targets, computed anew from these inputs; None where they are no series."""
    values: dict[int, Any] = {**loss.tape.leaves, loss.inputs[0]: x}
    answer = loss.answer if loss.answer is not None else -1
    for node in loss.tape.needed([answer]):
        args, kwargs = (mapped(tree, Ref, lambda r: values[r.n]) for tree in (node.args, node.kwargs))
        call = network if node.module is network else node.call
        if call is None or not isinstance(given := call(*args, **kwargs), Tensor) or len(node.outs) != 1:
            return None
        values[node.outs[0]] = given
    return _series(values[answer])


def _series(t: Tensor) -> Tensor | None:
    """[B, P] of a tensor with one axis beside the batch that is longer than 1."""
    return t.reshape(len(t), -1) if t.ndim and sum(n > 1 for n in t.shape[1:]) <= 1 else None


def _along(x: Tensor, channels: int) -> Tensor | None:
    """Inputs as [B, C, T]."""
    if x.ndim == 2:
        return x[:, None]
    if x.ndim != 3 or channels not in x.shape[1:]:
        return None
    return x if x.shape[1] == channels else x.mT


def _reach(losses: list[LossSeen], network: nn.Module, channels: int) -> tuple[set[int], list[int], bool] | None:
    """(steps from an answer to the inputs that it depends on, by its gradients: exactly 0 where there is no way; steps that
    it could see and does not; has each series a single answer? Then steps are places). None where nothing depends."""
    found: set[int] = set()
    p = t = 0
    for loss in losses:
        x = loss.tape.leaves[loss.inputs[0]].detach().clone().requires_grad_()
        with torch.enable_grad():
            answers = _played(loss, network, x)
            if answers is None or not answers.requires_grad:
                return None
            p = answers.shape[1]
            for at in {round(i * (p - 1) / (SEEN - 1)) for i in range(SEEN)}:
                (grad,) = torch.autograd.grad(answers[:, at].sum(), x, retain_graph=True)
                places = _along(grad, channels)
                if places is None:
                    return None
                t = places.shape[2]
                touched = places.ne(0).any(0).any(0).nonzero().flatten().tolist()
                found |= {i - (at if p > 1 else 0) for i in touched}
    if not found:
        return None
    missed = [s for s in (range(t) if p == 1 else range(1 - p, t)) if s not in found]
    if p > 1:  # beyond the near end may lie the future: only where the network looks both ways it is there to be seen
        both = p == t and min(found) < 0 < max(found)
        missed = [s for s in missed if s < min(found) or (both and s > max(found))]
    return found, missed, p == 1


def _left(losses: list[LossSeen], network: nn.Module, channels: int) -> tuple[Tensor, Tensor, Tensor]:
    """(inputs [N, C, T], targets less answers [N, P], targets [N, P]) of the different series trained on."""
    xs, rest, ys, seen, many, begun = [], [], [], set(), 0, process_time()
    with torch.no_grad():
        for loss in losses:
            if many > MOST or process_time() - begun > SECONDS:
                break
            x = loss.tape.leaves[loss.inputs[0]]
            answers, along = _played(loss, network, x), _along(x, channels)
            y = _series(loss.tape.leaves[loss.target]) if loss.target is not None else None
            if answers is None or along is None or y is None or y.shape != answers.shape:
                continue
            marks = [hash(bytes(row)) for row in x.detach().flatten(1).contiguous().numpy()]
            new = [i for i, m in enumerate(marks) if m not in seen and not seen.add(m)]
            xs, rest, ys = [*xs, along[new]], [*rest, (y - answers)[new]], [*ys, y[new]]
            many += x.numel()
    return torch.cat(xs).double(), torch.cat(rest).double(), torch.cat(ys).double()


def _says(x: Tensor, left: Tensor, step: int) -> float:
    """Share of what is left that the input this many steps away explains by its value, size and square: fitted on every
    other series, judged on the rest, and the other way round; the worse of the two."""
    p = left.shape[1]
    places = torch.tensor([step]) if p == 1 else torch.arange(p) + step
    fits = (places >= 0) & (places < x.shape[2])
    if int(fits.sum()) * len(x) < PAIRS:
        return 0.0
    given = x[:, :, places[fits]].movedim(1, -1)  # [N, places, C]
    given = (given - given.mean((0, 1))) / given.std((0, 1)).clamp_min(1e-12)
    told = torch.cat([given, given.abs(), given**2, torch.ones_like(given[..., :1])], -1)
    rest = left[:, fits]
    return min(_share(told[a::2], rest[a::2], told[1 - a :: 2], rest[1 - a :: 2]) for a in (0, 1))


def _share(x: Tensor, y: Tensor, other: Tensor, truth: Tensor) -> float:
    width = x.shape[-1]
    square = x.reshape(-1, width).T @ x.reshape(-1, width)
    rule = torch.linalg.lstsq(square, x.reshape(-1, width).T @ y.reshape(-1, 1), driver="gelsd").solution
    missed = truth.reshape(-1) - (other.reshape(-1, width) @ rule)[:, 0]
    return float(1 - missed.var(correction=0) / truth.var(correction=0).clamp_min(1e-30))


def widest(program: Program) -> Iterator[nn.Conv1d]:
    """The convolutions along a series, the farthest-reaching first."""
    convs = [m for n in program.networks for m in n.module.modules() if isinstance(m, nn.Conv1d)]
    yield from sorted(convs, key=lambda c: -(c.kernel_size[0] - 1) * c.dilation[0])
