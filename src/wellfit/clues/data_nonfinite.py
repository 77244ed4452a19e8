"""NaN or Inf in inputs or targets."""

from __future__ import annotations

import ast
import math

from torch import Tensor

from wellfit.nouns.fed import built, evaluated, inputs_chain, targets_chain
from wellfit.nouns.finding import Finding
from wellfit.nouns.flow import Spot
from wellfit.nouns.missing import made
from wellfit.nouns.program import Program
from wellfit.nouns.source import last_name
from wellfit.nouns.tape import Site
from wellfit.nouns.units import percent

LOGS = frozenset(("log", "log10", "log2"))

EARLY = True
"""It can be stated while the program runs."""


def data_nonfinite(program: Program) -> Finding | None:
    """Sees: values that are not finite in what the network is fed or in the targets, and losses that are not finite.
    Hurts: one of them makes loss and weights NaN for good.
    Mistaken for: lr-too-high, gradient-clipping-missing; missing values that a mask leaves out do no harm.
    Remedy: impute or leave out; a floor under deviations that are divided by.
    Source: a fact of the run."""
    broken = any(not math.isfinite(v) for _, v in program.curve)
    for loss in program.losses if broken else []:
        makers = loss.tape.makers()
        for n in (*loss.inputs, loss.target):
            if n in makers and makers[n].learnt:
                continue  # answers in the targets' place
            look, leaf = loss.look(n), loss.tape.leaves.get(n) if n is not None else None
            if look is not None and look.bad_frac and not _mask(leaf):
                wrong = n == loss.target
                chain = targets_chain(program, loss) if wrong else inputs_chain(program)
                site = (_logarithm(chain) if _floorless(leaf) else None) or _made(program, chain, leaf)
                return _said("targets" if wrong else "inputs", look.bad_frac, look.shape, loss.tape.index, site)
    if not broken:
        for held in evaluated(program)[-8:]:
            if held.inputs.is_floating_point() and not bool(held.inputs.isfinite().all()) and not _mask(held.inputs):
                after = held.seen.tape.looks.get(held.seen.output) if held.seen.output is not None else None
                if after is None or not after.bad_frac:
                    continue
                bad = 1 - float(held.inputs.isfinite().float().mean())
                site = _made(program, inputs_chain(program, held.seen.node), held.inputs)
                return _said("inputs in evaluation", bad, tuple(held.inputs.shape), held.index, site)
    return None


def _mask(x: Tensor | None) -> bool:
    """A mask of zeros and minus infinity, as attention takes it."""
    return x is not None and bool(((x == 0) | (x == -math.inf)).all())


def _floorless(x: Tensor | None) -> bool:
    """Minus infinity and nothing else that is not finite: the logarithm of zero."""
    return x is not None and bool((x == -math.inf).any()) and not bool(x.isnan().any() or (x == math.inf).any())


def _logarithm(chain: list[Spot]) -> Site | None:
    """The first logarithm in the nearest expression that holds one."""
    for spot in chain:
        calls = [n for n in ast.walk(spot.expr) if isinstance(n, ast.Call) and last_name(n.func) in LOGS]
        if calls:
            return Site(spot.source.path, calls[0].lineno)
    return None


def _made(program: Program, chain: list[Spot], x: Tensor | None) -> Site | None:
    """The call that can make such values (a window at its beginning, a shift, a division, a logarithm); else where the
    tensor is made."""
    return made(chain, program.sources.values(), x) or built(chain)


def _said(what: str, bad: float, shape: tuple[int, ...], step: int, site: Site | None) -> Finding:
    return Finding(
        "data-nonfinite", "error", f"{what} hold NaN or infinite values",
        f"{percent(bad, 3)} of a batch {list(shape)} at step {step}",
        "find where they come from; impute them or leave those rows out", 0.97, step,
        site.file if site else None, site.line if site else None, source="seen in the run",
    )  # fmt: skip
