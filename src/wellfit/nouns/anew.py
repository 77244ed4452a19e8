"""Anew: answers of one round through a shuffling loader that meet the labels of another round, in another order."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from wellfit.nouns.program import Program
from wellfit.nouns.source import Source, dotted
from wellfit.nouns.tape import Site

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


class Round(NamedTuple):
    """A loop or comprehension over pairs: what is iterated, which of the pair is used (0: inputs, 1: labels), its lines."""

    over: str
    takes: int
    line: int
    end: int
    function: ast.AST | None


def drawn_anew(program: Program) -> Site | None:
    """Where labels are gathered in a round of their own, the answers in another, and each loader shuffles anew."""
    if not program.loaders or any(loader.sampler != "RandomSampler" for loader in program.loaders):
        return None
    for path, source in program.sources.items():
        rounds = list(_rounds(source))
        asked = {q.node.site.line for q in program.passes if q.node.site and q.node.site.file == path}
        answers = [r for r in rounds if r.takes == 0 and any(r.line <= line <= r.end for line in asked)]
        for one in (r for r in rounds if r.takes == 1):
            if any(_meets(source, one, other) for other in answers):
                return Site(path, one.line)
    return None


def _rounds(source: Source) -> Iterator[Round]:
    """Rounds through pairs that gather one of the two."""
    for n in source.nodes:
        if isinstance(n, (ast.ListComp, ast.GeneratorExp)) and len(n.generators) == 1:
            target, over, body, line = n.generators[0].target, n.generators[0].iter, [n.elt], n.lineno
        elif isinstance(n, ast.For) and any(isinstance(c, ast.Call) and _gathers(c) for c in ast.walk(n)):
            target, over, body, line = n.target, n.iter, n.body, n.lineno
        else:
            continue
        if (
            not isinstance(target, ast.Tuple)
            or len(target.elts) != 2
            or not isinstance(over, (ast.Name, ast.Attribute))
        ):
            continue
        names = {x.id for b in body for x in ast.walk(b) if isinstance(x, ast.Name) and isinstance(x.ctx, ast.Load)}
        first, second = (bool(names & {x.id for x in ast.walk(e) if isinstance(x, ast.Name)}) for e in target.elts)
        if first != second:
            yield Round(dotted(over), int(second), line, n.end_lineno or line, source.enclosing(n, *FUNCTIONS))


def _gathers(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Attribute) and call.func.attr in ("append", "extend")


def _meets(source: Source, labels: Round, answers: Round) -> bool:
    """Do both go through the same loader: in one function, or in two that one function hands the same one?"""
    if labels.function is answers.function:
        return labels.over == answers.over
    given = [_handed(source, r) for r in (labels, answers)]
    return bool(given[0] & given[1])


def _handed(source: Source, r: Round) -> set[tuple[int, str]]:
    """(function that calls, what it hands over as the loader) of the calls of the function of a round."""
    if not isinstance(r.function, FUNCTIONS):
        return set()
    names = [a.arg for a in r.function.args.args]
    if r.over not in names:
        return set()
    place, found = names.index(r.over) - (names[:1] == ["self"]), set()
    for call in source.calls(r.function.name):
        said = next((k.value for k in call.keywords if k.arg == r.over), None)
        said = said or (call.args[place] if place < len(call.args) else None)
        if isinstance(said, (ast.Name, ast.Attribute)):
            found.add((id(source.enclosing(call, *FUNCTIONS)), dotted(said)))
    return found
