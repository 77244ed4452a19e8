"""Figures: what a program says of itself at its end, held against what its answers and targets give."""

from __future__ import annotations

import ast
import re
from typing import NamedTuple

import torch
from torch import Tensor

from wellfit.nouns import final
from wellfit.nouns.fed import evaluated
from wellfit.nouns.program import Program
from wellfit.nouns.source import Source
from wellfit.nouns.tape import Site

SAID = re.compile(r"(?i)(?<![a-z])(r2|r\^2|r²|rmse|mse|mae)(?![a-z0-9])[\w ()/%]*[\s:=]+(-?\d+\.\d{2,})")
DIGITS = 3
"""Digits of a figure from which that it is met by another reading is no accident."""
LAST = 6
"""Lines at the end of a program that are looked at."""


class Misread(NamedTuple):
    """said: the figure's name; printed: what the program says; right: what it is; how: how the printed one comes about."""

    said: str
    printed: float
    right: float
    how: str


def misread(program: Program) -> Misread | None:
    """A figure of the last lines that is not what its name says of the last evaluation, but to its last digit something
    else that is easily taken for it."""
    held = [h for h in evaluated(program) if h.targets is not None and h.targets.is_floating_point()]
    held = [h for h in held if h.index >= program.steps - 1]
    held = [h for h in held if held and h.seen.node.site == held[-1].seen.node.site]
    answer = final.answers(program, [h.inputs for h in held]) if held else None
    if answer is None or not held:
        return None
    truth = torch.cat([h.targets for h in held if h.targets is not None]).double().flatten()
    if answer.numel() != len(truth) or len(truth) < 8 or not bool(answer.isfinite().all()):
        return None
    right, wrong = _readings(answer.double().flatten(), truth)
    for _, text in program.printed[-LAST:]:
        for word, digits in SAID.findall(text):
            name, value = re.sub(r"\W|²", "", word.lower()), float(digits)
            name = "r2" if name == "r" else name
            near = lambda x, v=value, d=digits: abs(x - v) <= 0.6 * 10.0 ** -len(d.partition(".")[2]) + 1e-5 * abs(v)
            if len(digits.strip("-0.").replace(".", "")) < DIGITS or near(right[name]):
                continue
            for how, x in wrong.get(name, {}).items():
                if near(x):
                    return Misread(word, value, right[name], how)
    return None


def _readings(a: Tensor, t: Tensor) -> tuple[dict[str, float], dict[str, dict[str, float]]]:
    """(each figure, each with what is taken for it)."""
    squares, mse = float(((a - t) ** 2).sum()), float(((a - t) ** 2).mean())
    spread = lambda v: float(((v - v.mean()) ** 2).sum()) or 1e-30
    right = {"r2": 1 - squares / spread(t), "mse": mse, "rmse": mse**0.5, "mae": float((a - t).abs().mean())}
    wrong = {
        "r2": {
            "the squared errors are divided by the spread of the answers": 1 - squares / spread(a),
            "the errors are divided without being squared": 1 - float((a - t).abs().sum()) / spread(t),
            "the spread is taken of squares, not of differences from the mean": 1
            - squares / (float((t**2).sum()) or 1e-30),
        },
        "rmse": {"no root is taken: it is the mean of the squares": mse},
        "mse": {"it is the root of the mean of the squares": mse**0.5},
        "mae": {
            "errors are averaged with their sign": float((a - t).mean()),
            "the same, turned round": float((t - a).mean()),
        },
    }
    return right, wrong


def written(program: Program, found: Misread) -> Site | None:
    """Where such a figure is worked out: the last division, root or mean in a function or on a line of its name."""
    name = re.sub(r"\W", "", found.said.lower()) or "r2"
    for path, source in program.sources.items():
        functions = [n for n in source.nodes if isinstance(n, ast.FunctionDef) and name in n.name.lower()]
        lines = sorted(_sums(source, functions[-1])) if functions else []
        lines = lines or [
            a.lineno for a in source.nodes
            if isinstance(a, (ast.Assign, ast.AnnAssign)) and name in ast.unparse(a).partition("=")[0].lower()
        ]  # fmt: skip
        if lines:
            return Site(path, lines[-1])
    return None


def _sums(source: Source, function: ast.FunctionDef) -> list[int]:
    """Lines of a function on which figures are worked out."""
    kinds = (ast.BinOp, ast.Call)
    return [
        n.lineno for n in ast.walk(function) if isinstance(n, kinds) and source.enclosing(n, ast.Return, ast.Assign)
    ]
