"""A transform changes what the label says, or is applied where it must not be."""

from __future__ import annotations

import ast
import math
from itertools import combinations

import torch
from torch import Tensor

from wellfit.nouns import control, final
from wellfit.nouns.fed import Held, built, evaluated, inputs_chain, targets_chain
from wellfit.nouns.finding import Finding
from wellfit.nouns.program import Program
from wellfit.nouns.source import Source, last_name
from wellfit.nouns.tape import Site
from wellfit.nouns.torn import Torn, torn
from wellfit.nouns.turns import draws, flip, random, turns
from wellfit.nouns.units import figure
from wellfit.nouns.unlike import unlike

LEAST = 0.1
"""Skill that a fit to what lies around each place must have to be heard."""
KNOWN, LOST = 0.5, 0.35
"""Skill on untouched examples that the control must have, and skill lost on turned ones that speaks against turning."""


def augmentation_unsuitable(program: Program) -> Finding | None:
    """Sees: a random transform called once for a picture and once more for its mask, or for one of them alone; the same
    evaluation set other in each epoch; flips or turns under which a control can no longer tell the labels;
    examples that a draw changes and that a control learns little from for evaluation, where the network does no better.
    Hurts: pictures and masks no longer belong together; labels say something else than the picture; scores are noise.
    Mistaken for: labels-misaligned, capacity-too-small. Flips of data that looks the same flipped do no harm.
    Remedy: one draw for both; no random transform in evaluation; leave out what the label does not allow.
    Source: kernel regression on untouched examples (nouns/control.py), asked about turned ones."""
    for source in program.sources.values() if _dense(program) else ():
        found = _twice(source) or _apart(program, source)
        if found is not None:
            return found
    return _restless(program) or _turned(program) or _unlike(program)


def _finding(summary: str, evidence: str, remedy: str, sure: float, site: Site | None) -> Finding:
    file, line = (site.file, site.line) if site else (None, None)
    return Finding("augmentation-unsuitable", "error", summary, evidence, remedy, sure, None, file, line, limit=LOST)


def _twice(source: Source) -> Finding | None:
    """`image, mask = flip(image), flip(mask)` where each call draws anew."""
    for function in (
        n
        for n in source.nodes
        if isinstance(n, ast.FunctionDef) and n.name in ("__getitem__", "__iter__", "collate", "collate_fn")
    ):
        calls = [
            n
            for n in ast.walk(function)
            if isinstance(n, ast.Call) and len(n.args) == 1 and isinstance(n.args[0], (ast.Name, ast.Subscript))
        ]
        given = {
            x.id
            for r in ast.walk(function)
            if isinstance(r, (ast.Return, ast.Yield)) and isinstance(r.value, ast.Tuple)
            for x in ast.walk(r.value)
            if isinstance(x, ast.Name)
        }
        for a, b in combinations(calls, 2):
            if ast.dump(a.func) != ast.dump(b.func) or ast.dump(a.args[0]) == ast.dump(b.args[0]) or _seeded(function):
                continue
            ends = [_goes_to(source, c) for c in (a, b)]
            returned = all(_returned(source, c) for c in (a, b)) or all(e in given for e in ends)
            if ends[0] != ends[1] and returned and draws(source, a.func):
                return _finding(
                    "a random transform is drawn anew for the target",
                    f"{ast.unparse(a)} and {ast.unparse(b)} each draw for themselves",
                    "draw once and apply it to both, for instance to the two stacked", 0.95, Site(source.path, a.lineno),
                )  # fmt: skip
    return None


def _apart(program: Program, source: Source) -> Finding | None:
    """Chance moves one of a pair to other places and not the other; left out where a fit to untouched pairs does not mind
    (what is the same moved)."""
    found = torn(source, _batches(program, source))
    if found is None:
        return None
    known = _minded(program, found)
    if known is not None and (known[1] > known[0] / 2):
        return None
    said = (
        f"; a fit to what lies around each place has a skill of {figure(known[0], 2)}, moved so {figure(known[1], 2)}"
        if known is not None
        else ""
    )
    how = "along another axis" if found.other else "and stays where it is"
    return _finding(
        "chance moves one of a pair to other places, and not the other with it",
        f"{ast.unparse(found.move)} moves {found.moved}; {found.left} belongs to it {how}{said}",
        "move both by the same draw", 0.93, Site(source.path, found.move.lineno),
    )  # fmt: skip


def _batches(program: Program, source: Source) -> tuple[ast.AST, str, str] | None:
    """(loop over batches, name of what is fed, name of the target) where this file trains."""
    chains = inputs_chain(program)[:1], targets_chain(program)[:1]
    if not all(c and c[0].source is source and isinstance(c[0].expr, ast.Name) for c in chains):
        return None
    loop = source.loop_around(chains[0][0].line)
    return (loop, last_name(chains[0][0].expr), last_name(chains[1][0].expr)) if loop is not None else None


def _minded(program: Program, found: Torn) -> tuple[float, float] | None:
    """Skill of a fit to what lies around each place, on evaluated pairs and on the same with one moved; None where it
    cannot be asked or knows nothing."""
    held = [h for h in evaluated(program) if h.targets is not None and h.inputs.is_floating_point()]
    held = [h for h in held if h.index == held[-1].index and h.inputs.shape[1:] == held[-1].inputs.shape[1:]]
    if not held or any(h.targets is None or h.targets.shape[1:] != held[0].targets.shape[1:] for h in held):  # type: ignore[union-attr]
        return None
    x, y = (
        torch.cat([h.inputs for h in held])[:200],
        torch.cat([h.targets for h in held if h.targets is not None])[:200],
    )
    half = len(x) // 2
    along = found.axes if found.axes and min(found.axes) > -3 else (-1,)
    moved, other = flip(x[half:], along), flip(y[half:], found.other) if found.other else y[half:]
    if half < 4 or moved is None or other is None:
        return None
    plain = control.placed(x[:half], y[:half], x[half:], y[half:])
    lost = control.placed(x[:half], y[:half], moved, other)
    return (plain, lost) if plain is not None and lost is not None and plain > LEAST else None


def _dense(program: Program) -> bool:
    """Is the target a picture (or series) as large as the input?"""
    loss = program.loss
    fed, wanted = (
        loss.look(loss.inputs[0] if loss and loss.inputs else None) if loss else None,
        loss.look(loss.target) if loss else None,
    )
    return fed is not None and wanted is not None and len(wanted.shape) > 1 and wanted.shape[-1] == fed.shape[-1] > 4


def _goes_to(source: Source, call: ast.Call) -> str:
    """The name that the result is given to, else the text of the call."""
    at = source.parents.get(call)
    while isinstance(at, (ast.Call, ast.Attribute, ast.Subscript)):
        at = source.parents.get(at)
    if (
        isinstance(at, ast.Tuple)
        and isinstance(up := source.parents.get(at), ast.Assign)
        and isinstance(up.targets[0], ast.Tuple)
    ):
        places = [i for i, e in enumerate(at.elts) if any(n is call for n in ast.walk(e))]
        return last_name(up.targets[0].elts[places[0]]) if places else ""
    return last_name(at.targets[0]) if isinstance(at, ast.Assign) else ast.unparse(call)


def _returned(source: Source, call: ast.Call) -> bool:
    return isinstance(source.enclosing(call, ast.Return, ast.Yield, ast.FunctionDef), (ast.Return, ast.Yield))


def _seeded(function: ast.FunctionDef) -> bool:
    names = {last_name(n.func) for n in ast.walk(function) if isinstance(n, ast.Call)}
    return bool(names & {"seed", "manual_seed", "set_state", "set_rng_state", "setstate"})


def _restless(program: Program) -> Finding | None:
    """The same targets evaluated again with other inputs, by the same network (another may be shown other inputs). Row
    numbers as targets, and targets that come with several inputs in one evaluation, tell no batch from another."""
    before: dict[tuple, Held] = {}
    common = set()
    for h in evaluated(program):
        if h.targets is None or len(h.inputs) < 16 or h.targets.numel() < 16 or len(torch.unique(h.targets)) < 2:
            continue
        if h.targets.numel() == h.inputs.numel():  # noise to be taken away, or gaps to be filled, anew each time
            continue
        key = (id(h.seen.node.module), h.seen.node.site, tuple(h.inputs.shape), hash(h.targets.numpy().tobytes()))
        old = before.setdefault(key, h)
        if torch.equal(h.targets.flatten().double(), torch.arange(h.targets.numel()).double()):
            continue
        if old.index == h.index and not torch.equal(old.inputs, h.inputs):
            common.add(key)
        if (
            old.index < h.index
            and key not in common
            and h.inputs.is_floating_point()
            and not torch.equal(old.inputs.nan_to_num(), h.inputs.nan_to_num())
        ):
            changed = float((old.inputs != h.inputs).double().mean())
            return _finding(
                "evaluation data pass through a random transform",
                f"{figure(100 * changed, 2)} % of the values of one evaluation batch, its targets the same, changed from "
                f"step {old.index} to step {h.index}",
                "transform training data only; give the evaluation set a transform of its own", 0.9, _drawn(program, h),
            )  # fmt: skip
    return None


def _drawn(program: Program, h: Held) -> Site | None:
    """Where an evaluation set is given its transform: what it is made from."""
    chain = inputs_chain(program, h.seen.node)
    for spot in chain:
        function = spot.source.enclosing(spot.expr, ast.FunctionDef)
        if random(spot.expr) or (isinstance(spot.expr, ast.Call) and draws(spot.source, spot.expr.func)):
            return Site(spot.source.path, spot.line)
        if isinstance(function, ast.FunctionDef) and function.name == "__getitem__" and random(function):
            return Site(
                spot.source.path, next(n.lineno for n in ast.walk(function) if isinstance(n, ast.Call) and random(n))
            )
    return built(chain)


def _turned(program: Program) -> Finding | None:
    """Flips and turns under which the labels are lost."""
    held = [h for h in evaluated(program) if h.targets is not None and h.inputs.is_floating_point()]
    if not held:
        return None
    shape = held[-1].inputs.shape[1:]
    of = held[-1].targets.shape[1:] if held[-1].targets is not None else ()
    rows = [h for h in held if h.inputs.shape[1:] == shape and h.index == held[-1].index]
    rows = [h for h in rows if h.targets is not None and h.targets.shape[1:] == of]
    x, y = torch.cat([h.inputs for h in rows]), torch.cat([h.targets for h in rows if h.targets is not None])
    if len(x) < 60 or len(x) != len(y):
        return None
    for source in program.sources.values():
        for node, word, turn in turns(source):
            order = torch.randperm(len(x), generator=torch.Generator().manual_seed(0))
            a, b = order[: len(x) * 2 // 3], order[len(x) * 2 // 3 :]
            other = turn(_square(x[b]))
            if other is None:
                continue
            plain = control.learnt(x[a], y[a], x[b], y[b], raw=True)
            lost = control.learnt(x[a], y[a], other.reshape(x[b].shape), y[b], raw=True)
            if plain is None or lost is None or plain <= KNOWN or lost >= plain - LOST:
                continue
            if not _at_ease(program, (x[b], other.reshape(x[b].shape)), y[b], plain):
                return _finding(
                    f"{word} changes what the labels say",
                    "skill of kernel regression (1 perfect, 0 a constant) on untouched examples "
                    f"{figure(plain, 2)}, on the same ones after it {figure(lost, 2)}",
                    "leave it out, or change the labels with it", 0.9, Site(source.path, node.lineno),
                )  # fmt: skip
    return None


def _at_ease(program: Program, pair: tuple[Tensor, Tensor], y: Tensor, known: float) -> bool:
    """Does the network, as it was trained, answer untouched examples no worse than the control and turned ones like them?"""
    own, turned = (final.reached(final.answers(program, [x]), y) for x in pair)
    return own is not None and turned is not None and own >= known and turned >= own - LOST / 3


def _unlike(program: Program) -> Finding | None:
    """Examples that chance changes so that they no longer prepare for those of evaluation."""
    found = unlike(program)
    if found is None:
        return None
    return _finding(
        "what chance does to the training examples takes away what tells the targets",
        "skill of kernel regression (1 perfect, 0 a constant) on evaluated examples: fitted to others of them "
        f"{figure(found.own, 2)}, to training examples as they are fed {figure(found.shown, 2)}; "
        f"the network's {figure(found.network, 2)}",
        "leave it out, or change the target with it", 0.88, found.site,
    )  # fmt: skip


def _square(x: Tensor) -> Tensor:
    """Flat pictures as squares."""
    side = math.isqrt(x[0].numel())
    return x.reshape(len(x), side, side) if x.ndim == 2 and side * side == x[0].numel() else x
