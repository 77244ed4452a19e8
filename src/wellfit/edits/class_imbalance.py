"""Classes weighed by how rare they are."""

from __future__ import annotations

import torch

from wellfit.nouns.edit import Edits
from wellfit.nouns.fed import trained
from wellfit.nouns.finding import Finding
from wellfit.nouns.program import Program
from wellfit.nouns.rewrite import number, with_argument

RESCALES = True


def class_imbalance(program: Program, finding: Finding) -> Edits | None:
    """`pos_weight=` or `weight=` in the loss, worked out from the labels seen in training."""
    source, line, loss = program.sources.get(finding.file or ""), finding.line or 0, program.loss
    call = source.call_on(line, "BCEWithLogitsLoss", "CrossEntropyLoss") if source else None
    seen = [g.targets.flatten() for g in trained(program) if g.targets is not None]
    if source is None or call is None or loss is None or not seen:
        return None
    counts = torch.bincount(torch.cat(seen).long()).double()
    if loss.name == "binary_cross_entropy_with_logits" and len(counts) == 2:
        return (with_argument(source, call, "pos_weight", f"torch.tensor({number(float(counts[0] / counts[1]))})"),)
    weights = counts.sum() / (len(counts) * counts)
    return (with_argument(source, call, "weight", f"torch.tensor([{', '.join(number(float(w)) for w in weights)}])"),)
