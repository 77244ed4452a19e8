"""Labels in a form that the loss reads wrongly."""

from __future__ import annotations

import ast

import torch

from wellfit.nouns.calls import calls_of
from wellfit.nouns.fed import evaluated, targets_chain
from wellfit.nouns.finding import Finding
from wellfit.nouns.lineage import CONVERSIONS, made_at, target_steps, target_written
from wellfit.nouns.meeting import VALUE_LOSSES, Targets, outputs_of, targets
from wellfit.nouns.options import option
from wellfit.nouns.program import LossSeen, Program
from wellfit.nouns.renamed import renamed
from wellfit.nouns.source import last_name
from wellfit.nouns.tape import Site
from wellfit.nouns.units import figure, percent

SIGNS = frozenset(("soft_margin_loss", "hinge_embedding_loss", "margin_ranking_loss", "cosine_embedding_loss"))
"""Losses of labels -1 and 1."""
ZEROED = frozenset(
    ("clamp", "clamp_", "clamp_min", "clamp_min_", "clip", "relu", "relu_", "maximum", "max", "where", "threshold")
)  # fmt: skip
"""Calls that cut a margin off at 0."""
REFUSED = (
    "expected scalar type Long", "expected target dtype",
    "multi-target not supported", "not implemented for 'Float'", "target tensor expected",
    "not implemented for 'Int'",
)  # fmt: skip
"""What torch says where cross-entropy is given labels as fractions or as columns."""
CODED = CONVERSIONS | {"float", "astype", "to", "double", "type"}
"""Calls with which labels are given the form that a loss is to read."""
WHOLE = frozenset(("long", "int", "round", "trunc", "floor", "rint", "short", "byte", "LongTensor", "IntTensor", "fix"))
"""Calls that leave whole numbers."""
Said = tuple[str, str, str, Site | None]
"""summary, evidence, remedy, place (None: where the labels were made)."""


def labels_encoding(program: Program) -> Finding | None:
    """Sees: two labels other than 0 and 1 before a loss of probabilities, labels 0 and 1 before a hinge; one and the
    same class in all of training where the network has several outputs and evaluation holds others; a class number
    beyond the outputs (the script's crash); values that are whole numbers in training and none in evaluation.
    Hurts: the loss has no minimum at the labels, or there is nothing to tell apart.
    Mistaken for: loss-unsuitable, labels-misaligned.
    Remedy: labels in the form that the loss's documentation asks for.
    Source: PyTorch's documentation of each loss; a fact of the run."""
    loss, known = program.loss, targets(program)
    said = _crashed(program)
    if said is None and loss is not None and known is not None:
        said = _two(program, loss, known) or _hinge(program, loss, known) or _one_class(program, loss, known)
        said = said or _cut_off(program, loss, known) or _blank(loss, known)
    if said is None and loss is not None and known is not None:
        said = _otherwise(program)
    if said is None:
        return None
    site = said[3] or _place(program, loss)
    return Finding(
        "labels-encoding",
        "error",
        said[0],
        said[1],
        said[2],
        0.95,
        loss.tape.index if loss else program.steps,
        site.file if site else None,
        site.line if site else None,
        source="documentation of the loss; seen in the run",
    )


def _two(program: Program, loss: LossSeen, known: Targets) -> Said | None:
    if not loss.name.startswith("binary_cross_entropy") or known.distinct != 2:
        return None
    if known.low >= 0 and known.high < 0.5:
        return (
            "no label is above one half: the best answer under this loss never says yes",
            f"labels {figure(known.low)} and {figure(known.high)}, {len(known.values)} seen",
            "labels 0 and 1, scaled once",
            _scaled(program, loss),
        )
    if known.low >= -0.01 and known.high <= 1.01:
        return None
    return (
        "the loss reads labels as probabilities, and these are none",
        f"labels {figure(known.low)} and {figure(known.high)}",
        "labels 0 and 1",
        None,
    )


def _hinge(program: Program, loss: LossSeen, known: Targets) -> Said | None:
    """Labels 0 and 1 where margins want -1 and 1: a label of 0 gives the loss nothing to hold on to."""
    if not (known.whole and known.distinct == 2 and known.low == 0 and known.high == 1):
        return None
    by_hand = False
    if loss.name == "" and loss.node is not None and loss.node.name in ("mul", "__mul__", "__rmul__"):
        product, nodes = set(loss.node.outs), loss.tape.nodes
        margin = [
            n
            for n in nodes
            if n.name in ("rsub", "__rsub__") and product & set(n.ins) and n.args[-1:] in ((1,), (1.0,))
        ]
        ends = {o for n in margin for o in n.outs}
        by_hand = any(n.name in ZEROED and ends & set(n.ins) for n in nodes)
    if loss.name not in SIGNS and not by_hand:
        return None
    return (
        "a loss of margins is given labels 0 and 1",
        f"{loss.name or 'a hinge'} of labels 0 and 1",
        "labels -1 and 1",
        _handed_over(program, loss) if by_hand else None,
    )


def _handed_over(program: Program, loss: LossSeen) -> Site | None:
    """Of a loss by hand: where labels are made tensors for it, else the call that hands them to it (both sides of it may
    be right by themselves), else where it is worked out."""
    steps, source = target_steps(program, loss), program.source(loss.site)
    made = next(
        (s for s in steps if {last_name(n.func) for n in ast.walk(s.value) if isinstance(n, ast.Call)} & CODED), None
    )
    if source is None or loss.site is None:
        return None
    if made is not None:
        return Site(loss.site.file, made.line, "")
    inside = [
        n for n in source.nodes if isinstance(n, ast.FunctionDef) and n.lineno <= loss.site.line <= (n.end_lineno or 0)
    ]
    loops = [(file, c) for f in inside[-1:] for file in program.sources.values() for c in calls_of(file, source, f)]
    looped = [(file, c) for file, c in loops if file.loop_around(c.lineno) is not None]
    return next((Site(file.path, c.lineno, "") for file, c in looped or loops), loss.site)


def _one_class(program: Program, loss: LossSeen, known: Targets) -> Said | None:
    """All of training says the same class (labels divided before they were made whole numbers, or the like)."""
    look = loss.look(loss.target)
    if loss.name not in ("cross_entropy", "nll_loss", "multi_margin_loss") or look is None or known.distinct != 1:
        return None
    if (
        look.dtype.startswith("float")
        or len(look.shape) != 1
        or outputs_of(loss) < 2
        or program.batch(loss) < 2
        or len(known.values) < 24
    ):
        return None
    return (
        "all of training is labelled with one class",
        f"{len(known.values)} labels seen, all of them {figure(known.low)}; the network has {outputs_of(loss)} outputs",
        "keep labels as whole class numbers, never scaled",
        _scaled(program, loss),
    )


def _crashed(program: Program) -> Said | None:
    """The script ended because a loss of classes was given no class numbers."""
    crash = program.crash
    if "IndexError" in crash and "Target" in crash and "out of bounds" in crash:
        remedy = "class numbers from 0 to the number of outputs less 1"
        return ("a class number lies beyond the outputs", crash, remedy, None)
    if any(words in crash for words in REFUSED):
        remedy = "whole class numbers (long) in shape [batch], or probabilities in the outputs' shape"
        return ("the loss was given labels in a form that it refuses", crash, remedy, None)
    return None


def _cut_off(program: Program, loss: LossSeen, known: Targets) -> Said | None:
    """Values that lost their fractions on the way to the loss: evaluation holds answers against whole ones."""
    if (loss.name and loss.name not in VALUE_LOSSES) or not known.whole or len(known.values) < 24:
        return None
    held = [h.targets for h in evaluated(program) if h.targets is not None and h.targets.is_floating_point()]
    there = torch.cat([t.flatten() for t in held]) if held else torch.zeros(0)
    there = there[there.isfinite()]
    broken = float((there != there.round()).double().mean()) if len(there) >= 8 else 0.0
    if broken < 0.5 or float(there.min()) > known.high or float(there.max()) < known.low:
        return None
    return (
        "values lose their fractions before the loss",
        f"training targets are whole numbers, {known.distinct} different ones from {figure(known.low)} to "
        f"{figure(known.high)}; {percent(broken, 0)} of those in evaluation are not",
        "keep them as floating-point numbers",
        _whole_made(program, loss),
    )


def _blank(loss: LossSeen, known: Targets) -> Said | None:
    """The class that stands for nothing in CTC is one of the labels."""
    blank = option(loss, "blank")
    if loss.name != "ctc_loss" or not bool((known.values == float(blank if isinstance(blank, int) else 0)).any()):
        return None
    return ("a label is the class that CTC takes for nothing between labels", f"blank {blank}, and labels hold it",
            "labels from 1 on, or blank= the class behind the last one", None)  # fmt: skip


def _otherwise(program: Program) -> Said | None:
    """The network's answers in evaluation are the labels under other numbers."""
    found = renamed(program) if program.task == "classes" else None
    if found is None:
        return None
    return ("evaluation numbers the classes otherwise than training",
            f"answers agree with {percent(found.right, 0)} of the labels there, and with {percent(found.renamed, 0)} once "
            f"classes are renumbered ({', '.join(f'{a} is {b}' for a, b in found.moved[:4])})",
            "one table of classes, fitted once, for both", found.site)  # fmt: skip


def _whole_made(program: Program, loss: LossSeen) -> Site | None:
    """Where the targets become whole numbers."""
    spots = [(s.source, s.expr) for s in targets_chain(program, loss)]
    source = program.source(loss.site)
    spots += [(source, s.value) for s in target_steps(program, loss)] if source is not None else []
    for file, expr in spots:
        for n in ast.walk(expr):
            if isinstance(n, ast.Call) and (last_name(n.func) in WHOLE or _to_whole(n)):
                return Site(file.path, n.lineno, "")
    found = [c for f in program.sources.values() for c in f.calls("long", "int", "round", "trunc", "floor", "astype", "to")
             if isinstance(c.func, ast.Attribute) and (last_name(c.func) in WHOLE or _to_whole(c))]  # fmt: skip
    return Site(source.path, found[0].lineno, "") if source is not None and len(found) == 1 else None


def _to_whole(call: ast.Call) -> bool:
    """`astype(int)`, `to(torch.long)`."""
    given = [*call.args, *(k.value for k in call.keywords if k.arg == "dtype")]
    kinds = [last_name(a) or str(getattr(a, "value", "")) for a in given]
    return last_name(call.func) in ("astype", "to", "type", "tensor", "as_tensor", "array", "asarray") and any(
        k.startswith(("int", "long", "Long", "uint", "Int")) for k in kinds
    )


def _scaled(program: Program, loss: LossSeen) -> Site | None:
    """The line where the labels were divided or multiplied, if there is one."""
    for step in target_steps(program, loss):
        sums = [n.op for n in ast.walk(step.value) if isinstance(n, ast.BinOp)]
        if loss.site and any(isinstance(op, (ast.Div, ast.Mult, ast.FloorDiv)) for op in sums):
            return Site(loss.site.file, step.line, "")
    return None


def _place(program: Program, loss: LossSeen | None) -> Site | None:
    """Where the labels were made or last assigned."""
    if loss is None:
        return made_at(program, program.crash_site, 1, "target") or program.crash_site
    return target_written(program, loss)
