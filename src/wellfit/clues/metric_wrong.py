"""The reported measure is not what it says."""

from __future__ import annotations

from wellfit.nouns.anew import drawn_anew
from wellfit.nouns.counting import miscounts
from wellfit.nouns.figures import misread, written
from wellfit.nouns.finding import Finding
from wellfit.nouns.last import THROUGH
from wellfit.nouns.other_units import scored_apart
from wellfit.nouns.program import PassSeen, Program
from wellfit.nouns.tape import Node, Site
from wellfit.nouns.units import figure

EQUAL = ("eq", "__eq__", "ne", "__ne__")
PAIRED = (*EQUAL, "sub", "__sub__", "rsub", "__rsub__")
PICKS = ("argmax", "max", "topk")


def metric_wrong(program: Program) -> Finding | None:
    """Sees: in evaluation, answers [N, 1] that meet labels [N] and pair all with all; classes picked out of a single
    column; logits held against 0.5; answers compared with themselves; a figure of its last lines that is, to the
    last digit, another than its name says. In the source: hits that each batch overwrites, that
    are divided by the number of batches or the rows of another set, that are never set back, that end with the first
    batch; r2_score and the like with answers and truth the wrong way round; answers and labels gathered in two
    rounds through a shuffling loader; answers in one unit and truth in another.
    Hurts: the number that everything is judged by is another number.
    Mistaken for: any fault that spoils learning; here the network may be sound.
    Remedy: what the finding says.
    Source: shapes seen in the run; scikit-learn's argument order."""
    for seen in program.passes:
        said = _paired(seen) or _picked(seen) or _threshold(program, seen)
        if said is not None:
            node, summary, evidence, remedy = said
            return _said(summary, evidence, remedy, node.site)
    found = misread(program)
    if found is not None:
        return _said(
            f"what is called {found.said} is none: {found.how}",
            f"it says {figure(found.printed)}; answers and targets of the last evaluation give {figure(found.right)}",
            "work it out as its name says, or take the library's", written(program, found),
        )  # fmt: skip
    for path, source in program.sources.items():
        for line, summary, remedy in sorted(miscounts(source)):
            return _said(summary, source.line(line), remedy, Site(path, line, ""))
    anew = drawn_anew(program)
    if anew is not None:
        return _said(
            "answers are held against labels in another order",
            "answers and labels are gathered in two rounds through a loader that shuffles anew in each",
            "gather both in one round, or shuffle=False for evaluation", anew,
        )  # fmt: skip
    mixed = scored_apart(program)
    if mixed is not None:
        return _said(
            "answers and truth are scored in different units", mixed.evidence, "take both back to one unit", mixed.site
        )
    return None


Said = tuple[Node, str, str, str]


def _paired(seen: PassSeen) -> Said | None:
    """[N, 1] against [N] gives [N, N]."""
    for node in seen.compared:
        looks = [seen.tape.looks[i].shape for i in node.ins[:2] if i in seen.tape.looks]
        if node.name in PAIRED and len(looks) == 2 and all(looks):
            a, b = sorted(looks, key=len)
            if len(a) == 1 and len(b) == 2 and b[1] == 1 and a[0] == b[0] > 1:
                return (node, "answers and labels are compared all with all", f"{list(looks[0])} against {list(looks[1])}",
                        "give both the same shape: squeeze(1) or unsqueeze(1)")  # fmt: skip
    return None


def _picked(seen: PassSeen) -> Said | None:
    """argmax over an axis of one entry is always 0."""
    after = set(seen.node.outs)
    for node in seen.tape.nodes[seen.tape.nodes.index(seen.node) + 1 :]:
        if not after & set(node.ins) or node.depth:
            continue
        look = seen.tape.looks.get(node.ins[0])
        dim = node.kwargs.get("dim", node.kwargs.get("axis", node.args[1] if len(node.args) > 1 else None))
        if node.name in PICKS and look is not None and isinstance(dim, int) and len(look.shape) > 1:
            alone = look.shape[0] > 1 and -len(look.shape) <= dim < len(look.shape) and look.shape[dim] == 1
            if alone and any(set(node.outs) & _grown(seen, c) for c in seen.compared):
                summary = f"{node.name} over a single column always says 0"
                return node, summary, f"input {list(look.shape)}", "a threshold: (p > 0.5)"
        after |= set(node.outs)
    return None


def _grown(seen: PassSeen, compared: Node) -> set[int]:
    found = set(compared.ins)
    for node in reversed(seen.tape.nodes):
        if found & set(node.outs):
            found |= set(node.ins)
    return found


def _threshold(program: Program, seen: PassSeen) -> Said | None:
    """Logits against 0.5, or rounded, where the loss takes logits."""
    loss = program.loss
    if loss is None or loss.name != "binary_cross_entropy_with_logits" or loss.answer is None:
        return None
    after = set(seen.node.outs)
    for node in seen.tape.nodes[seen.tape.nodes.index(seen.node) + 1 :]:
        if not node.ins or node.ins[0] not in after or node.depth:
            continue
        half = [a for a in node.args[1:] if isinstance(a, float) and a == 0.5]
        look = seen.tape.looks.get(node.ins[0])
        wide = look is None or look.low is None or look.low < 0 or (look.high or 0) > 1
        if ((node.name in ("gt", "ge", "__gt__", "__ge__") and half) or node.name == "round") and wide:
            return (node, "logits are held against 0.5, which is the middle of probabilities", "the loss takes logits",
                    "torch.sigmoid first, or against 0")  # fmt: skip
        if node.name in THROUGH or node.name in ("detach", "cpu", "data"):
            after |= set(node.outs)
    return None


def _said(summary: str, evidence: str, remedy: str, site: Site | None) -> Finding:
    return Finding(
        "metric-wrong", "error", summary, evidence, remedy, 0.9, None,
        site.file if site else None, site.line if site else None, source="seen in the run and its source",
    )  # fmt: skip
