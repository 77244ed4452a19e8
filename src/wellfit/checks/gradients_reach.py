"""Does every parameter get a finite, non-zero gradient?"""

from __future__ import annotations

import math
from time import perf_counter

import torch
from torch import Tensor, nn

from wellfit.nouns.case import Case
from wellfit.nouns.finding import Finding, Severity
from wellfit.nouns.layers import norms
from wellfit.nouns.reading import Reading
from wellfit.nouns.suspect import START, Cause, in_weights, suspect
from wellfit.nouns.trial import LossOf, bare_loss, descend, rows, trial
from wellfit.nouns.units import count

SHARE = 0.1
ROWS = 128
STEPS = 3
DETACHED = "look for detach, .data, no_grad, argmax or numpy between the parameters and the loss"


def gradients_reach(case: Case, within_s: float = 1.0) -> Finding:
    """One backward pass over up to 128 training rows, and another after three small steps of Adam, for a layer that
    starts at zero on purpose (the last one, or the end of a residual branch) passes its gradient on from then on.

    An error: no gradient at all, one that is not finite, a weight whose gradient is missing or all zero both times,
    or the same for all units of a layer, which then stay one unit (Goodfellow et al. 2016, section 8.4). Worth
    knowing: frozen parameters; biases without a gradient (ahead of batch norm they need none).
    """
    x, y = rows(case, ROWS, passes=15)
    loss = bare_loss(case)
    with trial(case) as network:
        called = _called(network, x)
        sizes = _gradients(network, loss, x, y)
        if sizes:
            until_s = perf_counter() + within_s / 2
            descend(network, loss, x, y, lr=1e-3, steps=1, until_s=math.inf)  # one at least, however slow
            descend(network, loss, x, y, lr=1e-3, steps=STEPS - 1, until_s=until_s)
            later = _gradients(network, loss, x, y)
            sizes = {n: size + later[n] for n, size in sizes.items()}  # NaN of either stays
        twins = _twins(network)
    named = dict(case.network.named_parameters())
    frozen = [n for n, p in named.items() if not p.requires_grad]
    reached = {n: s for n, s in sizes.items() if not s <= 0}
    silent = [n for n, s in sizes.items() if s == 0]
    evidence = f"{len(reached)} of {len(named)} parameter tensors get a gradient from {len(x)} rows"
    failure = _failure(case, x, y, sizes, called, twins)
    if failure is None:
        asides = [f"{count(len(frozen))} are frozen"] * bool(frozen) + [f"0 for the biases {_list(silent)}"] * bool(
            silent
        )
        summary = "; ".join(["Every parameter gets a finite, non-zero gradient", *asides]) + "."
        severity: Severity = "info" if frozen else "ok"
        return Finding("gradients-reach", severity, summary, evidence, readings=_readings(sizes), stage="check")
    cause, severity, summary = failure
    evidence = f"{evidence}; {cause.why}" if cause.why else evidence
    return Finding(
        cause.fault,
        severity,
        summary,
        evidence,
        cause.remedy,
        confidence=0.9,
        readings=_readings(sizes),
        limit=0.0,
        source="by definition: what has no gradient does not learn",
        change=cause.change,
        stage="check",
    )


def _failure(case: Case, x: Tensor, y: Tensor, sizes, called: set[str], twins) -> tuple[Cause, Severity, str] | None:
    """(cause, severity, summary) of the first thing that is wrong, or None."""
    shapes = {n: p.shape for n, p in case.network.named_parameters()}
    if not sizes:
        return (
            Cause("graph-detached", "", DETACHED),
            "error",
            "No gradient reaches any parameter: the loss has no graph.",
        )
    broken = [n for n, s in sizes.items() if not math.isfinite(s)]
    if broken:
        otherwise = Cause("init-unsuitable", "", START, {"network.init": "he"})
        said = f"The gradient is not finite at {_list(broken)}."
        return suspect(case, case.network, x, y, otherwise), "error", said
    missing = [n for n, s in sizes.items() if s < 0]
    cut = [n for n in missing if n.rpartition(".")[0] in called]
    if cut:
        return Cause("graph-detached", "", DETACHED), "error", f"No gradient reaches {_list(cut)}."
    silent = [n for n, s in sizes.items() if s == 0 and len(shapes[n]) > 1]
    if silent:
        remedy = "take another activation (leaky_relu, gelu) or other initial weights"
        dead = Cause("activation-unsuitable", "", remedy, {"network.activation": "leaky_relu"})
        said = f"The gradient is 0 for all of {_list(silent)}."
        return in_weights(case.network) or suspect(case, case.network, x, y, dead), "error", said
    if twins:
        equal = in_weights(case.network) or Cause("init-unsuitable", "", START, {"network.init": "he"})
        return equal, "error", f"All units of {_list(twins)} get the same gradient, so they stay one unit."
    if missing:
        remedy = "use these layers in forward, or delete them"
        return Cause("parameters-missing", "", remedy), "warning", f"The network never uses {_list(missing)}."
    return None


def _gradients(network: nn.Module, loss: LossOf, x: Tensor, y: Tensor) -> dict[str, float]:
    """Norm of the gradient of each parameter that requires one, -1 where there is none; {} without a graph."""
    network.zero_grad(set_to_none=True)
    value = loss(network(x), y)
    if not value.requires_grad:
        return {}
    value.backward()
    wanted = {n: p for n, p in network.named_parameters() if p.requires_grad}
    got = {n: p.grad for n, p in wanted.items() if p.grad is not None}
    return dict.fromkeys(wanted, -1.0) | dict(zip(got, norms(list(got.values()))))


def _called(network: nn.Module, x: Tensor) -> set[str]:
    """Names of the modules whose forward runs ("" for the network itself)."""
    found: set[str] = set()
    hooks = [
        m.register_forward_pre_hook(lambda module, args, name=n: found.add(name)) for n, m in network.named_modules()
    ]
    with torch.no_grad():
        network(x)
    for hook in hooks:
        hook.remove()
    return found


def _twins(network: nn.Module) -> list[str]:
    """Weights whose gradient is the same, and not 0, for all of their two or more output units."""
    return [
        n
        for n, p in network.named_parameters()
        if p.grad is not None and p.ndim > 1 and p.shape[0] > 1 and bool((p.grad == p.grad[:1]).all() & p.grad.any())
    ]


def _readings(sizes: dict[str, float]) -> tuple[Reading, ...]:
    return tuple(Reading("grad_norm", size, 0, where=n) for n, size in sizes.items() if not size < 0)


def _list(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
