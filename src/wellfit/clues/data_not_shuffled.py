"""Batches come ordered by class or by time."""

from __future__ import annotations

import torch

from wellfit.nouns.finding import Finding
from wellfit.nouns.program import Program
from wellfit.nouns.units import figure

LIMIT = 0.6
"""Share of the label variety that a batch may lack; drawn at random, batches of 8 and more lack under a third."""


def data_not_shuffled(program: Program) -> Finding | None:
    """Sees: batches hold far fewer classes than batches drawn at random from the same labels would.
    Hurts: each batch pulls the network to its own class; it forgets the others.
    Mistaken for: lr-too-high.
    Remedy: `shuffle=True`, or a fresh permutation each epoch.
    Source: the expected variety of a random draw from the recorded labels themselves."""
    losses = program.losses[:60]
    rows = [x.tape.leaves[x.target] for x in losses if x.target is not None and x.target in x.tape.leaves]
    rows = [r.flatten() for r in rows if not r.is_floating_point() and r.ndim <= 2 and r.numel() >= 4]
    if len(rows) < 6:
        return None
    everything = torch.cat(rows)
    if len(torch.unique(everything)) < 2:
        return None
    seen = sum(len(torch.unique(r)) for r in rows) / len(rows)
    draw = everything[torch.randperm(len(everything), generator=torch.Generator().manual_seed(0))]
    drawn = [len(torch.unique(p)) for p in draw.split([len(r) for r in rows])]
    fair = sum(drawn) / len(drawn)
    if seen - 1 > (1 - LIMIT) * (fair - 1) or fair < 2:
        return None
    loader = next((x for x in program.loaders if x.sampler == "SequentialSampler"), None)
    site = loader.site if loader else losses[0].site
    return Finding(
        "data-not-shuffled", "error", "batches come ordered by class",
        f"a batch holds {figure(seen)} classes on average; drawn at random it would hold {figure(fair)}",
        "shuffle the training examples each epoch (shuffle=True)", 0.95, losses[0].tape.index,
        site.file if site else None, site.line if site else None, limit=LIMIT, source="a random draw of the same labels",
    )  # fmt: skip
