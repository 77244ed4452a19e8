"""The gradient is cut by mistake."""

from __future__ import annotations

import ast

import torch

from wellfit.nouns.finding import Finding
from wellfit.nouns.program import Program
from wellfit.nouns.severed import severed
from wellfit.nouns.tape import Node, Site, Tape
from wellfit.nouns.weights import LAYERS, as_made

RANDOM = (
    "xavier_uniform_",
    "xavier_normal_",
    "kaiming_uniform_",
    "kaiming_normal_",
    "normal_",
    "uniform_",
    "trunc_normal_",
)
CHAIN = 8
"""Cuts of one line on the way to one loss, each behind the other."""
LEAVES = ("detach", "numpy", "tolist", "data", "item", "__array__")
"""Calls behind which a value goes its way outside torch."""
FEW = 32
"""Weights up to which the spread of a layer's says nothing of whether it was trained."""
CUTS = ("detach", "data", "detach_", "numpy", "item", "tolist", "argmax", "round", "sign")


def graph_detached(program: Program) -> list[Finding]:
    """Sees: an optimizer holds parameters that no loss ever reaches; a call that cuts the gradient lies on the way;
    layers that nothing ever trained ask for no gradient; a state is cut off in every step of one pass through time; or what
    is fed reaches the answer through a cut alone, and penalties alone train the layers before it.
    Hurts: those layers stay as they began.
    Mistaken for: target networks and frozen parts, which no optimizer holds, so nothing is said of them.
    Remedy: leave the cut out.
    Source: a fact of the run; proof where an optimizer is reached by nothing at all, else a trial settles it."""
    found = [
        said
        for said in (_frozen(program), _chained(program), _severed(program), _ungraphed(program))
        if said is not None
    ]
    for seen in program.optimizers:
        asking = {id(p) for g in seen.optimizer.param_groups for p in g["params"] if p.requires_grad} & set(
            program.parameter_names
        )
        missed = asking - program.reached
        if not missed or not seen.steps or not program.reached:
            continue
        phase = program.optimizers.index(seen)
        cut = next(
            (n for t in program.tapes if t.phase == phase and t.losses for n in reversed(t.nodes)
             if n.name in CUTS and n.learnt and n.site and n.grad and _used(t, n)), None,
        )  # fmt: skip
        lost = cut is None
        if cut is None:
            cut = next((n for t in program.tapes if t.phase == phase and t.losses for n in _lost(t, missed)), None)
        total = missed == asking
        site = cut.site if cut is not None and cut.site else _unrecorded(program, missed, total)
        if site is None:
            continue
        what = cut.name if cut is not None else "no_grad"
        found.append(Finding(
            "graph-detached", "error" if total or (lost and _raw(program, missed)) else "warning",
            f"`{what}` cuts the gradient: the loss does not reach parameters that the optimizer holds",
            f"{len(missed)} of {len(asking)} parameters never had a gradient: "
            + ", ".join(sorted(program.parameter_names[i] for i in missed)[:4]),
            f"leave out `{what}`", 0.95 if total else 0.85, 0, site.file, site.line, source="seen in the run",
        ))  # fmt: skip
    return found


def _severed(program: Program) -> Finding | None:
    """Layers that the target does not reach, which a commitment, a prior or another penalty alone moves."""
    loss = program.loss
    found = severed(loss) if loss is not None else None
    held = {id(p) for o in program.optimizers for g in o.optimizer.param_groups for p in g["params"]}
    missed = [i for n in found.missed if (i := loss.tape.parameters[n]) in held] if found and loss else []
    if found is None or not missed or found.cut.site is None:
        return None
    what = found.cut.name if found.cut.grad else "no_grad"
    others = sorted({n.site.line for n in found.rest if n.site})
    return Finding(
        "graph-detached", "error", f"`{what}` cuts the gradient of the target: penalties alone train the layers before it",
        f"{len(missed)} parameters get none of it, but that of other terms (line{'s'[: len(others) > 1]} "
        f"{', '.join(map(str, others[:4]))}): "
        + ", ".join(sorted(program.parameter_names.get(i, "?") for i in missed)[:4]),
        "let it through: the straight-through estimator z + (q - z).detach(), `rsample` instead of `sample`", 0.92, 0,
        found.cut.site.file, found.cut.site.line, source="Bengio et al. 2013; van den Oord et al. 2017, section 3.2",
    )  # fmt: skip


def _ungraphed(program: Program) -> Finding | None:
    """Derivatives of the network's answers that the loss holds against data, taken without create_graph: no gradient comes
    back through them, whatever they say."""
    for tape in program.training()[:3]:
        needed = {id(n) for n in tape.needed(tape.losses)}
        for n in tape.nodes:
            if (
                n.name == "grad"
                and n.learnt
                and id(n) in needed
                and not n.kwargs.get("create_graph")
                and len(n.args) < 5
            ):
                return Finding(
                    "graph-detached", "error", "a derivative in the loss is taken without its graph: it trains nothing",
                    "torch.autograd.grad without create_graph=True gives numbers that no gradient comes back through",
                    "create_graph=True", 0.95, 0, n.site.file if n.site else None, n.site.line if n.site else None,
                    source="PyTorch, torch.autograd.grad; Raissi et al. 2019; seen in the run",
                )  # fmt: skip
    return None


def _chained(program: Program) -> Finding | None:
    """A line of the way to one loss that cuts what it gave itself a step before, again and again: nothing is learnt over
    time. (Truncated back-propagation cuts between losses.)"""
    for tape in program.training()[:3]:
        cuts: dict[Site, list[Node]] = {}
        for n in tape.nodes:
            if n.name == "detach" and n.learnt and n.grad and n.site and n.outs:
                cuts.setdefault(n.site, []).append(n)
        for site, nodes in cuts.items():
            if len(nodes) >= CHAIN and tape.backwards == 1 and _follows(tape, nodes[0], nodes[1:4]):
                return Finding(
                    "graph-detached", "error", "`detach` cuts the state in every step of the recurrence",
                    f"{len(nodes)} times on the way to one loss, each from what the one before gave", "leave out `detach`",
                    0.93, 0, site.file, site.line, limit=CHAIN, source="Werbos 1990; seen in the run",
                )  # fmt: skip
    return None


def _follows(tape: Tape, first: Node, later: list[Node]) -> bool:
    """Is what is cut later made from what was cut first?"""
    grown, begun = set(first.outs), False
    for n in tape.nodes:
        begun |= n is first
        if begun and grown & set(n.ins):
            grown |= set(n.outs)
    return any(grown & set(n.ins) for n in later)


def _raw(program: Program, missed: set[int]) -> bool:
    """Are the layers that no gradient reaches still as PyTorch made them? (Trained ones may be kept on purpose.)"""
    layers = [m for n in program.networks for m in n.module.modules() if isinstance(m, LAYERS)]
    layers = [m for m in layers if id(m.weight) in missed]
    return bool(layers) and all(as_made(m) or _small(m) for m in layers)


def _small(layer: torch.nn.Module) -> bool:
    """Has it too few weights to tell, all of them where PyTorch draws them?"""
    weight: torch.Tensor = layer.weight  # type: ignore[assignment]
    return weight.numel() < FEW and float(weight.abs().max()) <= 1.0001 * weight[0].numel() ** -0.5


def _unrecorded(program: Program, missed: set[int], total: bool) -> Site | None:
    """Where the program stops recording gradients on the way to the loss: a layer of missed parameters called under
    no_grad in training; or, where nothing at all is reached, a value made into a new tensor before backward."""
    names = {program.parameter_names[i].rpartition(".")[0] for i in missed}
    for tape in program.training()[:3]:
        for node in tape.nodes:
            if not node.grad and node.depth and (node.inside in names or not names) and node.site and _used(tape, node):
                return _context(program, node.site)
    back = (program.sites.get("b") or [None])[0]
    source = program.source(back)
    if not total or source is None or back is None:
        return None
    cuts = [c for c in source.calls("item", "detach", "numpy", "argmax", "tensor", "as_tensor", "requires_grad_")
            if back.line - 15 <= c.lineno <= back.line]  # fmt: skip
    return Site(back.file, max(cuts, key=lambda c: c.lineno).lineno, "") if cuts else None


def _context(program: Program, site: Site) -> Site:
    """The line of the `with torch.no_grad()` or the decorator around a line, else the line."""
    source = program.source(site)
    for node in source.nodes if source else []:
        body = isinstance(node, (ast.With, ast.FunctionDef)) and node.lineno <= site.line <= (node.end_lineno or 0)
        heads = (
            [i.context_expr for i in node.items] if isinstance(node, ast.With) else getattr(node, "decorator_list", [])
        )
        if body and any(
            word in ast.unparse(h) for h in heads for word in ("no_grad", "inference_mode", "set_grad_enabled")
        ):
            return Site(site.file, heads[0].lineno, site.function)
    return site


def _features(program: Program) -> set[int]:
    """Weights drawn on lines that draw nothing that is trained: random features on purpose."""
    lines: dict[Site, set[int]] = {}
    for key, sites in program.sites.items():
        if key.startswith("init:"):
            lines.setdefault(sites[-1], set()).add(int(key.rsplit(":", 1)[1]))
    asking = {id(p) for n in program.networks for p in n.module.parameters() if p.requires_grad}
    return {i for ids in lines.values() if not ids & asking for i in ids}


def _frozen(program: Program) -> Finding | None:
    """Layers that are still as PyTorch made them and ask for no gradient, in a network that is trained."""
    loss = program.loss
    drawn = {int(k.rsplit(":", 1)[1]) for k in program.sites if k.startswith("init:") and k.split(":")[1] in RANDOM}
    drawn -= _features(program)
    used = {n.inside for n in loss.tape.nodes} if loss else set()
    for network in program.networks:
        modules = [(n, m) for n, m in network.module.named_modules() if isinstance(m, LAYERS)]
        still = [
            (n, m)
            for n, m in modules
            if not m.weight.requires_grad and n in used and (as_made(m) or id(m.weight) in drawn)
        ]
        firsts = dict(network.first.named_modules()) if network.first is not None else {}
        still = [(n, m) for n, m in still if n in firsts and torch.equal(firsts[n].weight, m.weight)]  # type: ignore[arg-type]
        asking = any(p.requires_grad for p in network.module.parameters())
        if not still or not asking or network.first is None:
            continue
        site = _freezing(program)
        if site is None:
            continue
        return Finding(
            "graph-detached", "error", "layers that were never trained ask for no gradient",
            f"{len(still)} of {len(modules)} layers still as they began: " + ", ".join(n for n, _ in still[:4]),
            "leave out requires_grad=False", 0.9, 0, site.file, site.line, source="weights read at the end",
        )  # fmt: skip
    return None


def _freezing(program: Program) -> Site | None:
    for path, source in program.sources.items():
        for call in source.calls("requires_grad_"):
            if any(
                isinstance(a, ast.Constant) and a.value is False
                for a in [*call.args, *(k.value for k in call.keywords)]
            ):
                return Site(path, call.lineno, "")
        for assignment in source.assignments("requires_grad"):
            if isinstance(assignment.value, ast.Constant) and assignment.value.value is False:
                return Site(path, assignment.lineno, "")
    return None


def _lost(tape: Tape, missed: set[int]) -> list[Node]:
    """The call whose result has no gradient although what it is given has one (a comparison, rounding, an index), on the
    way from parameters that none reaches to the loss; else the last by which what they gave leaves torch."""
    grown = {n for n, i in tape.parameters.items() if i in missed}
    found, left = [], []
    for n in tape.nodes:
        if n.module is not None or not grown & set(n.ins):
            continue
        grown |= set(n.outs)
        looks = [[tape.looks[i].grad for i in ids if i in tape.looks] for ids in (n.ins, n.outs)]
        if n.grad and n.site and any(looks[0]) and looks[1] and not any(looks[1]) and _used(tape, n):
            found.append(n)
        elif n.grad and n.site and n.name in LEAVES:
            left.append(n)
    return found[-1:] or left[-1:]


def _used(tape, cut: Node) -> bool:
    """Does the loss depend on what was cut?"""
    want = set(tape.losses)
    for node in reversed(tape.nodes):
        if want & set(node.outs):
            want |= set(node.ins)
    return bool(want & set(cut.outs))
