"""Batch norm with a batch of one, with wrong statistics or in the wrong place."""

from __future__ import annotations

import ast
import math

import torch
from torch import Tensor
from torch.nn.modules.batchnorm import _NormBase

from wellfit.nouns import control, final
from wellfit.nouns.across import set_later
from wellfit.nouns.fed import evaluated
from wellfit.nouns.finding import Finding
from wellfit.nouns.last import THROUGH
from wellfit.nouns.locate import argument, batch_size
from wellfit.nouns.program import Program
from wellfit.nouns.source import last_name
from wellfit.nouns.tape import Node, Site, Tape
from wellfit.nouns.units import figure, percent

SLOW, MANY = 5e-3, 50
"""Momentum below which statistics may not have arrived at the end of a training, and batches of one that is no mere try:
0.1 is PyTorch's default, 0.01 that of TensorFlow's (there written as 0.99)."""
FEW = 2
"""Examples in a batch: their mean says next to nothing of the data's."""
SAYS, ENOUGH = 0.3, 60
"""Share of the targets' variance from which what a norm takes away matters, and evaluated examples to tell it from."""
WEIGHTED = ("linear", "conv1d", "conv2d", "conv3d")
EACH = ("instance_norm", "layer_norm", "group_norm")
"""Norms of each example by itself."""
NORMS = ("batch_norm", "layer_norm", "group_norm", "instance_norm")


def normalization_layer_misused(program: Program) -> Finding | None:
    """Sees: batch norm trained on batches of one or two; a momentum of 0 (statistics never follow), so small that half of
    what they began with is left at the end, or of 0.9 and more (they are the last batch's); a copy whose weights follow the
    network's and whose statistics do not; a norm over a single value; a norm as the last layer, right before the loss; a
    norm of each example as the first one, where what it takes away says more of the target than the network does.
    Hurts: what it learns in training does not hold in evaluation; the outputs cannot leave mean 0 and spread 1.
    Mistaken for: mode-wrong, regularization-too-strong.
    Remedy: larger batches, or group norm; the default momentum of 0.1; no norm after the last layer.
    Source: Ioffe & Szegedy 2015; Wu & He 2018, "Group Normalization": error grows from batches of 2 on."""
    tapes = [t for t in program.training() if t.passes()]
    if not tapes or program.loss is None:
        return None
    found = _alone(program, tapes) or _last(program) or _batches(program, tapes) or _momentum(program)
    found = found or _left_behind(program)
    return found or _erased(program, program.loss.tape)


def _batches(program: Program, tapes: list[Tape]) -> Finding | None:
    sizes, first = [], None
    for tape in tapes:
        for node in tape.nodes:
            look = tape.looks.get(node.ins[0]) if node.name == "batch_norm" and node.ins else None
            if look is not None and look.shape and _training(node):
                sizes.append(look.shape[0])
                first = first or node
    usual = sorted(sizes)[len(sizes) // 2] if sizes else FEW + 1
    if usual > FEW:
        return None
    return _said(
        "batch norm is trained on batches of one or two examples", f"batches of {usual}",
        "a larger batch size, or nn.GroupNorm", batch_size(program, usual) or (first.site if first else None),
    )  # fmt: skip


def _training(node: Node) -> bool:
    """F.batch_norm(input, running_mean, running_var, weight, bias, training, …)"""
    given = node.kwargs.get("training", node.args[5] if len(node.args) > 5 else False)
    return bool(given)


def _momentum(program: Program) -> Finding | None:
    for network in program.networks:
        for module in network.module.modules():
            if not isinstance(module, _NormBase) or module.momentum is None or not module.track_running_stats:
                continue
            seen = int(module.num_batches_tracked) if module.num_batches_tracked is not None else 0
            kept = (1 - module.momentum) ** seen  # share of the first statistics that is still in them
            if 0 < module.momentum < SLOW and seen >= MANY and kept > 0.5:
                return _said("the running statistics of batch norm hardly follow the data",
                             f"momentum={figure(module.momentum)}: after {seen} batches {percent(kept, 0)} of them is still "
                             "what they began with", "momentum=0.1: in PyTorch it is the weight of the new batch",
                             _made(program, module))  # fmt: skip
            if (
                (module.momentum == 0 or module.momentum >= 0.9)
                and module.training is not None
                and module.running_mean is not None
            ):
                what = "never follow the data" if module.momentum == 0 else "are those of the last batch"
                return _said(f"the running statistics of batch norm {what}", f"momentum={module.momentum}",
                             "momentum=0.1: in PyTorch it is the weight of the new batch", _made(program, module))  # fmt: skip
    return None


def _left_behind(program: Program) -> Finding | None:
    """A copy that follows the weights (an average of them, say) is evaluated with the statistics that it was made with."""
    trained = [n.module for n in program.networks if any(p.requires_grad for p in n.module.parameters())]
    ends = [q.node.module for q in program.passes if q.after >= program.steps - 1 and not q.training and not q.grad]
    for copy in {id(m): m for m in ends if m is not None}.values():
        norms = [m for m in copy.modules() if isinstance(m, _NormBase) and m.track_running_stats]
        for network in trained if norms else ():
            theirs = [m for m in network.modules() if isinstance(m, _NormBase) and m.track_running_stats]
            if (
                network is copy
                or len(theirs) != len(norms)
                or any(_seen(m) for m in norms)
                or not all(map(_seen, theirs))
            ):
                continue
            if _follows(list(copy.parameters()), list(network.parameters())):
                return _said("batch norm's statistics are left behind in the copy that is evaluated",
                             f"its weights follow the network's; its {len(norms)} batch norms stand at mean 0 and variance "
                             f"1, those of the network saw {_seen(theirs[0])} batches", "copy the buffers, too",
                             _following(program))  # fmt: skip
    return None


def _seen(norm: _NormBase) -> int:
    return int(norm.num_batches_tracked) if norm.num_batches_tracked is not None else 0


def _follows(copy: list[Tensor], network: list[Tensor]) -> bool:
    """Do these weights lie near those, as an average of their past does? (One part in two; a network with a start of its
    own is as far as both are long.)"""
    if [w.shape for w in copy] != [w.shape for w in network]:
        return False
    apart = sum(float((a - b).detach().square().sum()) for a, b in zip(copy, network))
    return apart < 0.25 * sum(float(w.detach().square().sum()) for w in network)


def _following(program: Program) -> Site | None:
    """Where parameters are gone through two by two."""
    for path, source in program.sources.items():
        for call in source.calls("zip"):
            if sum(isinstance(a, ast.Call) and last_name(a.func) == "parameters" for a in call.args) == 2:
                return Site(path, call.lineno)
    return None


def _alone(program: Program, tapes: list[Tape]) -> Finding | None:
    """A norm over one value gives its bias whatever it is fed."""
    for node in tapes[0].nodes:
        look = tapes[0].looks.get(node.ins[0]) if node.name in NORMS and node.ins else None
        if look is None or not node.learnt or len(look.shape) < 2:
            continue
        if node.name == "layer_norm":
            over = node.kwargs.get("normalized_shape", node.args[1] if len(node.args) > 1 else ())
            count = math.prod(over) if isinstance(over, (tuple, list)) else 0
        elif node.name == "group_norm":
            groups = node.kwargs.get("num_groups", node.args[1] if len(node.args) > 1 else 0)
            count = look.shape[1] // groups * math.prod(look.shape[2:]) if groups else 0
        else:
            count = math.prod(look.shape[2:]) if node.name == "instance_norm" else 0
        if count == 1:
            return _said(f"{node.name} runs over a single value, so its output never changes",
                         f"input {list(look.shape)}", "normalise over several values", _site(program, node))  # fmt: skip
    return None


def _last(program: Program) -> Finding | None:
    """A norm whose output is what the loss compares."""
    loss = program.loss
    if loss is None or loss.answer is None or loss.target is None:
        return None
    makers, at = loss.tape.inner_makers(), loss.answer
    for _ in range(12):
        node = makers.get(at)
        if node is None or not node.ins:
            return None
        if node.name in NORMS:
            break
        if node.name not in THROUGH:
            return None
        at = node.ins[0]
    else:
        return None
    return _said(f"{node.name} is the last layer: outputs are forced to mean 0 and spread 1 before the loss",
                 f"its output goes straight into {loss.name or 'the loss'}", "leave it out", _site(program, node),
                 sure=program.task == "regression")  # fmt: skip


def _erased(program: Program, tape: Tape) -> Finding | None:
    """The network's first norm, before or behind its first layer, takes each example's own mean and spread away, and these
    say what is to be predicted."""
    fed = set(program.loss.inputs) if program.loss else set()
    first = next((n for n in tape.nodes if n.depth and n.name in WEIGHTED and fed & set(n.ins[:1])), None)
    fed |= set(first.outs) if first is not None else set()
    node = next((n for n in tape.nodes if n.name in EACH and n.depth and n.ins and n.ins[0] in fed), None)
    held = [h for h in evaluated(program) if h.targets is not None and h.inputs.ndim > 1]
    held = [
        h for h in held if h.targets is not None and h.targets.numel() == len(h.inputs) and h.index >= program.steps - 1
    ]
    held = [h for h in held if h.inputs.is_floating_point() and h.inputs.shape[1:] == held[-1].inputs.shape[1:]]
    answer = final.answers(program, [h.inputs for h in held]) if node is not None and held else None
    if node is None or answer is None or len(answer) != sum(len(h.inputs) for h in held):
        return None
    x, y = torch.cat([h.inputs for h in held]), torch.cat([h.targets.flatten() for h in held if h.targets is not None])
    if len(y) < ENOUGH or not bool(x.isfinite().all() and y.isfinite().all() and answer.isfinite().all()):
        return None
    rows = x.flatten(2) if node.name == "instance_norm" and x.ndim > 2 else x.flatten(1)[:, None]
    taken = torch.cat([rows.mean(2), rows.std(2).clamp_min(1e-12).log()], 1).double()
    if control.kind(y) == "classes":
        says, own = control.split(taken, y) or 0.0, final.reached(answer, y)
    elif answer.numel() == len(y):
        says, own = _predicts(taken, y.double()), float(torch.corrcoef(torch.stack([answer.flatten(), y]))[0, 1]) ** 2
    else:
        return None
    if own is None or says < SAYS or own > says - SAYS / 3:
        return None
    return _said(
        f"{node.name} takes away of each example what says most of its target",
        f"in evaluation, its mean and spread alone have a skill of {figure(says, 2)} (1 perfect, 0 a constant answer), the "
        f"network's answers {figure(own, 2)}",
        "scale by statistics of the training set: batch norm, or before the network", _site(program, node),
    )  # fmt: skip


def _predicts(x: Tensor, y: Tensor) -> float:
    """Share of the variance of y that a linear rule of x, fitted on every other row, explains on the rest."""
    one = torch.cat([x, torch.ones(len(x), 1, dtype=x.dtype)], 1)
    rule = torch.linalg.lstsq(one[::2], y[::2, None], driver="gelsd").solution
    rest = (one[1::2] @ rule)[:, 0] - y[1::2]
    return float(1 - rest.var(correction=0) / y[1::2].var(correction=0).clamp_min(1e-30))


def _site(program: Program, node: Node) -> Site | None:
    for network in program.networks:
        for module in network.module.modules():
            if node.inside and network.names.get(id(module)) == node.inside and id(module) in program.made:
                return program.made[id(module)]
    return node.site


def _made(program: Program, module: _NormBase) -> Site | None:
    later = set_later(program, "momentum", module.momentum)
    return later or argument(program, program.made.get(id(module)), type(module).__name__, "momentum")


def _said(summary: str, evidence: str, remedy: str, site: Site | None, sure: bool = True) -> Finding:
    return Finding(
        "normalization-layer-misused", "error" if sure else "warning", summary, evidence, remedy, 0.93, 0,
        site.file if site else None, site.line if site else None, source="seen in the run",
    )  # fmt: skip
