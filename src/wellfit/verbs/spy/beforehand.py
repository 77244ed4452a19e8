"""Beforehand: lines of what was made before the watching began, looked up in the source (a notebook's other cells)."""

from __future__ import annotations

import contextlib
import inspect
from collections import defaultdict

from torch import nn

from wellfit.nouns.program import Program
from wellfit.nouns.source import Source, cells
from wellfit.nouns.tape import Site
from wellfit.verbs.spy.places import is_users


def beforehand(program: Program) -> None:
    """Fills in the sites of optimizers, schedulers, loss modules and layers that nobody saw being made, where exactly
    one place of the source can have made them, or as many places as there are, in the same order."""
    _read(program)
    for seen in program.optimizers:
        seen.site = seen.site or _last(program, seen.kind)
        if seen.schedule:
            seen.schedule_site = seen.schedule_site or _last(program, seen.schedule)
    made = defaultdict(list)
    for network in program.networks:
        for module in network.module.modules():
            if id(module) not in program.made and module not in made[type(module).__name__]:
                made[type(module).__name__].append(module)
    for kind, modules in made.items():
        places = _calls(program, kind)
        places = places * len(modules) if len(places) == 1 else places
        if len(places) == len(modules):
            program.made.update({id(m): place for m, place in zip(modules, places)})
    for kind in {name for name in vars(nn) if name.endswith("Loss")}:
        if f"made:{kind}" not in program.sites and (places := _calls(program, kind)):
            program.sites[f"made:{kind}"] = places[-1:]


def _read(program: Program) -> None:
    """The files that define the networks' classes, and a notebook's cells."""
    files = set(cells())
    for network in program.networks:
        for module in network.module.modules():
            with contextlib.suppress(TypeError, OSError):
                files.add(inspect.getsourcefile(type(module)) or "")
    for file in sorted(f for f in files - set(program.sources) if is_users(f)):
        source = Source.read(file)
        if source is not None:
            program.sources[file] = source


def _calls(program: Program, kind: str) -> list[Site]:
    found = []
    for file, source in program.sources.items():
        for call in source.calls(kind):
            found.append(Site(file, call.lineno))
    return found


def _last(program: Program, kind: str) -> Site | None:
    return next(iter(_calls(program, kind)[-1:]), None)
