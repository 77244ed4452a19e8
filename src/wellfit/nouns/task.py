"""Task: what is asked of a network, in one object: the targets' form, loss, measures, rival, score and defaults.

Each file of `tasks/` makes one. The form says how targets and outputs are held, which losses and checks go by:

classes  y int64 [N, *cells], UNKNOWN where a cell never enters the loss; outputs [N, C, *cells] logits
labels   y float32 [N, K] of 0 and 1; outputs [N, K] logits
values   y float32 [N, K, *cells], NaN where a cell never enters the loss; outputs of the same shape, scaled alike
density  y float32 [N, 1] of zeros: nothing is asked; outputs [N, 1], the log-density of each example in nats

One example has one class, K labels or K values where there are no cells; a picture has a class for each of its H × W
cells, a field K values for each.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import torch
from torch import Tensor, nn

from wellfit.nouns import shelf
from wellfit.nouns.data import Data, Raw
from wellfit.nouns.finding import Finding
from wellfit.nouns.merits import Merits

if TYPE_CHECKING:
    from wellfit.nouns.case import Case
    from wellfit.nouns.preparation import Preparation

Form = Literal["classes", "labels", "values", "density"]
UNKNOWN = -100
"""The class of a cell that never enters the loss, as PyTorch's `ignore_index`."""


@dataclass(frozen=True)
class Question:
    """What is asked of the network, in the form of its task. task, why; y: class names [N], class codes [N, *cells]
    (UNKNOWN: not asked), 0/1 [N, K], or numbers [N, K, *cells] float64 (NaN: not asked); names: of the targets;
    classes: names in the order of their indices; shape_out: of one output, worked out where () is given;
    findings: what was mended in the answers."""

    task: str
    why: str
    y: np.ndarray
    names: tuple[str, ...]
    classes: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    shape_out: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if not self.shape_out:
            cells = tuple(self.y.shape[1:])
            shape = (len(self.classes), *cells) if self.form == "classes" else cells or (1,)
            object.__setattr__(self, "shape_out", shape)

    @property
    def form(self) -> Form:
        """classes, labels, values or density."""
        return task_of(self.task).form

    @property
    def one_class(self) -> bool:
        """Has each example one class, which a split can keep in proportion?"""
        return self.form == "classes" and self.y.ndim == 1

    @property
    def indices(self) -> np.ndarray:
        """[N] class indices where each example has one class, else zeros."""
        if not self.one_class:
            return np.zeros(len(self.y), dtype=np.int64)
        place = {name: i for i, name in enumerate(self.classes)}
        return np.array([place[name] for name in self.y.tolist()], dtype=np.int64)


@dataclass(frozen=True)
class Judged:
    """What measures are worked out from. answers, truth: as `answers_of` and `truth_of` give them; data: with its
    training rows, from which a rival is made; part: "train", "valid" or "test"; index [N]: places in that part; network:
    that gave the answers, in eval mode, where what it draws is to be judged."""

    answers: np.ndarray
    truth: np.ndarray
    data: Data
    part: str = "test"
    index: np.ndarray | None = None
    network: nn.Module | None = None


def no_suit(y: np.ndarray, raw: Raw) -> str:
    """A task that targets never ask for by themselves."""
    return ""


def nothing(case: Case, judged: Mapping[str, Mapping[str, Any]]) -> dict[str, np.ndarray]:
    """A task whose charts need no arrays of their own."""
    return {}


@dataclass(frozen=True)
class Ends:
    """What a skill of 0 and of 1 stand for, in words; reachable: might a network come to 1?"""

    low: str = "the best constant answer"
    high: str = "a perfect one"
    reachable: bool = True


@dataclass(frozen=True)
class Task:
    """What a file of `tasks/` brings; the first five are needed.

    form: see above; loss: (the default, why); every loss of the form is allowed besides;
    question: (y, names, why, raw) -> Question, y [N, ...] as read; raises DataError for answers that cannot be;
    merits: (judged) -> ({name: {"value", "low", "high", "unit", "n", "baseline"}}, the headline first; what the
        trivial rival answers, in words), where "baseline" is the rival's figure;
    score: (outputs, targets) -> one number by epoch, higher is better; score_name: what it is;
    suits: (y [N, ...], raw) -> why array targets ask for this task by themselves, "" where they do not;
    network: (raw.kind, shape_in) -> (the network proposed, why), ("", "") for the usual one;
    defaults: (data, the network's name) -> {dotted recipe key: (value, why)}, laid over what is usual;
    most_lr: optimizer -> the largest peak rate that the range test may propose, where it is not the usual one;
    steps: optimizer steps that a training is given;
    in_time: rows are parted in the order of time, never at random;
    errors: (judged) -> [N, 2], error of each example's answer and of the best constant answer, from which skill is
        worked out; None: from answers and truth [N, C], [N, K];
    evidence: (case, judged by part) -> arrays by name that charts of this task ask for;
    ends: what a skill of 0 and of 1 stand for.
    """

    form: Form
    loss: tuple[str, str]
    question: Callable[[np.ndarray, tuple[str, ...], str, Raw], Question]
    merits: Callable[[Judged], tuple[Merits, str]]
    score: Callable[[Tensor, Tensor], Tensor]
    score_name: str
    suits: Callable[[np.ndarray, Raw], str] = no_suit
    network: Callable[[str, tuple[int, ...]], tuple[str, str]] = lambda kind, shape: ("", "")
    defaults: Callable[[Data, str], dict[str, tuple[Any, str]]] = lambda data, network: {}
    most_lr: Mapping[str, float] = field(default_factory=dict)
    steps: int = 1000
    in_time: bool = False
    errors: Callable[[Judged], np.ndarray] | None = None
    evidence: Callable[[Case, Mapping[str, Mapping[str, Any]]], dict[str, np.ndarray]] = nothing
    ends: Ends = Ends()


def task_of(word: str) -> Task:
    """The task of this name. Raises ShelfError for an unknown one."""
    return shelf.get("tasks", word)()


def answers_of(form: Form, outputs: Tensor, preparation: Preparation) -> np.ndarray:
    """What a person reads in a network's outputs: probabilities [N, C, *cells] or [N, K], values [N, K, *cells]
    float64 in their units, or log-densities [N, 1]."""
    if form == "density":
        return outputs.cpu().double().numpy()
    if form == "classes":
        return torch.softmax(outputs, 1).cpu().numpy()
    return torch.sigmoid(outputs).cpu().numpy() if form == "labels" else preparation.back(outputs)


def truth_of(form: Form, y: Tensor, preparation: Preparation) -> np.ndarray:
    """Prepared targets beside `answers_of`: class indices [N, *cells], 0/1 [N, K], or values in their units."""
    if form == "values":
        return preparation.back(y)
    return y.cpu().numpy() if form == "classes" else y.cpu().numpy().astype(np.int64)


def as_numbers(y: np.ndarray) -> np.ndarray | None:
    """y as float64 where every value is a number (or missing), else None."""
    try:
        return y.astype(np.float64)
    except (ValueError, TypeError):
        return None


def known(y: Tensor) -> Tensor:
    """Which cells of targets y enter the loss: bool, of y's shape."""
    return ~y.isnan() if y.is_floating_point() else y != UNKNOWN


def marked(y: np.ndarray, mask: np.ndarray | None) -> np.ndarray:
    """Class codes [N, *cells] or values [N, K, *cells] with the mark of their form wherever the mask, bool [N, *cells]
    or [*cells], is False."""
    if mask is None:
        return y
    values = y.dtype.kind == "f"
    each = mask[:, None] if values and mask.ndim == y.ndim - 1 else mask
    return np.where(np.broadcast_to(each, y.shape), y, np.nan if values else UNKNOWN)


def weighed(
    outputs: Tensor,
    targets: Tensor,
    example_weight: Tensor | None = None,
    *,
    function: Callable[..., Tensor],
    area: Tensor | None = None,
    weight: Tensor | None = None,
    label_smoothing: float = 0.0,
) -> Tensor:
    """A loss of the shelf over the cells that are known, each counting by `area` (broadcast against the targets) and by
    its example's weight [B]. Marks in the targets are replaced before the loss sees them, so no gradient is NaN."""
    there = known(targets)
    counts = there.to(outputs.dtype)
    if area is not None:
        counts = counts * area
    if example_weight is not None:
        counts = counts * example_weight.reshape(-1, *[1] * (targets.ndim - 1))
    filled = torch.where(there, targets, torch.zeros_like(targets))
    return function(outputs, filled, weight=weight, label_smoothing=label_smoothing, cell_weight=counts)
