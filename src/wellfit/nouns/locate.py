"""Locate: where in the user's files an argument of an optimizer, a layer or a loss stands."""

from __future__ import annotations

import ast

from wellfit.nouns.program import Program
from wellfit.nouns.tape import Site


def optimizer_argument(program: Program, *names: str) -> Site | None:
    """The line of the main optimizer's argument of one of these names, else of its call."""
    main = program.main or (program.optimizers[-1] if program.optimizers else None)
    return argument(program, main.site if main else None, main.kind if main else "", *names)


def argument(program: Program, site: Site | None, call: str, *names: str) -> Site | None:
    """The line of an argument of the call of this name at a site, else the site itself."""
    source = program.source(site)
    if source is None or site is None:
        return site
    line = source.argument_line(source.call_on(site.line, call) or source.call_on(site.line), *names)
    return Site(site.file, line or site.line, site.function)


def layer(program: Program, made: dict[int, Site], *kinds: type) -> Site | None:
    """Where the first layer of one of these kinds was made."""
    for network in program.networks:
        for module in network.module.modules():
            if isinstance(module, kinds) and id(module) in made:
                return made[id(module)]
    return None


def loop(program: Program) -> Site | None:
    """The outermost loop around the training step: where the number of epochs is written; the line of a name's
    assignment where `range` is given a name."""
    site = (program.sites.get("s") or program.sites.get("b") or [None])[0]
    source = program.source(site)
    if source is None or site is None:
        return None
    found = source.loop_around(site.line, outermost=True)
    if found is None:
        return site
    if isinstance(found, ast.For) and isinstance(found.iter, ast.Call) and found.iter.args:
        last = found.iter.args[-1]
        names = [n.id for n in ast.walk(last) if isinstance(n, ast.Name)]
        places = [a for n in names for a in source.assignments(n)]
        if len(places) == 1 and isinstance(places[0].value, ast.Constant):
            return Site(site.file, places[0].lineno, "")
    return Site(site.file, found.lineno, site.function)
