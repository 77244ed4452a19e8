"""Trained in eval mode, or evaluated in train mode."""

from __future__ import annotations

from wellfit.nouns.finding import Finding
from wellfit.nouns.program import Program


def mode_wrong(program: Program) -> list[Finding]:
    """Sees: the last evaluation without gradient runs with dropout or batch norm in train mode; or training that began in
    train mode goes on in eval mode.
    Hurts: evaluation is noisy or uses the batch's own statistics; dropout and running statistics stand still in training.
    Mistaken for: regularization-too-strong; frozen batch norm in fine-tuning is in eval mode from its first step.
    Remedy: `model.eval()` before evaluation, `model.train()` at the start of each epoch.
    Source: a fact of the run."""
    found = []
    last = [q for q in program.passes if not q.grad and q.after >= program.steps - 1]
    wrong = [q for q in last if q.training]
    if program.steps and wrong and len(wrong) == len(last):
        site = wrong[-1].node.site
        found.append(Finding(
            "mode-wrong", "error", "the network is evaluated in train mode",
            f"{len(wrong)} evaluations after the last step ran with dropout or batch norm in train mode",
            "model.eval() before evaluating", 0.9, wrong[-1].after,
            site.file if site else None, site.line if site else None, source="seen in the run",
        ))  # fmt: skip
    tapes = program.training()
    modes = [any(n.training for n in t.passes() if n.grad) for t in tapes if t.passes()]
    if len(modes) > 4 and modes[0] and sum(modes) < 0.6 * len(modes) and not modes[-1]:
        at = modes.index(False)
        site = (program.sites.get("e") or [None])[0]
        found.append(Finding(
            "mode-wrong", "error", "training goes on in eval mode",
            f"from step {tapes[at].index} of {program.steps} on, {modes.count(False)} of {len(modes)} watched steps",
            "model.train() at the start of each epoch", 0.92, tapes[at].index,
            site.file if site else None, site.line if site else None, source="seen in the run",
        ))  # fmt: skip
    return found
