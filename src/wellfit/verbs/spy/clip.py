"""Clip: what a program's own clipping leaves of its gradients."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from wellfit.nouns.program import Clipped, Program
from wellfit.nouns.tape import Site

MOST = 64
SOME = 8
"""Clippings that are noted, and parameters that are looked at where single elements are cut."""


def bounded(program: Program, args: Any, kwargs: Any, norm: Any, site: Site | None) -> None:
    """`clip_grad_norm_(parameters, max_norm)`, after it gave the norm that it found."""
    limit = kwargs.get("max_norm", args[1] if len(args) > 1 else None)
    if isinstance(limit, (int, float)) and isinstance(norm, Tensor) and len(program.clips) < MOST:
        left = min(float(limit) / max(float(norm), 1e-30), 1.0)
        program.clips.append(Clipped("norm", float(limit), left, site, float(norm)))


def cut(program: Program, args: Any, kwargs: Any, site: Site | None) -> None:
    """`clip_grad_value_(parameters, clip_value)`, before it cuts."""
    limit = kwargs.get("clip_value", args[1] if len(args) > 1 else None)
    given = kwargs.get("parameters", args[0] if args else None)
    parameters = [given] if isinstance(given, Tensor) else given if isinstance(given, (list, tuple)) else []
    known = {id(w): w for o in program.optimizers for g in o.optimizer.param_groups for w in g["params"]}
    graded = [w.grad for w in (parameters or list(known.values()))[:SOME] if w.grad is not None]
    if isinstance(limit, (int, float)) and graded and len(program.clips) < MOST:
        whole = sum(float(g.norm()) ** 2 for g in graded) ** 0.5
        rest = sum(float(g.clamp(-limit, limit).norm()) ** 2 for g in graded) ** 0.5
        program.clips.append(Clipped("value", float(limit), rest / whole if whole > 0 else 1.0, site))
