"""Trained in eval mode, or evaluated in train mode."""

from __future__ import annotations

from torch import nn

from wellfit.nouns.finding import Finding
from wellfit.nouns.locate import uncalled
from wellfit.nouns.modes import differs
from wellfit.nouns.program import PassSeen, Program
from wellfit.nouns.tape import Node, Site, Tape
from wellfit.nouns.units import many


def mode_wrong(program: Program) -> list[Finding]:
    """Sees: the last evaluation without gradient runs with dropout or batch norm in train mode; or training that began in
    train mode, or whose batch norm is new, goes on in eval mode.
    Hurts: evaluation is noisy or uses the batch's own statistics; dropout and running statistics stand still in training.
    Mistaken for: regularization-too-strong; frozen batch norm in fine-tuning is in eval mode from its first step.
    Remedy: `model.eval()` before evaluation, `model.train()` at the start of each epoch.
    Source: a fact of the run."""
    found = []
    wrong = _evaluated(program)
    if wrong:
        seen = wrong[-1].node.site if wrong[-1].training else _heedless(wrong[-1])[0].site
        site = uncalled(program, "eval") or seen
        found.append(Finding(
            "mode-wrong", "error", "the network is evaluated in train mode",
            f"{many(len(wrong), 'watched evaluation')} ran with dropout or batch norm in train mode",
            "model.eval() before evaluating", 0.9, wrong[-1].after,
            site.file if site else None, site.line if site else None, source="seen in the run",
        ))  # fmt: skip
    tapes = program.training()
    modes = [any(n.training for n in t.passes() if n.grad) for t in tapes if t.passes()]
    at = next((i for i in range(len(modes)) if not any(modes[i:])), len(modes))  # eval mode from here to the end
    began = (bool(modes) and modes[0]) or _untouched(program)
    still = at < len(modes) and not _moving(program, tapes[:at], tapes[at:])
    if len(modes) > 4 and began and at < len(modes) and tapes[at].index < 0.7 * program.steps and not still:
        site = (program.sites.get("e") or [None])[0]
        found.append(Finding(
            "mode-wrong", "error", "training goes on in eval mode",
            f"from step {tapes[at].index} of {program.steps} on, {modes.count(False)} of {len(modes)} watched steps",
            "model.train() at the start of each epoch", 0.92, tapes[at].index,
            site.file if site else None, site.line if site else None, source="seen in the run",
        ))  # fmt: skip
    return found


def _moving(program: Program, before: list[Tape], tapes: list[Tape]) -> bool:
    """Does the optimizer that steps in these hold weights of a network that the mode makes a difference to?"""
    networks = {id(n.module): n.module for t in tapes[:4] for n in t.passes() if n.module is not None}
    phases = {t.phase for t in tapes[:4] if t.phase is not None}
    held = {i for p in phases for i in program.optimizers[p].held}
    held |= {id(w) for p in phases for g in program.optimizers[p].optimizer.param_groups for w in g["params"]}
    unlike = [w for m in networks.values() for w in _at_stake(m)]
    if not unlike:  # another network, that knows no modes, is trained now (a probe on frozen features)
        return not networks or any(id(n.module) in networks for t in before for n in t.passes())
    return any(id(w) in held and w.requires_grad for w in unlike)


def _at_stake(network: nn.Module) -> list[nn.Parameter]:
    """Weights beside which the mode makes a difference: a batch norm's own, else those of the part that holds the layer
    (batch norm and dropout of a frozen part are in eval mode on purpose)."""
    found = []
    for whole in network.modules():
        for part in whole.children():
            if differs(part):
                found += list(part.parameters()) or list(whole.parameters())
    return found or (list(network.parameters()) if differs(network) else [])


def _evaluated(program: Program) -> list[PassSeen]:
    """Evaluations in train mode: those of a line of the program where none was in eval mode; after the last step any
    without gradient, before it those whose answers are compared with data. Not the same rows again and again (dropout
    as a sample of the answers), nor calls by which batch norm gets its statistics, which nobody compares."""
    by_site: dict[Site | None, list[PassSeen]] = {}
    cut = {id(t) for t in program.tapes if t.losses and not any(n.module is not None for n in t.needed(t.losses))}
    for q in program.passes if program.steps else []:
        if q.grad and id(q.tape) in cut:  # a training step whose loss the network does not reach
            continue
        if (q.compared or not q.grad) and q.after and not _sampled(program, q):
            by_site.setdefault(q.node.site, []).append(q)
    found = []
    for seen in by_site.values():
        end = [q for q in seen if q.after >= program.steps - 1]
        if all(_noisy(q) for q in seen) and (end or sum(bool(q.compared) for q in seen) > 1):
            found += [q for q in seen if q.compared or (q in end and not q.grad)]
    settled = any(not _noisy(q) for q in program.passes if q.after >= program.steps - 1 and not q.grad)
    return [q for q in found if q.compared or not settled]


def _noisy(q: PassSeen) -> bool:
    """Was it in train mode, or does a dropout called as a function not heed the mode?"""
    if q.training:
        return True
    return bool(_heedless(q)) and not q.grad


def _dropouts(q: PassSeen) -> list[Node]:
    """Dropouts in effect in this evaluation."""
    inner = [n for n in q.tape.nodes if n.name in ("dropout", "dropout2d") and n.depth and not n.grad]
    return [n for n in inner if n.kwargs.get("training", n.args[2] if len(n.args) > 2 else True)
            and n.kwargs.get("p", n.args[1] if len(n.args) > 1 else 0.5)]  # fmt: skip


def _heedless(q: PassSeen) -> list[Node]:
    """Functions that do in this evaluation what they do in training: a dropout, a batch norm that keeps running statistics
    and takes the batch's all the same."""
    norms = [
        n
        for n in q.tape.nodes
        if n.name == "batch_norm" and n.depth and not n.grad and not n.layer.startswith("BatchNorm")
    ]
    held = lambda n: n.kwargs.get("running_mean", n.args[1] if len(n.args) > 1 else None) is not None
    batch = lambda n: n.kwargs.get("training", n.args[5] if len(n.args) > 5 else False)
    return [*_dropouts(q), *(n for n in norms if held(n) and batch(n))]


def _sampled(program: Program, q: PassSeen) -> bool:
    """The same tensor went through the network more than once between two steps."""
    same = [o for o in q.tape.passes() if o.ins[:1] == q.node.ins[:1]]
    return len(same) > 2


def _untouched(program: Program) -> bool:
    """Is there a batch norm that had seen no batch before this training? (A pretrained one may be frozen on purpose.)"""
    firsts = [n.first for n in program.networks if n.first is not None]
    counts = [getattr(m, "num_batches_tracked", None) for n in firsts for m in n.modules()]
    return any(c is not None and int(c) == 0 for c in counts)
