"""Locate: where in the user's files an argument of an optimizer, a layer or a loss stands."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from torch import nn

from wellfit.nouns.across import follow, written
from wellfit.nouns.calls import keyword
from wellfit.nouns.misplaced import misplaced
from wellfit.nouns.origin import DEEP, chosen, entry, origin
from wellfit.nouns.program import Program
from wellfit.nouns.source import Source, last_name
from wellfit.nouns.tape import Site
from wellfit.nouns.widening import units

BY_EPOCH = frozenset(
    ("StepLR", "MultiStepLR", "ExponentialLR", "ReduceLROnPlateau", "CosineAnnealingLR", "CosineAnnealingWarmRestarts",
     "PolynomialLR", "LinearLR", "MultiplicativeLR", "LambdaLR")
)  # fmt: skip
"""Schedulers whose periods are usually counted in epochs."""
LOOPS = frozenset(("fit", "train", "partial_fit", "fine_tune", "fit_one_cycle"))
"""Methods in which libraries train: transformers' Trainer, skorch, fastai."""
REACHING = (("dilation", 5), ("kernel_size", 2))
"""Arguments of a convolution, with their places, that say how far it reaches."""
COUNTERS = frozenset(("range", "trange", "count", "arange"))
"""Calls that count: a loop over one of them has its number of passes written there."""


def optimizer_argument(program: Program, *names: str) -> Site | None:
    """The line of the main optimizer's argument of one of these names, else of its call; the call, too, where settings
    are given in each other's place."""
    main = program.main or (program.optimizers[-1] if program.optimizers else None)
    swapped = misplaced(program, main, *names)
    if swapped is not None:
        return swapped[0]
    site, kind = (main.site, main.kind) if main else (None, "")
    source = program.source(site)
    call = (source.call_on(site.line, kind) or source.call_on(site.line)) if source and site else None
    if source is not None and site is not None and source.keyword(call, *names) is None:
        held = [float(g[n]) for g in main.groups for n in names if isinstance(g.get(n), (int, float))] if main else []
        group = _in_group(program, source, names, max(held, default=0.0))
        if group is not None:
            return group
        given = _given(program, call, main.lr if main else 0.0) if "lr" in names else None
        if given is not None:
            return given
    found = argument(program, site, kind, *names)
    values = {float(g[n]) for g in main.groups for n in names if isinstance(g.get(n), (int, float))} if main else set()
    return literal(program, found, values, names)


def literal(program: Program, site: Site | None, values: set[float], names: tuple[str, ...]) -> Site | None:
    """Where one of these values stands as a number under one of these names, if that is in one place of the user's files
    and the line found does not hold it: an entry of a table of settings that is picked or merged while it runs."""
    source = program.source(site)
    if (
        source is None
        or site is None
        or not values
        or any(_number(n) in values for n in source.on(site.line, ast.Constant))
    ):
        return site
    found = {(file.path, at.lineno) for file in program.sources.values() for name, at in _settings(file)
             if name in names and _number(at) in values}  # fmt: skip
    return Site(*found.pop(), site.function) if len(found) == 1 else site


def _settings(source: Source) -> Iterator[tuple[str, ast.expr]]:
    """(name, number) of entries of dictionaries, keywords and fields."""
    for n in source.nodes:
        if isinstance(n, ast.Dict):
            yield from (
                (k.value, v)
                for k, v in zip(n.keys, n.values)
                if isinstance(k, ast.Constant) and isinstance(k.value, str)
            )
        elif isinstance(n, ast.keyword) and n.arg:
            yield n.arg, n.value
        elif isinstance(n, (ast.Assign, ast.AnnAssign)) and n.value is not None:
            yield from ((last_name(t), n.value) for t in (n.targets if isinstance(n, ast.Assign) else [n.target]))


def _number(expr: ast.expr) -> float | None:
    value = expr.value if isinstance(expr, ast.Constant) else None
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _given(program: Program, call: ast.Call | None, rate: float) -> Site | None:
    """`Trainer(lr=...)` and the like: the one place where a rate is given to a library whose loop, begun by this call,
    makes the optimizer itself."""
    if call is None or last_name(call.func) not in LOOPS:
        return None
    found = [
        (file, kw.value, source.value(kw.value))
        for file, source in program.sources.items()
        for node in source.nodes if isinstance(node, ast.Call)
        for kw in node.keywords if kw.arg in ("lr", "learning_rate")
    ]  # fmt: skip
    found = [f for f in found if f[2] in (None, rate)]
    return Site(found[0][0], found[0][1].lineno, "") if len(found) == 1 else None


def _in_group(program: Program, source: Source, names: tuple[str, ...], value: float) -> Site | None:
    """`{"params": ..., "weight_decay": 0.2}`: where a parameter group is given this value of a setting."""
    for node in source.nodes:
        if not isinstance(node, ast.Dict):
            continue
        items = {k.value: v for k, v in zip(node.keys, node.values) if isinstance(k, ast.Constant)}
        for name in names if "params" in items else ():
            at, end = follow(program, source, items[name]) if name in items else (source, None)
            if end is not None and at.value(end) == value:
                return Site(at.path, end.lineno, "")
    return None


def argument(program: Program, site: Site | None, call: str, *names: str) -> Site | None:
    """The line of an argument of the call of this name at a site, or where its value comes from, else the site."""
    source = program.source(site)
    if source is None or site is None:
        return site
    found = source.call_on(site.line, call) or source.call_on(site.line)
    given = keyword(source, found, lambda at, expr: follow(program, at, expr), *names)
    if given is not None:
        return written(program, *given, function=site.function)
    value = None
    if found is not None and "lr" in names:
        starred = any(kw.arg is None for kw in found.keywords)
        value = found.args[1] if len(found.args) > 1 else entry(source, "lr") if starred else None
    if value is not None:
        return written(program, source, value, site.function)
    return Site(site.file, found.lineno if found is not None else site.line, site.function)


def named(program: Program, site: Site | None) -> Site | None:
    """Where what is made at a site is chosen (an entry of a configuration, a class that is an argument); else the site."""
    source = program.source(site)
    found = chosen(source, site.line) if source is not None and site is not None else None
    if found is None and source is not None and site is not None:
        return _handed(program, source, site) or site
    return Site(site.file, found.lineno, site.function) if found is not None and site is not None else site


def _handed(program: Program, source: Source, site: Site) -> Site | None:
    """Where the class that is called at a site was handed in as an argument."""
    calls = [c for c in source.on(site.line, ast.Call) if isinstance(c.func, ast.Name) and not c.args]
    for call in calls:
        at, end = follow(program, source, call.func)
        if end is not call.func and isinstance(end, (ast.Name, ast.Attribute)):
            return Site(at.path, end.lineno)
    return None


def uncalled(program: Program, *names: str) -> Site | None:
    """A line on which a method of one of these names stands alone, without the parentheses that would call it."""
    for path, source in program.sources.items():
        for node in source.nodes:
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Attribute) and node.value.attr in names:
                return Site(path, node.lineno)
    return None


def layer(program: Program, made: dict[int, Site], *kinds: type) -> Site | None:
    """Where the first layer of one of these kinds was made."""
    for network in program.networks:
        for module in network.module.modules():
            if isinstance(module, kinds) and id(module) in made:
                return made[id(module)]
    return None


def width(program: Program, module: nn.Module) -> Site | None:
    """Where the width of a layer is written: its second argument or the one of that name, else the layer."""
    site = program.made.get(id(module))
    source = program.source(site)
    if source is None or site is None:
        return site
    calls = [c for c in source.on(site.line, ast.Call) if last_name(c.func) == type(module).__name__]
    values = [
        v for c in calls or [source.call_on(site.line, type(module).__name__)] if (v := _width(source, c)) is not None
    ]
    if not values:
        return site
    value = next((v for v in values if _is(program, source, v, units(module))), values[0])
    return _part(program, source, value, units(module)) or written(program, source, value, site.function)


def conv_reach(program: Program, conv: nn.Module) -> Site | None:
    """Where it is written how far a convolution reaches: its dilation where that is given, else its kernel; of a sum or a
    power that works it out, the sum."""
    site = program.made.get(id(conv))
    source = program.source(site)
    call = source.call_on(site.line, type(conv).__name__) if source is not None and site is not None else None
    if source is None or site is None or call is None:
        return site
    given = [source.keyword(call, w) or (call.args[i] if len(call.args) > i else None) for w, i in REACHING]
    value = next((v for v in given if v is not None), None)
    for _ in range(DEEP):
        step = origin(source, value, 1) if isinstance(value, (ast.Name, ast.Attribute)) else value
        if step is value:
            break
        value = step
    if isinstance(value, (ast.Name, ast.Attribute, ast.Subscript)):
        return written(program, source, value, site.function)
    return Site(site.file, value.lineno, site.function) if value is not None else site


def _width(source: Source, call: ast.Call | None) -> ast.expr | None:
    """The width that a layer is made with, as it is written in the call."""
    value = source.keyword(call, "out_features", "out_channels", "hidden_size", "embedding_dim")
    return call.args[1] if value is None and call is not None and len(call.args) > 1 else value


def _is(program: Program, source: Source, expr: ast.expr, size: int) -> bool:
    at, end = follow(program, source, expr)
    return at.value(end) == size


def _part(program: Program, source: Source, value: ast.expr, size: int) -> Site | None:
    """Where a width is written that is one of several in a list, or that the list is worked out from."""
    at, end = follow(program, source, value)
    if at.value(end) == size:
        return None
    for part in ast.walk(end):
        if isinstance(part, (ast.Name, ast.Attribute)):
            there, last = follow(program, at, part)
            if there.value(last) == size:
                return Site(there.path, last.lineno, "")
    return _listed(program, size)


def _listed(program: Program, size: int) -> Site | None:
    """The only list of numbers in the user's files that holds this width and widths of layers alone."""
    known = {w for n in program.networks for m in n.module.modules() for w in (units(m), _fed(m)) if w}
    found: set[tuple[str, int]] = set()
    for path, source in program.sources.items():
        for node in source.nodes:
            if isinstance(node, (ast.List, ast.Tuple)) and len(node.elts) > 1:
                numbers = [e.value if isinstance(e, ast.Constant) else None for e in node.elts]
                if size in numbers and all(type(v) is int and v in known for v in numbers):
                    found.add((path, node.lineno))
    return next((Site(*at) for at in found), None) if len(found) == 1 else None


def _fed(module: nn.Module) -> int:
    """How many numbers a layer takes."""
    names = ("in_features", "in_channels", "input_size", "num_embeddings")
    return next((int(getattr(module, n)) for n in names if hasattr(module, n)), 0)


def loop(program: Program) -> Site | None:
    """Where the number of passes over the data is written: the end of the outermost loop around the training step,
    also where the step is in a function that the loop calls; the line its value comes from."""
    site = (program.sites.get("s") or program.sites.get("b") or [None])[0]
    source = program.source(site)
    if source is None or site is None:
        return None
    found = epochs(program, source, site.line)
    if found is None:
        return site
    file, around = found
    ends = around.iter if isinstance(around, ast.For) else _end(around.test)
    return written(program, file, ends, site.function) if ends is not None else Site(file.path, around.lineno, "")


def epochs(program: Program, source: Source, line: int, depth: int = 4) -> tuple[Source, ast.For | ast.While] | None:
    """The outermost loop around a line and its file, through the one call of the function that the line is in."""
    loop = source.loop_around(line, outermost=True)
    own = (source, loop) if loop is not None else None
    at = [n for n in source.nodes if isinstance(n, ast.FunctionDef) and n.lineno <= line <= (n.end_lineno or 0)]
    if not at or not depth or (loop is not None and _counted(loop)):
        return own
    files = [source, *(s for s in program.sources.values() if s is not source)]
    calls = [
        (s, c) for s in files for f in at for c in s.calls(f.name)
        if s is not source or not f.lineno <= c.lineno <= (f.end_lineno or 0)
    ]  # fmt: skip
    around = [epochs(program, s, c.lineno, depth - 1) for s, c in calls]
    around = [found for found in around if found is not None and _counted(found[1])]
    return around[0] if around else own


def _counted(loop: ast.For | ast.While) -> bool:
    """Does it run over numbers (epochs, steps), not over a loader?"""
    if isinstance(loop, ast.While):
        return True
    return any(isinstance(n, ast.Call) and last_name(n.func) in COUNTERS for n in ast.walk(loop.iter))


def _end(test: ast.expr) -> ast.expr | None:
    """`step < 500` -> 500."""
    if isinstance(test, ast.Compare) and test.ops:
        return test.comparators[-1] if isinstance(test.ops[0], (ast.Lt, ast.LtE)) else test.left
    return None


def batch_size(program: Program, rows: int) -> Site | None:
    """Where the number of examples in a batch is written: the loader's argument, the step of a range or a split, or,
    where nothing divides the data, the training loop."""
    for loader in program.loaders:
        if loader.batch_size == rows and loader.site is not None:
            source = program.source(loader.site)
            found = source.call_on(loader.site.line) if source else None
            value = source.keyword(found, "batch_size") if source else None
            if value is None and found is not None and len(found.args) > 1:
                value = found.args[1]
            if source is not None and value is not None:
                return written(program, source, value, loader.site.function)
            return loader.site
    for source in program.sources.values():
        for call in source.calls("range", "split", "chunk"):
            at = 2 if last_name(call.func) == "range" else 0
            file, end = follow(program, source, call.args[at]) if len(call.args) > at else (source, None)
            if end is not None and file.value(end) == rows:
                return Site(file.path, end.lineno, "")
    return loop(program)


def schedule(program: Program) -> Site | None:
    """Where a schedule goes wrong: its step where it is stepped once a batch though it counts epochs; else where it is
    made; the line that sets the rate where that is done by hand."""
    main = program.main
    if main is None:
        return None
    often = main.schedule_steps >= 0.8 * main.steps and main.schedule in BY_EPOCH
    site = (main.schedule_last or main.schedule_site) if often else (main.schedule_site or main.schedule_last)
    if site is not None:
        return site
    for path, source in program.sources.items():
        for node in source.nodes:
            if not isinstance(node, (ast.Assign, ast.AugAssign)):
                continue
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                key = target.slice if isinstance(target, ast.Subscript) else None
                if isinstance(key, ast.Constant) and key.value == "lr":
                    return Site(path, node.lineno, "")
    return main.site


def clipping(program: Program) -> Site | None:
    """Where the limit that gradients are clipped at is written."""
    site = next((c.site for c in program.clips if c.site), None)
    source = program.source(site)
    call = source.call_on(site.line, "clip_grad_norm_", "clip_grad_value_") if source and site else None
    value = source.keyword(call, "max_norm", "clip_value") if source else None
    if value is None and call is not None and len(call.args) > 1:
        value = call.args[1]
    return written(program, source, value) if source and site and value is not None else site
