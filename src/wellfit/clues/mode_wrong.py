"""Trained in eval mode, or evaluated in train mode."""

from __future__ import annotations

from wellfit.nouns.finding import Finding
from wellfit.nouns.program import Program


def mode_wrong(program: Program) -> list[Finding]:
    """Sees: the last evaluation without gradient runs with dropout or batch norm in train mode; or training that began in
    train mode, or whose batch norm is new, goes on in eval mode.
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
    at = next((i for i in range(len(modes)) if not any(modes[i:])), len(modes))  # eval mode from here to the end
    began = (bool(modes) and modes[0]) or _untouched(program)
    if len(modes) > 4 and began and at < len(modes) and tapes[at].index < 0.7 * program.steps:
        site = (program.sites.get("e") or [None])[0]
        found.append(Finding(
            "mode-wrong", "error", "training goes on in eval mode",
            f"from step {tapes[at].index} of {program.steps} on, {modes.count(False)} of {len(modes)} watched steps",
            "model.train() at the start of each epoch", 0.92, tapes[at].index,
            site.file if site else None, site.line if site else None, source="seen in the run",
        ))  # fmt: skip
    return found


def _untouched(program: Program) -> bool:
    """Is there a batch norm that had seen no batch before this training? (A pretrained one may be frozen on purpose.)"""
    firsts = [n.first for n in program.networks if n.first is not None]
    counts = [getattr(m, "num_batches_tracked", None) for n in firsts for m in n.modules()]
    return any(c is not None and int(c) == 0 for c in counts)
