"""The gradient is cut by mistake."""

from __future__ import annotations

from wellfit.nouns.finding import Finding
from wellfit.nouns.program import Program

CUTS = ("detach", "data", "detach_", "numpy", "item", "tolist", "argmax", "round", "sign")


def graph_detached(program: Program) -> list[Finding]:
    """Sees: an optimizer holds parameters that no loss ever reaches; a call that cuts the gradient lies on the way.
    Hurts: those layers stay as they began.
    Mistaken for: target networks and frozen parts, which no optimizer holds, so nothing is said of them.
    Remedy: leave the cut out.
    Source: a fact of the run; proof where an optimizer is reached by nothing at all, else a trial settles it."""
    found = []
    for seen in program.optimizers:
        asking = {id(p) for g in seen.optimizer.param_groups for p in g["params"] if p.requires_grad} & set(
            program.parameter_names
        )
        missed = asking - program.reached
        if not missed or not seen.steps or not program.reached:
            continue
        phase = program.optimizers.index(seen)
        cut = next(
            (n for t in program.tapes if t.phase == phase and t.losses for n in reversed(t.nodes)
             if n.name in CUTS and n.learnt and n.site and n.grad and _used(t, n)), None,
        )  # fmt: skip
        if cut is None or cut.site is None:
            continue
        total = missed == asking
        found.append(Finding(
            "graph-detached", "error" if total else "warning",
            f"`{cut.name}` cuts the gradient: the loss does not reach parameters that the optimizer holds",
            f"{len(missed)} of {len(asking)} parameters never had a gradient: "
            + ", ".join(sorted(program.parameter_names[i] for i in missed)[:4]),
            f"leave out `{cut.name}`", 0.95 if total else 0.85, 0, cut.site.file, cut.site.line, source="seen in the run",
        ))  # fmt: skip
    return found


def _used(tape, cut) -> bool:
    """Does the loss depend on what was cut?"""
    want = set(tape.losses)
    for node in reversed(tape.nodes):
        if want & set(node.outs):
            want |= set(node.ins)
    return bool(want & set(cut.outs))
