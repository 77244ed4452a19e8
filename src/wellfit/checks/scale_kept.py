"""Do activations and gradients keep their scale through the layers, with none dead or saturated?"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from wellfit.nouns.case import Case
from wellfit.nouns.finding import Finding, Severity
from wellfit.nouns.layers import RELU_LIKE, SATURATING, leaves, unit_axis
from wellfit.nouns.reading import Reading
from wellfit.nouns.suspect import START, Cause, suspect
from wellfit.nouns.trial import bare_loss, rows, trial
from wellfit.nouns.units import figure, percent

SHARE = 0.1
ROWS = 128
VANISH, GROW = 1e-3, 1e3
"""Of the first layer over the last one (gradients), of the last hidden layer over the first (activations). No false
alarm in 1,944 healthy networks (He's, Xavier's and orthogonal weights, ReLU, tanh and GELU, 0 to 4 hidden layers 8 to
128 wide, six seeds, torch 2.13); deep sigmoid networks and six layers from PyTorch's default weights are warned of."""
DEAD, SATURATED = 0.7, 0.5
"""Shares of a layer's units (dead) and activations (saturated)."""


@dataclass
class _Seen:
    """A leaf module: spread of its outputs over examples; size of the gradient that reaches them; its units, the
    shares of dead ones and of saturated activations, where it is such a layer."""

    name: str
    module: nn.Module
    spread: float = 0.0
    gradient: float = 0.0
    units: int = 0
    dead: float = 0.0
    saturated: float = 0.0

    @property
    def weighted(self) -> bool:
        return any(p.ndim > 1 for p in self.module.parameters(recurse=False))

    @property
    def too_dead(self) -> bool:
        """By chance, a narrow layer can have most of its units dead."""
        return self.dead == 1 or self.dead > max(DEAD, 0.5 + 1.5 / math.sqrt(max(self.units, 1)))


def scale_kept(case: Case) -> Finding:
    """One pass of up to 128 training rows through the untrained network and back.

    The spread over examples of each hidden layer with weights (before its activation), and the size of the gradient
    at each such layer's outputs, should stay within three orders of magnitude from end to end (He et al. 2015 keep
    them constant by the choice of initial weights); under 70 % of a layer's ReLU units may be dead for all rows,
    under 50 % of its tanh or sigmoid activations within 1 % of their range's ends.
    """
    x, y = rows(case, ROWS, passes=3)
    with trial(case) as network:
        seen = _pass(network, bare_loss(case), x, y)
    layers = [s for s in seen if s.weighted]
    begun = [s for s in layers if not _zero(s.module)] or layers  # a branch that begins at 0 has no scale yet
    hidden = [s for s in begun if s is not layers[-1]] or begun
    if not layers:
        said = "There are no layers with weights of their own to look at."
        return Finding("scale-kept", "info", said, stage="check")
    forth = _ratio(hidden[-1].spread, hidden[0].spread)
    learning = [s for s in layers if any(p.requires_grad for p in s.module.parameters(recurse=False))] or layers
    first = next((s for s in learning if s in begun), learning[0])
    back = _ratio(first.gradient, learning[-1].gradient)  # none need come back to layers that are frozen
    dead = max((s.dead for s in seen), default=0.0)
    saturated = max((s.saturated for s in seen), default=0.0)
    evidence = (
        f"spread of activations, last hidden over first layer {figure(forth)}; gradients, first over last layer "
        f"{figure(back)}; dead at most {percent(dead, 0)}, saturated at most {percent(saturated, 0)} of a layer; "
        f"{len(x)} training rows"
    )
    failure = _failure(seen, forth, back)
    if failure is None:
        summary = f"Scale kept: activations x{figure(forth)}, gradients x{figure(back)} through {len(layers)} layers."
        return Finding("scale-kept", "ok", summary, evidence, readings=_readings(seen), stage="check")
    severity, summary, limit, source, cause = failure
    cause = suspect(case, case.network, x, y, cause)
    return Finding(
        cause.fault,
        severity,
        summary,
        f"{evidence}; {cause.why}" if cause.why else evidence,
        cause.remedy,
        confidence=0.9 if severity == "error" else 0.6,
        readings=_readings(seen),
        limit=limit,
        source=source,
        change=cause.change,
        stage="check",
    )


def _failure(seen: list[_Seen], forth: float, back: float) -> tuple[Severity, str, float, str, Cause] | None:
    """(severity, summary, limit, its source, cause) of the first figure beyond its limit, or None."""
    start = Cause("init-unsuitable", "", START, {"network.init": "he"})
    he = "He et al. 2015, section 2.2; AutoTrainer (ICSE 2021) for 1e-3"
    if not (math.isfinite(forth) and math.isfinite(back)):
        return "error", "Activations or gradients overflow in the untrained network.", GROW, he, start
    dead = [s for s in seen if s.too_dead]
    if dead:
        remedy = "take leaky_relu or gelu, He's initial weights, or standardised inputs"
        cause = Cause("activation-unsuitable", "", remedy, {"network.activation": "leaky_relu"})
        said = f"{percent(dead[0].dead, 0)} of the units of {dead[0].name} are 0 for every row."
        severity = "error" if dead[0].dead == 1 else "warning"
        return severity, said, DEAD, "AutoTrainer (Zhang et al., ICSE 2021)", cause
    saturated = [s for s in seen if s.saturated > SATURATED]
    if saturated:
        remedy = "take smaller initial weights (xavier), standardised inputs, or relu"
        cause = Cause("activation-unsuitable", "", remedy, {"network.init": "xavier"})
        said = f"{percent(saturated[0].saturated, 0)} of the activations of {saturated[0].name} are saturated."
        return "warning", said, SATURATED, "Glorot & Bengio 2010, section 3", cause
    if back == 0 and not any(_zero(s.module) for s in seen):  # behind a last layer that starts at zero, none can
        remedy = "look for detach, .data, no_grad, argmax or numpy between the layers"
        cause = Cause("graph-detached", "", remedy)
        return "error", "No gradient comes back to the first layer.", 0.0, "by definition", cause
    for name, ratio in (("Activations", forth), ("Gradients", back)):
        if ratio and not VANISH <= ratio <= GROW:
            said = f"{name} {'shrink' if ratio < VANISH else 'grow'} by a factor of {figure(ratio)} through the layers."
            if ratio < VANISH and any(isinstance(s.module, nn.Sigmoid) for s in seen):
                remedy = "take relu: a sigmoid's slope is 0.25 at most, so each layer takes a part of the gradient"
                start = Cause("activation-unsuitable", "", remedy, {"network.activation": "relu"})
            return "warning", said, VANISH if ratio < VANISH else GROW, he, start
    return None


def _pass(network: nn.Module, loss, x: Tensor, y: Tensor) -> list[_Seen]:
    """What each leaf module gives and gets back, in the order of the first calls."""
    seen: dict[str, _Seen] = {}
    by_name = leaves(network)

    def listen(name: str):
        def hook(module: nn.Module, args, output) -> None:
            if isinstance(output, Tensor) and output.is_floating_point() and output.numel():
                look = _look(name, module, output.detach(), unit_axis(by_name, name, output))
                first = seen.setdefault(name, look)  # of a module that is called twice, the first call's spread
                first.dead, first.saturated = max(first.dead, look.dead), max(first.saturated, look.saturated)
                if output.requires_grad:
                    output.register_hook(lambda gradient: _note(first, gradient))

        return hook

    for name, module in by_name.items():
        module.register_forward_hook(listen(name))
    value = loss(network(x), y)
    if value.requires_grad:
        value.backward()
    return list(seen.values())


def _look(name: str, module: nn.Module, output: Tensor, axis: int) -> _Seen:
    seen = _Seen(name, module, units=output.shape[axis])
    others = [d for d in range(output.ndim) if d != axis]
    if seen.weighted:
        seen.spread = float(output.var(0, correction=0).mean().sqrt())
    if isinstance(module, RELU_LIKE) and others:
        seen.dead = float((output.amax(others) == 0).float().mean())
    if type(module) in SATURATING:
        low, high = SATURATING[type(module)]
        seen.saturated = float(((output - (low + high) / 2).abs() > 0.49 * (high - low)).float().mean())
    return seen


def _note(seen: _Seen, gradient: Tensor) -> None:
    """The hook must return None: what it returns would replace the gradient."""
    seen.gradient = math.hypot(seen.gradient, float(torch.linalg.vector_norm(gradient)))


def _zero(module: nn.Module) -> bool:
    return any(p.ndim > 1 and not bool(p.any()) for p in module.parameters(recurse=False))


def _ratio(one: float, other: float) -> float:
    """one / other; 0 where both are."""
    return one / other if other else float("inf") if one else 0.0


def _readings(seen: list[_Seen]) -> tuple[Reading, ...]:
    """Per layer: the figures that the check looks at."""
    found = []
    for s in seen:
        if s.weighted:
            found.append(Reading("activation_spread", s.spread, 0, where=s.name))
            found.append(Reading("output_grad_norm", s.gradient, 0, where=s.name))
        if isinstance(s.module, RELU_LIKE):
            found.append(Reading("dead_frac", s.dead, 0, where=s.name))
        if type(s.module) in SATURATING:
            found.append(Reading("saturated_frac", s.saturated, 0, where=s.name))
    return tuple(found)
