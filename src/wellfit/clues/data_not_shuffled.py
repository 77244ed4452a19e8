"""Batches come ordered by class, by value or by time, or a class was cut off by the split."""

from __future__ import annotations

import ast

import torch
from torch import Tensor

from wellfit.nouns import control, final
from wellfit.nouns.fed import Given, evaluated, inputs_chain, loader, trained
from wellfit.nouns.finding import Finding
from wellfit.nouns.mixed import left_off
from wellfit.nouns.program import Program
from wellfit.nouns.source import last_name
from wellfit.nouns.tape import Site
from wellfit.nouns.units import figure, percent

LIMIT = 0.6
"""Share of the label variety that a batch may lack; drawn at random, batches of 8 and more lack under a third."""
ORDERED = 0.5
"""Share of the variance of the targets that lies between batches; drawn at random it is one over the batch size."""
BETTER = 0.25
"""Skill by which kernel regression must beat the network for order by value to be an error without a trial."""


EACH = 30
"""Recorded examples for each class, so that one that is missing was not merely overlooked."""

ONE_AFTER_THE_OTHER = ("arange", "range", "list", "argsort", "sorted")
"""What makes indices that follow one another."""


def data_not_shuffled(program: Program) -> Finding | None:
    """Sees: batches hold far fewer classes, or far closer values, than batches drawn at random from the same targets would;
    classes in evaluation that training never saw.
    Hurts: each batch pulls the network to its own class or range; it forgets the others.
    Mistaken for: lr-too-high. Series in order of time are ordered by nature: without a trial's or a control's proof they
    are no fault.
    Remedy: `shuffle=True`, or a fresh permutation each epoch; shuffle before the split.
    Source: the expected variety of a random draw from the recorded targets themselves."""
    batches = [g for g in trained(program) if g.targets is not None and len(g.targets) >= 4]
    batches = [g for g in batches if g.targets is not None and control.kind(g.targets)]
    shapes = [(g.inputs.shape[1:], g.targets.shape[1:]) for g in batches if g.targets is not None]
    batches = [g for g, shape in zip(batches, shapes) if shape == shapes[0]]
    if len(batches) < 6:
        return None
    y = torch.cat([g.targets for g in batches if g.targets is not None])
    if control.kind(y) == "values":
        return _values(program, batches, y)
    return _classes(program, batches) or _cut(program, batches)


def _finding(summary: str, evidence: str, severity: str, sure: float, site: Site | None) -> Finding:
    return Finding(
        "data-not-shuffled", severity, summary, evidence,  # type: ignore[arg-type]
        "shuffle the training examples each epoch (shuffle=True), and before they are split", sure, 0,
        site.file if site else None, site.line if site else None, limit=LIMIT, source="a random draw of the same labels",
    )  # fmt: skip


def _classes(program: Program, batches: list[Given]) -> Finding | None:
    rows = [control.labels(g.targets) for g in batches if g.targets is not None]
    everything = torch.cat(rows)
    if len(torch.unique(everything)) < 2:
        return None
    seen = sum(len(torch.unique(r)) for r in rows) / len(rows)
    draw = everything[torch.randperm(len(everything), generator=torch.Generator().manual_seed(0))]
    drawn = [len(torch.unique(p)) for p in draw.split([len(r) for r in rows])]
    fair = sum(drawn) / len(drawn)
    if seen - 1 > (1 - LIMIT) * (fair - 1) or fair < 1.8:
        return None
    site = _own_order(program) or _indices(program, loader(program))
    site = left_off(program, site) or site
    said = f"a batch holds {figure(seen)} classes on average; drawn at random it would hold {figure(fair)}"
    return _finding("batches come ordered by class", said, "error", 0.95, site)


def _indices(program: Program, site: Site | None) -> Site | None:
    """Where the indices are made, one after the other, that batches are cut from at a site; else the site."""
    source = program.source(site)
    for part in source.on(site.line, ast.Subscript) if source is not None and site is not None else []:
        for made in source.assignments(part.value.id) if source and isinstance(part.value, ast.Name) else []:
            if isinstance(made.value, ast.Call) and last_name(made.value.func) in ONE_AFTER_THE_OTHER:
                return Site(site.file, made.lineno) if site is not None else None
    return site


def _own_order(program: Program) -> Site | None:
    """The loop in which an IterableDataset of the user's, whose order no loader can change, goes through its examples."""
    if not any(x.sampler == "_InfiniteConstantSampler" for x in program.loaders):  # torch's for such datasets
        return None
    for path, source in program.sources.items():
        for node in source.nodes:
            if isinstance(node, ast.ClassDef) and any(
                last_name(getattr(b, "value", b) if isinstance(b, ast.Subscript) else b) == "IterableDataset"
                for b in node.bases
            ):
                own = [f for f in node.body if isinstance(f, ast.FunctionDef) and f.name == "__iter__"]
                loops = [n for f in own for n in ast.walk(f) if isinstance(n, ast.For)]
                if loops:
                    return Site(path, loops[0].lineno)
    return None


def _values(program: Program, batches: list[Given], y: Tensor) -> Finding | None:
    rows = [g.targets.double().reshape(len(g.targets), -1).mean(1) for g in batches if g.targets is not None]
    rows = [r for r in rows if len(r) >= 8 and bool(r.isfinite().all())]
    if len(rows) < 6:
        return None
    everything = torch.cat(rows)
    between = torch.stack([r.mean() for r in rows]).var(correction=0) / everything.var(correction=0).clamp_min(1e-30)
    if float(between) < ORDERED:
        return None
    x = torch.cat([g.inputs for g in batches])
    have = final.reached(final.answers(program, [g.inputs for g in batches]), y)
    can = control.split(x, y)
    proved = have is not None and can is not None and can - max(have, 0.0) > BETTER
    site = _indices(program, loader(program))
    fair = percent(1 / len(rows[0]), 0)
    said = f"{percent(float(between), 0)} of the targets' variance lies between batches; drawn at random {fair}"
    return _finding(
        "batches come ordered by the value of their targets",
        said,
        "error" if proved else "warning",
        0.85,
        left_off(program, site) or site,
    )


def _cut(program: Program, batches: list[Given]) -> Finding | None:
    """Classes in evaluation that training never saw."""
    known = set(torch.cat([control.labels(g.targets) for g in batches if g.targets is not None]).tolist())
    held = [h for h in evaluated(program) if h.targets is not None and control.kind(h.targets) == "classes"]
    held = [
        h for h in held if h.index == held[-1].index and h.targets is not None and not h.targets.is_floating_point()
    ]
    if not held or batches[0].targets is None or batches[0].targets.is_floating_point():
        return None
    there = torch.cat([control.labels(h.targets) for h in held if h.targets is not None])
    new = [c for c in torch.unique(there).tolist() if c not in known]
    share = float(sum((there == c).double().mean() for c in new))
    seen = sum(len(g.inputs) for g in batches)
    if not new or share < 0.1 or len(there) < 20 or len(known) < 2 or seen < EACH * (len(known) + len(new)):
        return None
    chain = inputs_chain(program)
    cuts = [s for s in chain if isinstance(s.expr, ast.Subscript) and isinstance(s.expr.slice, ast.Slice)]
    cuts += [
        s for s in chain if isinstance(s.expr, ast.Call) and last_name(s.expr.func) in ("train_test_split", "Subset")
    ]
    site = Site(cuts[-1].source.path, cuts[-1].line) if cuts else loader(program)
    said = f"classes {new[:8]} are {percent(share, 0)} of the evaluated examples and were never trained on"
    return _finding("the data are ordered by class where they are split", said, "error", 0.85, site)
