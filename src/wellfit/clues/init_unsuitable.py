"""Weights that start all alike, or far too large or small."""

from __future__ import annotations

import ast
from dataclasses import replace

from torch import Tensor

from wellfit.nouns.finding import Finding
from wellfit.nouns.program import NetworkSeen, Program
from wellfit.nouns.source import last_name
from wellfit.nouns.tape import Site
from wellfit.nouns.units import figure
from wellfit.nouns.weights import Start, loose, starts, trained, twins

FEW = 10
"""Steps after which what is still exactly zero gets no gradient."""
LARGE, SMALL = 3.5, 0.05
"""Times the root of fan_in; PyTorch's default gives 0.58, He's rule 1.41."""
SETTERS = ("fill_", "zero_", "normal_", "uniform_", "copy_", "constant_", "mul_", "zeros_", "ones_", "trunc_normal_",
           "xavier_uniform_", "xavier_normal_", "kaiming_uniform_", "kaiming_normal_", "orthogonal_", "eye_")  # fmt: skip
MADE_BY = ("randn", "rand", "normal", "uniform", "zeros", "ones", "full", "empty", "standard_normal", "randn_like")
ALIKE, SAME = 0.3, 1e-3
"""Distance of rows from their mean, over the way they went, below which they may still be the same (Adam makes steps of
rounding), and below which they are."""
ASKS = ("requires_grad_", "Parameter")
HELD_BACK = ("batch_norm", "layer_norm", "group_norm", "instance_norm", "rms_norm")


def init_unsuitable(program: Program) -> Finding | None:
    """Sees: before the first call, half of the layers or more (two at least) have units that are all the same, or
    weights far from what their fan-in asks for, with nothing that normalises after them; or factors that are all zero
    to the end; or rows that are all the same at the beginning and in the end; or ReLUs none of which lets
    anything through at the first step.
    Hurts: equal units stay equal; too large weights saturate, too small ones let no signal through.
    Mistaken for: lr-too-low, activation-unsuitable; a last layer that starts at zero is sound, and is let be.
    Remedy: PyTorch's default, He's or Xavier's initialisation.
    Source: Glorot & Bengio 2010; He et al. 2015; the limits are 2.5 times He's spread and a tenth of the default's."""
    given = [(network, starts(network)) for network in trained(program)]
    for network, layers in [*given, (None, loose(program))]:
        hidden = layers[:-1] or layers[:0]
        alike = [x for x in layers if x.alike and not x.parted]
        if len(alike) > 1 and 2 * len(alike) >= len(layers) and any(x.alike for x in hidden):
            what = f"every unit starts with the same weights in {len(alike)} of {len(layers)} layers"
            return _said(program, network, alike, what, ", ".join(x.name for x in alike[:4]), True)
        normed = any(n.name in HELD_BACK for t in program.tapes[:1] for n in t.nodes)
        for off, word in (([x for x in layers if x.ratio > LARGE and x.fan_in >= 4], "large"),
                          ([x for x in layers if x.ratio < SMALL and not x.alike], "small")):  # fmt: skip
            if not off or normed or len(layers) < 2:
                continue
            spreads = ", ".join(f"{x.name} {figure(x.ratio, 2)}" for x in off[:4])
            sure = len(off) > 1 and 2 * len(off) >= len(layers)
            said = f"weights start far too {word}: std times the root of fan_in {spreads} (PyTorch's default 0.58)"
            if _by_hand(program, network, off):
                return _said(program, network, off, f"the weights start far too {word}", said, sure)
    return _stuck(program) or _twins(program) or _shut(program)


def _twins(program: Program) -> Finding | None:
    """Weights whose rows are all the same before the first step and next to the same after the last, though they moved:
    what starts alike gets the same gradient, and stays alike but for rounding."""
    found = []
    for _, first, last, name in twins(program):
        apart = (last - last.mean(0, keepdim=True)).norm()
        if float(apart) <= ALIKE * float((last - first).norm()):
            found.append((last, name, float(apart) <= SAME * float((last - first).norm())))
    if not found or program.steps < FEW:
        return None
    many, name, sure = len(found[0][0]), found[0][1], all(s for _, _, s in found)
    still = "the same" if sure else "next to the same"
    what = f"the {many} rows of {name} start all the same and are {still} after {program.steps} steps"
    names = ", ".join(f"{name} {list(w.shape)}" for w, name, _ in found[:4])
    said = _said(program, None, [], what, f"{names}: every row gets the same gradient", sure)
    site = _parameter(program, name)
    return replace(said, file=site.file, line=site.line) if site else said


def _parameter(program: Program, name: str) -> Site | None:
    """Where this weight is made: the assignment of a value that torch made to an attribute or name of this name."""
    name = name.rsplit(".", 1)[-1]
    for path, source in program.sources.items():
        for given in source.assignments(name):
            made = [c for c in ast.walk(given.value) if isinstance(c, ast.Call)] if given.value is not None else []
            if any(last_name(c.func) in (*ASKS, *MADE_BY) for c in made):
                return Site(path, given.lineno, "")
    return None


def _stuck(program: Program) -> Finding | None:
    """Tables or matrices that are zero from the first to the last step: where each is multiplied with another, neither
    gets a gradient."""
    held = {id(p): p for o in program.optimizers if o.steps for g in o.optimizer.param_groups for p in g["params"]}
    used = {i for t in program.training()[:3] for i in t.parameters.values()}
    zero = [i for i, p in held.items() if i in used and p.ndim > 1 and p.numel() > 1 and not bool(p.detach().any())]
    first = [
        program.memo.get(i) for i in zero
    ]  # None: put into the network after it was met; no step ends at just zero
    if len(zero) < 2 or program.steps < FEW or any(isinstance(t, Tensor) and bool(t.any()) for t in first):
        return None
    own = {id(p): name for n in program.networks for name, p in n.module.named_parameters()} | program.parameter_names
    names = ", ".join(own.get(i) or "a tensor" for i in zero[:4])
    what = f"{len(zero)} weights start at zero and are zero after {program.steps} steps: each waits for the others"
    set_at = [s[-1] for k, s in program.sites.items() if k.startswith("init:") and int(k.rsplit(":", 1)[1]) in zero]
    said = _said(program, None, [], what, f"{names}: all zero, their gradient too", True)
    made = (site for i in zero if (site := _parameter(program, own.get(i) or "")) is not None)
    site = set_at[0] if set_at else next(made, None)
    return replace(said, file=site.file, line=site.line) if site else said


def _shut(program: Program) -> Finding | None:
    """ReLUs that are all shut at the first step."""
    tapes = [t for t in program.training() if t.index == 0]
    for node in tapes[0].nodes if tapes else []:
        look = tapes[0].looks.get(node.outs[0]) if node.outs else None
        if node.name in ("relu", "relu_") and node.depth and look and look.low == look.high == 0 and node.learnt:
            network = next(iter(trained(program)), None)
            layers = starts(network) if network else []
            if network is None or not _by_hand(program, network, layers):
                return None
            return _said(program, network, layers, "hidden units are all shut from the first step", node.inside, True)
    return None


def _by_hand(program: Program, network: NetworkSeen | None, layers: list[Start]) -> bool:
    """Did the program itself set the weights?"""
    return _place(program, network, layers) is not None


def _place(program: Program, network: NetworkSeen | None, layers: list[Start]) -> Site | None:
    """The line that sets these weights: a call of nn.init seen with one of them, else one that writes into data."""
    if network is None:
        return (_parameter(program, layers[0].name) if layers else None) or _tensors(program)
    ids = {id(p) for x in layers if x.module is not None for p in x.module.parameters(recurse=False)}
    seen = [(sites, key) for key, sites in program.sites.items() if key.startswith("init:")]
    own = [s for sites, key in seen if int(key.rsplit(":", 1)[1]) in ids and ".bias" not in program.text(sites[-1])
           for s in sites[-1:]]  # fmt: skip
    if own:
        return min(own, key=lambda s: s.line)
    for path, source in program.sources.items():
        for call in source.calls(*SETTERS):
            text = source.line(call.lineno)
            if "weight" in text or "param" in text or ".data" in text or "p." in text:
                return Site(path, call.lineno, "")
        for name in ("weight", "data"):
            for assignment in source.assignments(name):
                return Site(path, assignment.lineno, "")
    return None


def _tensors(program: Program) -> Site | None:
    """The line that draws or fills tensors that are then trained: with `requires_grad` or `Parameter` around it, or given
    to a name that asks for a gradient later."""
    found = []
    for path, source in program.sources.items():
        for call in (c for c in source.calls(*MADE_BY) if _of_torch(c.func)):
            statement = source.enclosing(call, ast.stmt)
            near = [ast.dump(statement)] if statement else []
            names = [last_name(t) for t in statement.targets] if isinstance(statement, ast.Assign) else []
            later = any(
                last_name(c.func) in ASKS and last_name(getattr(c.func, "value", c)) in names for c in source.calls()
            )
            asked = any(word in text for word in ("requires_grad", "Parameter") for text in near)
            if not isinstance(source.enclosing(call, ast.Call), ast.Call) or asked or later:
                found.append((not asked, not later, Site(path, call.lineno, "")))
    return min(found, key=lambda f: f[:2])[2] if found else None


def _of_torch(func: ast.expr) -> bool:
    """A function of torch's, as far as its name tells: not a method of NumPy or of a generator of random numbers."""
    return isinstance(func, ast.Name) or (
        isinstance(func, ast.Attribute) and last_name(func.value) in ("torch", "init")
    )


def _said(
    program: Program, network: NetworkSeen | None, layers: list[Start], summary: str, evidence: str, sure: bool
) -> Finding:
    site = _place(program, network, layers) or (network.site if network else None)
    return Finding(
        "init-unsuitable", "error" if sure else "warning", summary, evidence,
        "leave PyTorch's default, or nn.init.kaiming_normal_ / xavier_uniform_", 0.95 if sure else 0.8, 0,
        site.file if site else None, site.line if site else None, source="weights read before the first call",
    )  # fmt: skip
