"""Labels do not belong to their inputs: shuffled apart, shifted, corrupted."""

from __future__ import annotations

import ast
from dataclasses import replace

import torch
from torch import Tensor

from wellfit.nouns import control
from wellfit.nouns.copied_apart import copied_apart
from wellfit.nouns.fed import built, evaluated, inputs_chain, targets_chain, trained
from wellfit.nouns.finding import Finding
from wellfit.nouns.flow import Spot, back
from wellfit.nouns.plain import transformed
from wellfit.nouns.program import Program
from wellfit.nouns.sorted_apart import sorted_apart
from wellfit.nouns.source import Source, last_name, root
from wellfit.nouns.tape import Site
from wellfit.nouns.units import figure
from wellfit.nouns.windows import target_at_start

MANY = 200
"""Different pairs from which what the control learns, or does not, speaks of the data and not of chance."""
UNLEARNABLE, LEARNABLE = 0.08, 0.35
"""Skill of kernel regression under which labels count as independent of inputs, and above which not."""
ROWS = 90
RARE = 20
"""Examples of the second most frequent class below which a skill near 0 is chance."""
PERMUTING = frozenset(("randperm", "permutation", "shuffle", "sample"))
SEEDING = frozenset(
    ("seed", "manual_seed", "set_state", "setstate", "set_rng_state", "default_rng", "RandomState", "Random")
)

DROPPING = frozenset(("dropna", "drop_duplicates", "query", "sample", "filter", "compress"))
"""Methods that leave rows of a table out."""

PARTS = (ast.Call, ast.Attribute, ast.Subscript)


def labels_misaligned(program: Program) -> Finding | None:
    """Sees: inputs and labels shuffled by different permutations, one of them alone, one sorted, or one cut to the
    other's length (in the source); a value to predict that is taken at the start of its window (in the source); labels
    that cannot be learnt from the inputs in training while they can in evaluation, or the other way round; names sorted as text
    beside such labels.
    Hurts: there is nothing to learn; the loss settles at chance, or the training set is memorised.
    Mistaken for: lr-too-low, capacity-too-small; labels that are mere noise everywhere are no fault of the program.
    Remedy: one permutation for both, or shuffle pairs.
    Source: kernel regression as control (nouns/control.py)."""
    if not program.steps:
        return None
    pairs = [(g.inputs, g.targets) for g in trained(program) if g.targets is not None]
    here = _skill(pairs)
    there = _skill([(h.inputs, h.targets) for h in evaluated(program)[-12:] if h.targets is not None])
    said = (
        f"skill of kernel regression (1 perfect, 0 a constant): training pairs {_word(here)}, evaluation {_word(there)}"
    )
    early = target_at_start(program)
    if early is not None:
        return _finding("the target of each window is taken at its start, not at or behind its end", said, early, 0.94)
    if here is None or here < UNLEARNABLE:
        one = _one_sorted(program) or sorted_apart(program)
        if one is not None:
            return _finding("one part of the pairs is sorted, the other is not", said, one, 0.94)
        short = _cut_to(program)
        if short is not None:
            return _finding("labels are cut to the length of inputs that lost rows elsewhere", said, short, 0.94)
        found, sure = _apart(program)
        if found is not None and (sure or here is not None):
            return _finding("inputs and labels are shuffled apart", said, found, 0.95)
        if here is not None and there is not None and there > LEARNABLE and _carries_over(program, pairs) is False:
            site = copied_apart(program) or built(targets_chain(program)) or built(inputs_chain(program))
            found = _finding("labels do not belong to their inputs in training", said, site, 0.85)
            return replace(found, severity="warning", confidence=0.6) if transformed(program) else found
    if here is not None and here < UNLEARNABLE and (there is None or there < UNLEARNABLE):
        sorted_at = _as_text(program)
        if sorted_at is not None:
            return _finding(
                "file names sorted as text meet labels in the order of their numbers", said, sorted_at, 0.85
            )
    if here is not None and here > LEARNABLE and there is not None and there < UNLEARNABLE:
        last = next(h for h in reversed(evaluated(program)) if h.targets is not None)
        if _carries_over(program, pairs) is False:
            site = next((c.site for c in last.seen.compared if c.site), last.seen.node.site)
            return _finding("labels do not belong to their inputs in evaluation", said, site, 0.8)
    return None


def _carries_over(program: Program, pairs: list[tuple[Tensor, Tensor]]) -> bool | None:
    """Does what the control learns from the training pairs hold for those of evaluation? None where it cannot be asked."""
    last = next((h for h in reversed(evaluated(program)) if h.targets is not None), None)
    if last is None or last.targets is None:
        return None
    x, y = _once(*_joined(pairs))
    cross = control.learnt(x, y, last.inputs, last.targets) if len(x) >= MANY else None
    return None if cross is None else cross >= UNLEARNABLE


def _one_sorted(program: Program) -> Site | None:
    """Where one part of a list of pairs is taken sorted, while the other is taken as it lies, in the same function."""
    for path, source in program.sources.items():
        for function in (n for n in source.nodes if isinstance(n, ast.FunctionDef)):
            taken: dict[str, list[tuple[bool, int]]] = {}
            for assign in (n for n in function.body if isinstance(n, ast.Assign)):
                calls = {last_name(n.func) for n in ast.walk(assign.value) if isinstance(n, ast.Call)}
                for comp in (n for n in ast.walk(assign.value) if isinstance(n, (ast.GeneratorExp, ast.ListComp))):
                    of = comp.generators[0]
                    if (
                        isinstance(of.iter, ast.Name)
                        and isinstance(of.target, ast.Tuple)
                        and isinstance(comp.elt, ast.Name)
                    ):
                        taken.setdefault(of.iter.id, []).append(("sorted" in calls, assign.lineno))
            for parts in taken.values():
                if len({was for was, _ in parts}) == 2:
                    return Site(path, next(line for was, line in parts if was))
    return None


def _cut_to(program: Program) -> Site | None:
    """`labels[:len(inputs)]` of the same table that `inputs` are what is left of after rows were dropped."""
    for path, source in program.sources.items():
        for part in (n for n in source.nodes if isinstance(n, ast.Subscript) and isinstance(n.slice, ast.Slice)):
            upper = part.slice.upper if isinstance(part.slice, ast.Slice) and part.slice.lower is None else None
            if not (isinstance(upper, ast.Call) and last_name(upper.func) == "len" and upper.args):
                continue
            kept = upper.args[0].id if isinstance(upper.args[0], ast.Name) else ""
            for made in source.assignments(kept) if kept else []:
                if (
                    made.value is not None
                    and _drops(made.value)
                    and root(made.value, *PARTS) == root(part, *PARTS) != kept
                ):
                    return Site(path, part.lineno)
    return None


def _drops(expr: ast.expr) -> bool:
    """Does it leave rows of a table out, here and there?"""
    calls = {last_name(n.func) for n in ast.walk(expr) if isinstance(n, ast.Call)}
    masked = any(isinstance(n, ast.Subscript) and isinstance(n.slice, ast.Compare) for n in ast.walk(expr))
    return bool(calls & DROPPING) or masked


def _finding(summary: str, evidence: str, site: Site | None, sure: float) -> Finding:
    return Finding(
        "labels-misaligned", "error", summary, evidence, "shuffle, sort and slice inputs and labels by the same index",
        sure, None, site.file if site else None, site.line if site else None, limit=UNLEARNABLE, source="kernel regression",
    )  # fmt: skip


def _word(skill: float | None) -> str:
    return "unknown" if skill is None else figure(max(skill, -1.0), 2)


def _joined(pairs: list[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
    x, y = pairs[0]
    same = [(a, b) for a, b in pairs if a.shape[1:] == x.shape[1:] and b.shape[1:] == y.shape[1:]]
    return torch.cat([a for a, _ in same]), torch.cat([b for _, b in same])


def _skill(pairs: list) -> float | None:
    if not pairs:
        return None
    if not pairs[0][0].is_floating_point() or not control.kind(pairs[0][1]):
        return None
    x, y = _once(*_joined(pairs))
    return control.split(x, y) if len(x) >= ROWS and _enough(y) else None


def _once(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Each pair once, however many epochs were seen."""
    x, y = x[: 6 * control.MOST], y[: 6 * control.MOST]
    flat = torch.cat([x.flatten(1).double(), y.reshape(len(y), -1).double()], 1)
    rows = torch.unique(flat, dim=0, return_inverse=True)[1]
    first = torch.full((int(rows.max()) + 1,), len(rows)).scatter_reduce(0, rows, torch.arange(len(rows)), "amin")
    return x[first], y[first]


def _enough(y: Tensor) -> bool:
    """Are there a few examples of a second class, and values of which not a hundredth make half of the spread, so that a
    skill near 0 says something?"""
    if control.kind(y) != "classes":
        apart = (y.double() - y.double().median()).square().flatten().sort(descending=True).values
        return float(apart[: max(len(apart) // 100, 1)].sum()) <= 0.5 * float(apart.sum())
    counts = torch.unique(control.labels(y), return_counts=True)[1].sort(descending=True).values
    return len(counts) < 2 or int(counts[1]) >= RARE


def _apart(program: Program) -> tuple[Site | None, bool]:
    """Where inputs and labels are mixed apart in the source, and is it certain without a measurement?"""
    fed, wanted = inputs_chain(program), targets_chain(program)
    zipped = _zipped(program)
    if zipped is not None:
        return zipped, True
    names = [{s.expr.id for s in chain if isinstance(s.expr, ast.Name)} for chain in (fed, wanted)]
    own = [names[0] - names[1], names[1] - names[0]]
    for source in {s.source.path: s.source for s in (*fed, *wanted)}.values():
        mixed = _in_place(source)
        both = [[c for n, c in mixed if n in own[i]] for i in (0, 1)]
        for a in both[0]:
            for b in both[1]:
                if not _seeded(source, a, b):
                    return Site(source.path, min(a.lineno, b.lineno)), True
        if both[0] or both[1]:
            return Site(source.path, (both[0] or both[1])[0].lineno), False
    orders = [_orders(program, chain) for chain in (fed, wanted)]
    for mine, other in (orders, orders[::-1]):
        for key, spot in mine.items():
            if key not in other and _uses(spot) < 2:
                return Site(spot.source.path, spot.line), any(k not in mine for k in other)
    return None, False


def _as_text(program: Program) -> Site | None:
    """`sorted(names)` without a key, of names that a number without leading zeros is part of or of files, whose place in
    that order says which label they get."""
    for path, source in program.sources.items():
        for call in source.calls("sorted", "listdir", "glob", "iglob", "iterdir", "namelist", "sort"):
            inside = source.enclosing(call, ast.Call)
            if source.keyword(call, "key") is not None or (
                isinstance(inside, ast.Call) and last_name(inside.func) == "sorted"
            ):
                continue
            if last_name(call.func) in ("sorted", "sort") and not _numbered(source):
                continue
            given = source.enclosing(call, ast.Assign)
            names = {last_name(t) for t in given.targets} if isinstance(given, ast.Assign) else set()
            pairs = [c for c in source.calls("zip", "enumerate") if len(c.args) > 1 or last_name(c.func) == "enumerate"]
            if any(n is call or last_name(n) in names - {""} for c in pairs for a in c.args for n in ast.walk(a)):
                return Site(path, call.lineno)
    return None


def _numbered(source: Source) -> bool:
    """Are names made from numbers without leading zeros, `f"scan_{i}.png"`?"""
    for n in source.nodes:
        if isinstance(n, ast.JoinedStr) and len(n.values) > 1:
            texts = [v.value for v in n.values if isinstance(v, ast.Constant)]
            bare = [v for v in n.values if isinstance(v, ast.FormattedValue) and v.format_spec is None]
            if bare and any("." in str(t) and " " not in str(t) for t in texts):
                return True
    return bool(list(source.calls("listdir", "glob", "iterdir", "namelist")))


def _zipped(program: Program) -> Site | None:
    """Two shuffled loaders walked through side by side: the second one."""
    loss = program.loss
    source = program.source(loss.site) if loss else None
    loop = source.loop_around(loss.site.line) if source and loss and loss.site else None
    if source is None or not isinstance(loop, ast.For):
        return None
    for call in ast.walk(loop.iter):
        if isinstance(call, ast.Call) and last_name(call.func) == "zip" and len(call.args) > 1:
            made = [[s for s in back(Spot(source, a), program.sources.values()) if _mixing(s)] for a in call.args[:2]]
            if all(made) and made[0][0].expr is not made[1][0].expr:
                return Site(made[1][0].source.path, made[1][0].line)
    return None


def _mixing(spot: Spot) -> bool:
    """Is it a DataLoader that shuffles?"""
    e = spot.expr
    if not isinstance(e, ast.Call) or last_name(e.func) != "DataLoader":
        return False
    given = spot.source.keyword(e, "shuffle") or (e.args[2] if len(e.args) > 2 else None)
    return given is not None and spot.source.value(given) is True


def _in_place(source: Source) -> list[tuple[str, ast.Call]]:
    """(name, call) of `shuffle(name)` as a statement."""
    calls = [c for c in source.calls("shuffle") if isinstance(source.parents.get(c), ast.Expr) and c.args]
    return [(a.id, c) for c in calls if isinstance(a := c.args[0], ast.Name) and _own_random(c)]


def _own_random(call: ast.Call) -> bool:
    """Not `default_rng(0).shuffle(x)`, which gives the same order each time."""
    return not (isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Call))


def _seeded(source: Source, a: ast.Call, b: ast.Call) -> bool:
    low, high = sorted((a.lineno, b.lineno))
    return any(low <= c.lineno <= high for c in source.calls(*SEEDING))


def _orders(program: Program, chain: list[Spot]) -> dict[str, Spot]:
    """Random orders that the rows on this chain were put in: key of the order -> the expression that does it."""
    found: dict[str, Spot] = {}
    for spot in chain:
        e = spot.expr
        if isinstance(e, ast.Subscript):
            key = e.slice.elts[0] if isinstance(e.slice, ast.Tuple) and e.slice.elts else e.slice
            made = [s for s in back(Spot(spot.source, key), program.sources.values()) if _permutes(s.expr)]
            if made:
                found[f"{made[0].source.path}:{id(made[0].expr)}"] = spot
        elif isinstance(e, ast.Call) and last_name(e.func) in ("shuffle", "permutation", "train_test_split"):
            state = spot.source.keyword(e, "random_state")
            state = ast.dump(state) if state is not None else ""
            rows = len(e.args) if last_name(e.func) != "permutation" else 1
            found[f"{last_name(e.func)}:{state}" if state and rows == 1 else f"{spot.source.path}:{id(e)}"] = spot
    return found


def _permutes(e: ast.expr) -> bool:
    return isinstance(e, ast.Call) and last_name(e.func) in PERMUTING


def _uses(spot: Spot) -> int:
    """How often the order's name is an index in the file; 0 for one that is made on the spot."""
    key = spot.expr.slice if isinstance(spot.expr, ast.Subscript) else None
    if not isinstance(key, ast.Name):
        return 0
    return sum(
        isinstance(n, ast.Subscript) and any(isinstance(x, ast.Name) and x.id == key.id for x in ast.walk(n.slice))
        for n in spot.source.nodes
    )
