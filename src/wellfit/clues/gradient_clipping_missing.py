"""Gradients of a recurrent network explode and nothing bounds them."""

from __future__ import annotations

import ast
import math
from statistics import median

from torch import nn

from wellfit.nouns.across import written
from wellfit.nouns.finding import Finding
from wellfit.nouns.pace import Pace, beyond_usual
from wellfit.nouns.program import Program
from wellfit.nouns.tape import Site
from wellfit.nouns.units import figure

RECURRENT = (nn.RNNBase, nn.RNNCellBase)
OFTEN = 10
"""Watched calls from which it is no accident that there was nothing to clip."""
JUMP = 8.0
"""Times its usual size that the loss jumped to, or the norm of the gradient."""
BURST = 30.0
EXPLODED = 100.0
"""A loss that jumped this far above its size, with such a gradient, at a usual rate: no trial is needed."""


def gradient_clipping_missing(program: Program) -> Finding | None:
    """Sees: clipping that always finds a norm of zero, since it comes before backward or is given nothing that has a gradient
    (an iterator of parameters that is used up, another network's); or a recurrent network (a layer
    of that kind, or one layer called many times in a pass) whose gradient norm or loss jumps to many times its usual
    size or stops being finite, and no clipping, or one that comes after the step.
    Hurts: one step along such a gradient throws away what was learnt.
    Mistaken for: lr-too-high, which is the better name where the rate is above the usual range.
    Remedy: `clip_grad_norm_(model.parameters(), 1.0)` between backward and step.
    Source: Pascanu, Mikolov and Bengio 2013; confirmed by trial."""
    main, pace = program.main, Pace(program)
    empty = _of_nothing(program)
    if empty is not None:
        return empty
    if main is None or program.clipped or len(pace.losses) < 5 or not _recurrent(program):
        return None
    norms = [math.sqrt(sum(g * g for g in m.grad.values())) for m in program.moments if m.grad]
    usual = median([g for g in norms if math.isfinite(g)] or [0.0])
    burst = max((g if math.isfinite(g) else math.inf for g in norms), default=0.0) / usual if usual > 0 else 0.0
    finite = [v for v in pace.losses if math.isfinite(v)]
    jump = max(finite, default=0.0) / max(median(finite or [0.0]), abs(pace.losses[0]), 1e-30)
    if pace.finite and burst < BURST and jump < JUMP:
        return None
    late = (program.sites.get("c") or [None])[0]
    site = late or (program.sites.get("b") or [None])[0]
    proved = (jump >= EXPLODED and burst >= BURST and beyond_usual(main) <= 0) or (late is not None and not pace.finite)
    return Finding(
        "gradient-clipping-missing", "error" if proved else "warning",
        f"gradients of the recurrent network explode and {'are clipped after the step' if late else 'nothing bounds them'}",
        f"the largest gradient norm seen is {figure(burst, 2)} times the usual one; the loss jumped to "
        f"{'not finite' if not pace.finite else f'{figure(jump, 2)} times its usual size'}",
        "clip_grad_norm_(model.parameters(), 1.0) between backward() and step()",
        0.98 if proved and late else 0.86 if beyond_usual(main) <= 0.3 else 0.6,
        main.first, site.file if site else None, site.line if site else None, limit=JUMP,
        source="Pascanu, Mikolov and Bengio 2013; seen in the run",
    )  # fmt: skip


def _of_nothing(program: Program) -> Finding | None:
    """Clipping that always comes when there are no gradients, before backward, or that is given none of them."""
    norms = [c.norm for c in program.clips if c.kind == "norm"]
    if len(norms) < OFTEN or any(norms) or (program.clipped and not any(any(m.grad.values()) for m in program.moments)):
        return None
    site = program.clips[0].site
    said = ("gradients are clipped when there are none, before backward", "clip between backward() and step()")
    if program.clipped:
        said = ("what is clipped are no parameters of the network: nothing bounds its gradients",
                "list(model.parameters()): an iterator is used up by the first that goes through it")  # fmt: skip
        site = _clipped(program, site)
    return Finding(
        "gradient-clipping-missing", "error", said[0],
        f"in {len(norms)} of {len(norms)} watched calls the norm that clip_grad_norm_ found was 0", said[1], 0.98, 0,
        site.file if site else None, site.line if site else None,
        source="seen in the run",
    )  # fmt: skip


def _clipped(program: Program, site: Site | None) -> Site | None:
    """Where what is handed over to be clipped is written."""
    source = program.source(site)
    call = source.call_on(site.line, "clip_grad_norm_") if source is not None and site is not None else None
    if source is None or call is None:
        return site
    given = source.keyword(call, "parameters")
    given = call.args[0] if given is None and call.args else given
    return written(program, source, given) if isinstance(given, ast.expr) else site


def _recurrent(program: Program) -> bool:
    """A recurrent layer, or the same layer used five times in one pass."""
    if any(isinstance(m, RECURRENT) for n in program.networks for m in n.module.modules()):
        return True
    if program.main is not None and program.main.closure:
        return False  # a step calls the network many times
    tape = program.loss.tape if program.loss else None
    used: dict[tuple[int, ...], int] = {}
    for node in tape.nodes if tape else []:
        if node.name in ("linear", "matmul", "mm", "__matmul__", "addmm"):
            held = tuple(i for i in node.ins if tape is not None and i in tape.parameters)
            if held:
                used[held] = used.get(held, 0) + 1
    return max(used.values(), default=0) >= 5
