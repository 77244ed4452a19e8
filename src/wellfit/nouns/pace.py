"""Pace: how fast a program's training moves and where it was when it stopped: what its loss, steps and updates tell."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import cached_property
from statistics import fmean, median

import numpy as np

from wellfit.nouns.program import LossSeen, OptimizerSeen, Program

USUAL = {
    "SGD": (1e-3, 0.5), "Adam": (5e-5, 0.02), "AdamW": (1e-5, 0.02), "NAdam": (5e-5, 0.02), "RAdam": (5e-5, 0.02),
    "Adamax": (1e-4, 0.05), "RMSprop": (5e-5, 0.01), "Adagrad": (1e-3, 0.5), "Adadelta": (0.05, 2.0),
    "ASGD": (1e-3, 0.5), "Rprop": (1e-4, 0.05), "LBFGS": (0.01, 1.5), "Adafactor": (1e-4, 0.05), "Muon": (1e-4, 0.1),
}  # fmt: skip
"""Rates that each optimizer is usually given (its documentation's default and what its paper's figures span)."""
MOMENTUM_FROM = 1e-4
"""Lower end for SGD with momentum, which multiplies the rate by 1 / (1 - momentum)."""


def beyond_usual(optimizer: OptimizerSeen | None) -> float:
    """log10 of how far the first group's rate lies above (+) or below (-) the usual range; 0 inside or unknown."""
    if optimizer is None or not optimizer.groups or optimizer.kind not in USUAL:
        return 0.0
    group = optimizer.groups[0]
    lr, (low, high) = float(group.get("lr") or 0.0), USUAL[optimizer.kind]
    rates = [float(r[0]) for _, r in optimizer.rates if r]
    lr = max([lr, *rates]) if rates else lr
    momentum = float(group.get("momentum") or 0.0)
    if momentum >= 0.5:
        low, high = MOMENTUM_FROM, 2 * high * (1 - min(momentum, 0.9))
    if not math.isfinite(lr) or lr <= 0:
        return -9.0
    return math.log10(lr / high) if lr > high else -math.log10(low / lr) if lr < low else 0.0


@dataclass(frozen=True)
class Pace:
    """The losses of the main training (one a backward), and its steps."""

    program: Program

    @cached_property
    def losses(self) -> list[float]:
        main = self.program.main
        first = main.first if main else 0
        return [v for at, v in self.program.curve if at >= first]

    @cached_property
    def finite(self) -> bool:
        return all(math.isfinite(v) for v in self.losses)

    @cached_property
    def blocks(self) -> list[tuple[float, float]]:
        """Mean and its standard error over eighths of the training."""
        values, n = self.losses, min(8, len(self.losses) // 2)
        parts = [values[i * len(values) // n : (i + 1) * len(values) // n] for i in range(n)] if n else []
        spread = [float(np.std(p, ddof=1)) if math.isfinite(sum(p)) and len(p) > 1 else 0.0 for p in parts]
        return [(fmean(p), s / math.sqrt(len(p))) for p, s in zip(parts, spread)]

    @cached_property
    def start(self) -> float:
        """Loss of the first steps."""
        return fmean(self.losses[:3]) if self.losses else math.nan

    @cached_property
    def end(self) -> float:
        return self.blocks[-1][0] if self.blocks else math.nan

    @property
    def fallen(self) -> float:
        """Share of the first loss that is gone at the end."""
        return 1 - self.end / self.start if self.start > 0 and math.isfinite(self.end) else 0.0

    @property
    def late(self) -> float:
        """Share of the whole fall that fell in the last quarter, 0 where that is within the noise."""
        if len(self.blocks) < 8 or not self.finite:
            return self._short()
        (a, ea), (b, eb) = self.blocks[-3], self.blocks[-1]
        top = max(m for m, _ in self.blocks[:2])
        if a - b < 2 * math.hypot(ea, eb) or top <= b:
            return 0.0
        return (a - b) / max(max(top, self.start) - b, 1e-12)

    def _short(self) -> float:
        """The same for a few steps only."""
        v = self.losses
        if len(v) < 3 or not self.finite or v[-1] >= v[0]:
            return 0.0
        return (v[(2 * len(v)) // 3] - v[-1]) / max(v[0] - v[-1], 1e-12)

    @cached_property
    def updates(self) -> list[tuple[int, float]]:
        """(program steps, norm of the update of all weights over the norm of all weights) of the watched steps."""
        found = []
        for moment in self.program.moments:
            weight = math.sqrt(sum(w * w for w in moment.weight.values()))
            moved = math.sqrt(sum((u * moment.weight.get(n, 0.0)) ** 2 for n, u in moment.update.items()))
            if moment.update and weight > 0:
                found.append((moment.index, moved / weight))
        return found

    @property
    def update(self) -> float:
        """The usual update ratio, nan where none was seen."""
        values = [u for _, u in self.updates if math.isfinite(u)]
        return median(values) if values else math.nan

    @property
    def first_update(self) -> float:
        """The largest update ratio of the first watched steps."""
        first = self.program.main.first if self.program.main else 0
        values = [u for at, u in self.updates if first <= at < first + 8]
        return max((u if math.isfinite(u) else math.inf for u in values), default=math.nan)

    @cached_property
    def rows(self) -> int:
        """Examples in a full batch: rows of what the network is fed, else of the targets."""
        looks = [x.look(x.inputs[0]) if x.inputs else None for x in self.program.losses]
        fed = max((k.shape[0] for k in looks if k and len(k.shape) > 1), default=0)
        return fed or max((self.program.batch(x) for x in self.program.losses), default=0)

    @cached_property
    def examples(self) -> int:
        """Examples of a whole pass over the training data, 0 where unknown: of the loader, or of the tensor that the
        batches were picked from."""
        for loader in self.program.loaders:
            if loader.batch_size and loader.examples and loader.batch_size == self.rows:
                return loader.examples
        sizes = [self._picked_from(x) for x in self.program.losses[:6]]
        return max(sizes, default=0)

    def _picked_from(self, loss: LossSeen) -> int:
        """Rows of the tensor that the network's input was indexed out of."""
        tape, fed = loss.tape, set(loss.inputs)
        for node in tape.nodes:
            if node.name == "__getitem__" and fed & set(node.outs):
                look = tape.looks.get(node.ins[0]) if node.ins else None
                return look.shape[0] if look and look.shape else 0
        return self.rows if all(i in tape.leaves for i in fed) and self._same_each_time(loss) else 0

    def _same_each_time(self, loss: LossSeen) -> bool:
        """Is the network fed the same tensor in every step (training on all of the data at once)?"""
        first = [x.tape.leaves.get(x.inputs[0]) for x in self.program.losses[:3] if x.inputs]
        return (
            len(first) > 1
            and all(t is not None for t in first)
            and len({t.data_ptr() for t in first if t is not None}) == 1
        )

    @cached_property
    def epoch(self) -> int:
        """Steps in one pass over the training data, 0 where unknown."""
        return math.ceil(self.examples / self.rows) if self.examples and self.rows else 0


def judged(program: Program) -> list[tuple[int, float]]:
    """(program steps, loss) of evaluations on data that is not trained on: the means that a loss function gave in
    passes without gradient, those of the line that was reached most often."""
    by_line: dict[object, dict[int, list[float]]] = {}
    for seen in program.passes:
        if seen.grad:
            continue
        for node in seen.compared:
            if node.name.startswith("__") or node.name in ("eq", "ne", "sub", "mul"):
                continue
            for out in node.outs:
                value = _value(seen.tape.looks.get(out), [n.value for n in seen.tape.nodes if out in n.ins])
                if value is not None:
                    by_line.setdefault((node.site, seen.batch), {}).setdefault(seen.after, []).append(value)
    series = max(by_line.values(), key=len, default={})
    return sorted((at, fmean(values)) for at, values in series.items())


NUMBER = re.compile(r"[-+]?\d+\.(\d+)(?:[eE][-+]?\d+)?")


def printed_too(program: Program, series: list[tuple[int, float]]) -> list[tuple[int, float]]:
    """The same with what the program itself printed of this figure, known by lines of the same words in which the number at
    the same place agrees with one that was watched (not every evaluation is)."""
    known, columns = dict(series), set()
    lines = [(at, NUMBER.sub("#", re.sub(r"\b\d+\b(?!\.)", "", text)), list(NUMBER.finditer(text)))
             for at, text in program.printed]  # fmt: skip
    for at, words, numbers in lines:
        for i, n in enumerate(numbers):
            if (
                at in known
                and abs(float(n.group()) - known[at]) <= 0.6 * 10.0 ** -len(n.group(1))
                and len(n.group(1)) > 2
            ):
                columns.add((words, i))
    more = {at: float(numbers[i].group()) for at, words, numbers in lines for w, i in columns if w == words}
    return sorted({**more, **known}.items())


def _value(look: object, items: list[float | None]) -> float | None:
    mean = getattr(look, "mean", None)
    known = [v for v in items if v is not None]
    return mean if mean is not None else known[0] if known else None


def scaled_rate(optimizer: OptimizerSeen | None) -> bool:
    """Does this optimizer's step follow the gradient's size (plain descent), or only its direction (Adam's kin)?"""
    return optimizer is not None and optimizer.kind in ("SGD", "ASGD", "LBFGS")


def peak_rate(optimizer: OptimizerSeen) -> float:
    """The highest rate that was used or that the schedule was to reach."""
    group = optimizer.groups[0] if optimizer.groups else {}
    seen = [float(r[0]) for _, r in optimizer.rates if r]
    return max([*seen, float(group.get("max_lr") or 0.0), float(group.get("initial_lr") or 0.0)], default=math.nan)
