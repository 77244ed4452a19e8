"""The loss does not fit the task."""

from __future__ import annotations

import ast
import math

import torch
from torch import Tensor

from wellfit.nouns.across import follow
from wellfit.nouns.blindness import unseen
from wellfit.nouns.finding import Finding, Severity
from wellfit.nouns.meeting import VALUE_LOSSES, Targets, outputs_of, rounded, targets
from wellfit.nouns.options import option, written
from wellfit.nouns.pace import Pace
from wellfit.nouns.pinball import reversed_quantile
from wellfit.nouns.program import LossSeen, Program
from wellfit.nouns.tape import Node, Site
from wellfit.nouns.units import figure, percent

LAYOUT = frozenset(("mean", "sum", "squeeze", "__truediv__", "div", "nanmean", "view", "reshape", "flatten"))
ODD = frozenset(("sub", "__sub__", "rsub", "__rsub__"))
DISTANCES = ODD | {"dist", "cdist", "pairwise_distance"}
PIXELS = 20.0
"""Inputs that are targets too and reach beyond are pictures or measures that were not scaled."""
BOTTOMLESS = 100.0
"""Times its first size, or 1 where that is less, that a loss of targets has fallen below zero: a log-density of data that
are no constant comes nowhere near."""
SEEN = 0.02
"""Share of the labels from which a class is one of the task's."""
Said = tuple[Severity, str, str, str, Site | None]
"""severity, summary, evidence, remedy, place (None: the loss)."""


def loss_unsuitable(program: Program) -> Finding | None:
    """Sees: outputs and targets in the wrong order; cross-entropy over a single output or of rows that are no
    distribution; a quantile loss with its difference the other way round; a loss of probabilities with targets that are
    none; a single output for several classes, rounded to be judged; a squared error of class labels (a suspicion, for
    trials to confirm); differences left signed; a loss that does not see the size of
    its answers (a cosine), or what is added to them; a sum that is maximised; a loss that falls without end below zero; a class
    of the task that the loss ignores or gives no weight.
    Hurts: the loss is constant, has no minimum at the targets, or says that class 3 is nearer to 4 than to 8.
    Mistaken for: targets-unscaled, labels-encoding.
    Remedy: CrossEntropyLoss for classes, BCEWithLogitsLoss for one output, MSELoss for values.
    Source: PyTorch's documentation of each loss; a fact of the run."""
    loss, known = program.loss, targets(program)
    if loss is None or known is None or loss.look(loss.answer) is None:
        return None
    said = (
        _order(loss)
        or _quantile(program, loss)
        or _ignored(program, loss, known)
        or _weightless(program, loss, known)
        or _cross(loss, known)
        or _binary(loss, known)
        or _values(program, loss, known)
        or _signed(program, loss)
        or _blind(program, loss)
    )
    improbable = loss.name.startswith("binary") and (known.low < -0.01 or known.high > 1.01)  # labels-encoding says it
    said = said or (None if improbable else _bottomless(program))
    if said is None:
        return None
    severity, summary, evidence, remedy, place = said
    site = place or loss.made or loss.site
    if site is None:
        return None
    return Finding(
        "loss-unsuitable",
        severity,
        summary,
        evidence,
        remedy,
        0.94 if severity == "error" else 0.6,
        loss.tape.index,
        site.file,
        site.line,
        source="documentation of the loss; seen in the run",
    )


def _order(loss: LossSeen) -> Said | None:
    """Targets where a loss that tells its arguments apart wants outputs."""
    swapped = loss.node is not None and loss.target is not None and loss.node.ins[:1] == (loss.target,)
    if not swapped or not loss.name or loss.name in VALUE_LOSSES:  # by hand, each side of a difference may come first
        return None
    return ("error", "outputs and targets are given in the wrong order",
            f"{loss.name}(targets, outputs)", f"{loss.name}(outputs, targets)", None)  # fmt: skip


def _quantile(program: Program, loss: LossSeen) -> Said | None:
    """A quantile loss by hand with its difference the other way round."""
    level = reversed_quantile(program, loss)
    source = program.source(loss.site)
    at, end = follow(program, source, level) if level is not None and source is not None else (None, None)
    if level is None or (at is not None and end is not None and at.value(end) == 0.5):
        return None
    q = ast.unparse(level)
    return ("error", f"the quantile loss is the other way round: it is least at the quantile 1 - {q}",
            f"worked out for single numbers, an answer 1 above its target costs {q}, an answer 1 below it 1 - {q}",
            "target - answer in place of answer - target", loss.site)  # fmt: skip


def _class_shares(loss: LossSeen, known: Targets) -> Tensor | None:
    """Shares of the classes among the labels of single examples (None for pictures and sequences, where a label may stand
    for padding)."""
    target, fed = loss.look(loss.target), loss.look(loss.inputs[0]) if loss.inputs else None
    if loss.name not in ("cross_entropy", "nll_loss") or target is None or fed is None or not known.whole:
        return None
    if len(target.shape) != 1 or fed.shape[:1] != target.shape or target.dtype.startswith("float") or known.low < 0:
        return None
    counts = torch.bincount(known.values.long(), minlength=outputs_of(loss))
    return counts.double() / counts.sum()


def _ignored(program: Program, loss: LossSeen, known: Targets) -> Said | None:
    """`ignore_index` is a class that there are examples of."""
    shares, ignored = _class_shares(loss, known), option(loss, "ignore_index")
    if shares is None or not isinstance(ignored, int) or not 0 <= ignored < len(shares) or shares[ignored] < SEEN:
        return None
    return ("error", f"class {ignored} is left out of the loss: it can never be learnt",
            f"ignore_index={ignored}, and {percent(float(shares[ignored]), 0)} of the labels are {ignored}",
            "leave ignore_index out", written(program, loss, "ignore_index"))  # fmt: skip


def _weightless(program: Program, loss: LossSeen, known: Targets) -> Said | None:
    """A class that there are examples of has weight 0 or less."""
    shares, weight = _class_shares(loss, known), option(loss, "weight")
    if shares is None or not isinstance(weight, Tensor) or weight.shape != shares.shape:
        return None
    lost = [c for c in range(len(shares)) if float(weight[c]) <= 0 and shares[c] >= SEEN]
    if not lost:
        return None
    return ("error", f"class {lost[0]} has no weight in the loss: it can never be learnt",
            f"weight {figure(float(weight[lost[0]]))}, and {percent(float(shares[lost[0]]), 0)} of the labels are {lost[0]}",
            "a weight above 0 for every class", written(program, loss, "weight"))  # fmt: skip


def _cross(loss: LossSeen, known: Targets) -> Said | None:
    """Cross-entropy of what is no choice among classes."""
    answer, target = loss.look(loss.answer), loss.look(loss.target)
    if loss.name not in ("cross_entropy", "nll_loss") or answer is None or target is None:
        return None
    shape = list(answer.shape)
    if len(shape) > 1 and shape[1] == 1:
        return (
            "error",
            "cross-entropy over a single output is always the same",
            f"outputs {shape}",
            "BCEWithLogitsLoss for one output",
            None,
        )
    if loss.name != "cross_entropy" or not target.dtype.startswith("float"):
        return None
    if len(shape) == 1 and shape[0] > 1:
        return (
            "error",
            "cross-entropy takes the examples of the batch for classes",
            f"outputs {shape}, one for each example",
            "BCEWithLogitsLoss for labels 0 and 1, MSELoss for values",
            None,
        )
    if known.rows is None or known.rows.shape[1] != outputs_of(loss):
        return None
    sums = known.rows.sum(1)
    off = float(((sums > 1.05) | (known.rows.min(1).values < -0.01)).double().mean())
    if off < 0.02:
        return None
    labels = known.whole and known.low >= 0 and known.high <= 1
    return (
        "error",
        "cross-entropy needs targets that are one distribution over the classes",
        f"rows of the targets sum to {figure(float(sums.min()))} … {figure(float(sums.max()))}, "
        f"the lowest value is {figure(known.low)}",
        "BCEWithLogitsLoss: several labels may hold at once" if labels else "MSELoss for values",
        None,
    )


def _binary(loss: LossSeen, known: Targets) -> Said | None:
    """A loss of probabilities against values that are none (two labels in another form are labels-encoding)."""
    if not loss.name.startswith("binary_cross_entropy") or (known.low >= -0.01 and known.high <= 1.01):
        return None
    if known.distinct <= 2 or (loss.target in loss.inputs and known.high > PIXELS):  # pictures that were not scaled
        return None
    return (
        "error",
        "a loss of probabilities is given targets that are none",
        f"targets from {figure(known.low)} to {figure(known.high)}, {known.distinct} different values",
        "CrossEntropyLoss with one output for each class" if known.classes else "MSELoss for values",
        None,
    )


def _values(program: Program, loss: LossSeen, known: Targets) -> Said | None:
    """A distance between answers and class labels."""
    if loss.name not in VALUE_LOSSES and loss.name:
        return None
    if not loss.name and (loss.node is None or loss.node.name not in DISTANCES):
        return None  # class numbers that pick an answer, or weigh it
    evenly = 3 <= known.distinct <= 50
    if evenly and outputs_of(loss) == 1 and (rounded(program) is not None or _written_rounded(program, loss, known)):
        return (
            "error",
            "class numbers are taken as values of one output",
            f"{known.distinct} different targets from {figure(known.low)} to {figure(known.high)}; "
            "the outputs are rounded to be judged",
            "one output for each class and CrossEntropyLoss",
            None,
        )
    if known.classes and outputs_of(loss) > 1 and known.rows is not None and known.rows.shape[1] == 1:
        return (
            "error",
            "class numbers are held against each of the outputs",
            f"{outputs_of(loss)} outputs, targets {known.distinct} class numbers",
            "CrossEntropyLoss",
            None,
        )
    distance = loss.name or (loss.node is not None and loss.node.name in ODD)
    two = known.whole and known.distinct == 2 and known.low == 0 and known.high == 1 and loss.target not in loss.inputs
    if distance and two and not program.alternating and (known.one_hot or outputs_of(loss) == 1):
        return (
            "warning",
            "a distance between outputs and class labels; its gradient fades where the answer is most wrong",
            f"{loss.name or 'a difference'} of labels 0 and 1",
            "CrossEntropyLoss" if known.one_hot else "BCEWithLogitsLoss",
            None,
        )
    return None


def _written_rounded(program: Program, loss: LossSeen, known: Targets) -> bool:
    """Where no evaluation of a network was seen (weights outside modules): are targets that are class numbers, kept as
    integers, rounded to in the same file, and compared as equal?"""
    source = program.source(loss.site)
    made = loss.tape.makers().get(loss.target) if loss.target is not None else None
    look = (loss.look(made.ins[0]) if made is not None and made.ins else None) or loss.look(loss.target)
    if program.passes or source is None or not known.classes or look is None or look.dtype.startswith("float"):
        return False
    return bool(list(source.calls("round", "rint"))) and any(
        isinstance(n, ast.Compare) and isinstance(n.ops[0], ast.Eq) for n in source.nodes
    )


def _blind(program: Program, loss: LossSeen) -> Said | None:
    """A loss that does not see the size or the place of its answers, which evaluation takes for values."""
    change = unseen(program, loss) if not program.alternating else None
    if change is None:
        return None
    return ("error", f"the loss is the same for answers that are {change}; evaluation holds them against the targets",
            f"{loss.name or 'the loss by hand'}, called again with the targets of a step and noise, and with the same "
            f"{change}, gave the same", "a distance: MSELoss, L1Loss", loss.site)  # fmt: skip


def _signed(program: Program, loss: LossSeen) -> Said | None:
    """Differences that are averaged with their sign, or a distance that is maximised."""
    if program.alternating:
        return None
    makers, at = loss.tape.inner_makers(), loss.total
    path: list[Node] = []
    while at in makers and len(path) < 12 and makers[at].name in LAYOUT | {"neg", "__neg__"}:
        path.append(makers[at])
        at = makers[at].ins[0] if makers[at].ins else -1
    end, negated = makers.get(at), sum(n.name in ("neg", "__neg__") for n in path) % 2
    if end is None:
        return None
    averaged = any(n.name in ("mean", "sum") for n in path)
    if end is loss.node and end.name in ODD and loss.target in end.ins and averaged:
        return (
            "error",
            "differences are averaged with their sign: the loss has no minimum",
            f"it reaches {figure(min((v for _, v in program.curve), default=0.0))}",
            "square the differences or take their absolute value",
            end.site,
        )
    if negated and end is loss.node and loss.name and loss.name not in ("nll_loss", "kl_div"):
        return (
            "error",
            "the loss is maximised",
            f"backward is called on minus {loss.name}",
            "leave the minus out",
            path[-1].site,
        )
    return None


def _bottomless(program: Program) -> Said | None:
    """A loss that falls for ever: most often a likelihood that was to be maximised."""
    pace = Pace(program)
    if program.alternating or len(pace.losses) < 20 or not math.isfinite(pace.start):
        return None
    limit = -BOTTOMLESS * max(abs(pace.start), 1.0)
    below = [v for v in pace.losses if math.isfinite(v) and v < limit]
    if len(below) < 3:
        return None
    return (
        "error",
        "the loss has no minimum: it falls without end below zero",
        f"it went from {figure(pace.start)} to {figure(min(below))}",
        "minus the log-likelihood, or a distance: what is least where outputs meet targets",
        None,
    )
