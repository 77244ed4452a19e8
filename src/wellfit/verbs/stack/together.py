"""Training several cases at once: one pass over the data, each case with its own rate, momentum, penalties, dropout,
seed and schedule, and with what it would have come to alone, but for the rounding of float32."""

from __future__ import annotations

import math
import time
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from wellfit.nouns.case import Case
from wellfit.nouns.data import Split, at_once
from wellfit.nouns.reading import Reading
from wellfit.nouns.task import task_of
from wellfit.nouns.tempo import Tempo, order_of
from wellfit.nouns.threads import threads
from wellfit.verbs.stack.layers import Layers
from wellfit.verbs.stack.losses import LOSSES
from wellfit.verbs.stack.rules import Mover

REST_S = 2.0
"""Seconds after which an empty answer comes between two steps, so that the caller can say that the trials live."""
EVAL_ROWS = 1024


@dataclass(frozen=True)
class Told:
    """What an epoch came to for one case. epoch: passes done; readings: as a Rest has them; why_stop: "epochs",
    "patience", "not finite", or "" while it goes on; state: weights and biases of each layer."""

    epoch: int
    readings: tuple[Reading, ...]
    why_stop: str
    state: list[tuple[Tensor, Tensor]]


def together(cases: Sequence[Case]) -> Generator[dict[int, Told], Iterable[int] | None, None]:
    """Train cases of one kin (`kin`); after each epoch {place in `cases`: Told}, {} in between every few seconds.

    Send the places of those that are to leave; those that have ended leave by themselves. The cases' networks stay as
    they were: what is learnt is in the stack.
    """
    stack = _Stack(cases)
    with threads(cases[0].recipe.training.threads):
        while stack.places:
            for _ in stack.epoch():
                yield {}
            told = stack.close()
            leave = set((yield told) or ()) | {k for k, t in told.items() if t.why_stop}
            stack.leave(leave)


class _Stack:
    """places [K]: which of the cases are still there."""

    def __init__(self, cases: Sequence[Case]):
        first = cases[0]
        self.cases, self.places, self.device = list(cases), list(range(len(cases))), first.device
        self.train, self.valid = first.data.train.to(first.device), first.data.valid.to(first.device)
        t = [c.recipe.training for c in cases]
        self.tempos, self.batch = [Tempo(c, len(self.train)) for c in t], min(int(t[0].batch_size), len(self.train))
        classes = first.data.shape_out[0] if first.data.form == "classes" else 0
        self.y = one_hot(self.train.y, classes).float() if classes else self.train.y
        self.layers = Layers([c.network for c in cases], first.recipe.network.activation)
        column = lambda values: torch.tensor([float(v) for v in values], device=self.device)
        self.own = {"l1": column(c.l1 for c in t), "clip": column(c.clip for c in t),
                    "smoothing": column(c.label_smoothing for c in t)}  # fmt: skip
        self.extra = {name: bool((held > 0).any()) for name, held in self.own.items()}
        moves = column(c.momentum for c in t), column(c.l2 for c in t)
        self.mover = Mover(str(t[0].optimizer), self.layers.flat, self.layers.n_weights, *moves)
        self.loss_of = LOSSES[t[0].loss]
        self.dropout = [float(c.recipe.network.dropout) for c in cases]
        self.draws = [torch.Generator().manual_seed(c.seed) for c in t]
        self.best = [(math.inf, 0)] * len(cases)  # least validation loss, and epochs since
        self.index = self.epochs = 0
        self.sums, self.rows, self.epoch_s = torch.zeros(len(cases), device=self.device), 0, 0.0

    def epoch(self) -> Iterable[None]:
        """One pass over the training rows; something comes every few seconds."""
        n, begun = len(self.train), time.perf_counter()
        seeds = [self.cases[k].recipe.training.seed for k in self.places]
        each = {s: order_of(n, s, self.epochs).to(self.device) for s in dict.fromkeys(seeds)}
        order = torch.stack(list(each.values())) if len(each) == 1 else torch.stack([each[s] for s in seeds])
        x, y = self.train.x.flatten(1), self.y
        k, seen, said = len(self.places), 0, begun
        self.sums.zero_()
        self.rows = 0
        for rows in order.split(self.batch, 1):
            if rows.shape[1] < 2 and self.batch > 1:  # as alone: a lone last example is left for another epoch
                continue
            xb, yb = x[rows], y[rows]
            self._step(xb.expand(k, *xb.shape[1:]), yb.expand(k, *yb.shape[1:]), self.epochs * n + seen)
            seen += rows.shape[1]
            if time.perf_counter() - said > REST_S:
                said = time.perf_counter()
                yield
        self.rows, self.epochs, self.epoch_s = seen, self.epochs + 1, time.perf_counter() - begun

    def _step(self, x: Tensor, y: Tensor, seen: int) -> None:
        noise = self._noise(x.shape[1])
        outputs, kept = self.layers.forward(x, noise)
        smoothing = self.own["smoothing"][:, None, None] if self.extra["smoothing"] else None
        losses, grad = self.loss_of(outputs, y, smoothing)
        self.layers.back(grad, kept, noise)
        rates = [self.tempos[k].rate(seen, self.batch, 0) for k in self.places]
        self._restrain()
        self.mover.step(self.layers.flat, self.layers.grad, torch.tensor(rates, device=self.device))
        self.sums.add_(losses, alpha=x.shape[1])
        self.index += 1

    def _restrain(self) -> None:
        """L1 into the gradient, then its norm kept within bounds, as for one network alone."""
        grad, w = self.layers.grad, self.layers.n_weights
        if self.extra["l1"]:
            grad[:, :w].addcmul_(self.layers.flat[:, :w].sign(), self.own["l1"][:, None])
        if self.extra["clip"]:
            clip = self.own["clip"]
            share = (clip / (grad.norm(dim=1) + 1e-6)).clamp(max=1.0)
            grad.mul_(torch.where(clip > 0, share, torch.ones_like(share))[:, None])

    def _noise(self, rows: int) -> list[Tensor | None]:
        """Of each hidden layer [K, B, U], drawn as each network alone would draw it; [] where nothing is dropped."""
        drops = [self.dropout[k] for k in self.places]
        if not any(drops):
            return []
        made = [torch.ones(len(drops), rows, out, device=self.device) for out, _ in self.layers.shapes[:-1]]
        for n, (k, p) in enumerate(zip(self.places, drops)):
            for layer, width in zip(made, self.layers.widths[n]) if p else ():
                draw = torch.empty(rows, width).bernoulli_(1 - p, generator=self.draws[k]).div_(1 - p)
                layer[n, :, :width] = draw
        return list(made)

    def close(self) -> dict[int, Told]:
        """Every case's epoch, judged on the validation rows."""
        outputs, train = self._answers(self.valid), (self.sums / max(self.rows, 1)).tolist()
        score, found = task_of(self.cases[0].data.task).score, {}
        for n, k in enumerate(self.places):
            case, t = self.cases[k], self.cases[k].recipe.training
            figures = torch.stack([case.loss(outputs[n], self.valid.y), score(outputs[n], self.valid.y)]).tolist()
            least, bad = self.best[k]
            self.best[k] = least, bad = (figures[0], 0) if figures[0] < least else (least, bad + 1)
            stop = "patience" if int(t.patience) and bad >= int(t.patience) else ""
            if not (math.isfinite(train[n]) and math.isfinite(figures[0])):
                stop = "not finite"
            elif self.epochs >= int(t.epochs):
                stop = "epochs"
            found[k] = Told(self.epochs, self._readings(k, train[n], *figures), stop, self.layers.state(n))
        return found

    def _readings(self, k: int, train: float, valid: float, score: float) -> tuple[Reading, ...]:
        at = (self.index, float(self.epochs))
        rate = self.tempos[k].rate((self.epochs - 1) * len(self.train), self.batch, 0)
        values = {"train_loss": train, "valid_loss": valid, "valid_score": score, "lr": rate}
        return tuple(Reading(name, value, *at) for name, value in values.items())

    def _answers(self, split: Split) -> Tensor:
        """[K, N, C]."""
        x, k = split.x.flatten(1), len(self.places)
        parts = x.split(at_once(x, EVAL_ROWS))
        return torch.cat([self.layers.forward(part.expand(k, *part.shape))[0] for part in parts], 1)

    def leave(self, gone: set[int]) -> None:
        """Take cases out; the rest goes on faster."""
        if not gone & set(self.places):
            return
        rows = torch.tensor(
            [n for n, k in enumerate(self.places) if k not in gone], dtype=torch.long, device=self.device
        )
        self.places = [k for k in self.places if k not in gone]
        if not self.places:
            return
        self.layers.keep(rows)
        self.mover.keep(rows)
        self.own = {name: held[rows] for name, held in self.own.items()}
        self.sums = self.sums[rows]
