"""Dropout or a penalty that keeps the network from fitting."""

from __future__ import annotations

import ast

from torch.nn.modules.dropout import _DropoutNd

from wellfit.nouns import across
from wellfit.nouns.finding import Finding
from wellfit.nouns.locate import argument, optimizer_argument
from wellfit.nouns.options import option, written
from wellfit.nouns.origin import DEEP, origin
from wellfit.nouns.penalty import penalty
from wellfit.nouns.program import Program
from wellfit.nouns.source import Source, last_name
from wellfit.nouns.tape import Site
from wellfit.nouns.units import figure, percent

PROVED, SUSPECT = 0.8, 0.6
"""Dropout rates. Srivastava et al. 2014: 0.5 for hidden units, fitting gets worse from there on."""
SMOOTHED = (0.9, 0.5)
"""Label smoothing that is proof, and that is a suspicion. Szegedy et al. 2016: 0.1; Müller et al. 2019: up to 0.2."""
KEEP = frozenset(("keep", "keeping", "kept", "retain", "retention", "survival"))
"""Words in a name that say that a share is what stays (`keep_prob`)."""
DECAY, DECOUPLED = 0.2, 2.0
"""Weight decay that is proof, in the gradient and decoupled (AdamW); a tenth of it is a suspicion."""


def regularization_too_strong(program: Program) -> list[Finding]:
    """Sees: dropout of 0.8 and more in training, weight decay of 0.2 and more (AdamW: 2), a penalty on the weights
    that is ten times the loss itself, labels smoothed by 0.9 and more; a suspicion from 0.6, a tenth of the decay, once
    the loss, half of the label.
    Hurts: the network cannot fit even what it is shown.
    Mistaken for: capacity-too-small, lr-too-low, epochs-too-few.
    Remedy: dropout 0.1 to 0.5, weight decay 1e-4 to 1e-2.
    Source: Srivastava et al. 2014; Loshchilov & Hutter 2019; suspicions are settled by a trial without them."""
    found = [_dropout(program), _decay(program), _penalised(program), _smoothed(program)]
    found = [said for said in found if said is not None]
    return sorted(found, key=lambda f: -f.confidence)[:1]


def _dropout(program: Program) -> Finding | None:
    tape = next((t for t in program.training() if t.passes()), None)
    worst: tuple[float, Site | None, str] = (0.0, None, "")
    made = {network.names.get(id(m), ""): (m, program.made.get(id(m)))
            for network in program.networks for m in network.module.modules() if isinstance(m, _DropoutNd)}  # fmt: skip
    for node in tape.nodes if tape else []:
        if not node.name.endswith("dropout") or not node.learnt:
            continue
        p = node.kwargs.get("p", node.args[1] if len(node.args) > 1 else 0.5)
        training = node.kwargs.get("training", node.args[2] if len(node.args) > 2 else True)
        if isinstance(p, (int, float)) and training and p > worst[0]:
            module, site = made.get(node.inside, (None, None))
            said = ""
            if module is not None:
                site, said = _written(program, site, type(module).__name__, 0)
            else:
                said = _written(program, node.site, node.name, 1)[1]
            worst = (float(p), site or node.site, said)
    if worst[0] < SUSPECT:
        return None
    return _said(worst[0] >= PROVED, f"dropout takes {percent(worst[0], 0)} of the values away{worst[2]}",
                 "in each training step", "dropout of 0.1 to 0.5", worst[1])  # fmt: skip


def _written(program: Program, site: Site | None, call: str, at: int) -> tuple[Site | None, str]:
    """Where the share that `nn.Dropout(p)` drops is written; where it goes by a name that says that it is the share to
    keep, the place where that is handed over for the other, and what to say of it."""
    source = program.source(site)
    found = source.call_on(site.line, call) if source and site else None
    if source is None or site is None or found is None:
        return site, ""
    value = source.keyword(found, "p") or (found.args[at] if len(found.args) > at else None)
    if value is None:
        return argument(program, site, call, "p"), ""
    kept = _kept(source, value)
    if kept is not None:
        return Site(source.path, kept.lineno, ""), f": `{ast.unparse(kept)}` is given where the share to drop is taken"
    return across.written(program, source, value, site.function), ""


def _kept(source: Source, value: ast.expr) -> ast.expr | None:
    """The first expression on the way to where a share is written that says that it is one to keep."""
    for _ in range(DEEP):
        name = value.slice.value if isinstance(value, ast.Subscript) and isinstance(value.slice, ast.Constant) else None
        if KEEP & set(str(name or last_name(value)).lower().split("_")):
            return value
        before = None if isinstance(value, ast.BinOp) else origin(source, value, 1)
        if before is None or before is value:
            return None
        value = before
    return None


def _decay(program: Program) -> Finding | None:
    main = program.main
    if main is None or not main.groups:
        return None
    decay = max(float(g.get("weight_decay", 0) or 0) for g in main.groups)
    decoupled = main.kind in ("AdamW", "NAdamW") or any(g.get("decoupled_weight_decay") for g in main.groups)
    limit = DECOUPLED if decoupled else DECAY
    if decay < limit / 10:
        return None
    norms = [sum(m.weight.values()) for m in program.moments if m.weight]
    shrunk = f"; the weights' norm went from {figure(norms[0], 2)} to {figure(norms[-1], 2)}" if len(norms) > 1 else ""
    return _said(decay >= limit, "weight decay pulls the weights to zero", f"weight_decay {figure(decay, 2)}{shrunk}",
                 "weight_decay of 1e-4 to 1e-2", optimizer_argument(program, "weight_decay"))  # fmt: skip


def _smoothed(program: Program) -> Finding | None:
    loss = program.loss
    share = option(loss, "label_smoothing") if loss is not None else None
    if loss is None or not isinstance(share, float) or share < SMOOTHED[1]:
        return None
    return _said(share >= SMOOTHED[0], "label smoothing leaves next to nothing of the labels",
                 f"label_smoothing={figure(share)}: each target is {percent(share, 0)} the same for all classes",
                 "label_smoothing of 0 to 0.2", written(program, loss, "label_smoothing"))  # fmt: skip


def _penalised(program: Program) -> Finding | None:
    share, site = 0.0, None
    for loss in program.losses[2::8]:
        own, total = penalty(loss), loss.look(loss.total)
        data = loss.look(own[1]) if own else None
        if own and total and data and total.mean is not None and data.mean:
            share, site = max(
                (share, site), ((total.mean - data.mean) / abs(data.mean), own[0].site), key=lambda at: at[0]
            )
    if share < 1:
        return None
    return _said(share >= 10, "the penalty on the weights outweighs the loss", f"{figure(share, 2)} times the loss itself",
                 "a smaller factor of the penalty", _factor(program, site) or site)  # fmt: skip


def _factor(program: Program, site: Site | None) -> Site | None:
    """Where the number is written that a penalty is multiplied by."""
    source = program.source(site)
    if source is None or site is None:
        return None
    for product in source.on(site.line, ast.BinOp):
        for side in (product.left, product.right) if isinstance(product.op, ast.Mult) else ():
            at, end = across.follow(program, source, side)
            if isinstance(at.value(end), (int, float)):
                return Site(at.path, end.lineno)
    return None


def _said(sure: bool, summary: str, evidence: str, remedy: str, site: Site | None) -> Finding:
    return Finding(
        "regularization-too-strong", "error" if sure else "warning", summary, evidence, remedy, 0.93 if sure else 0.75, 0,
        site.file if site else None, site.line if site else None, source="seen in the run",
    )  # fmt: skip
