"""Which trials can be stacked, and with which others."""

from __future__ import annotations

from functools import partial

from torch import nn

from wellfit.nouns import shelf
from wellfit.nouns.case import Case
from wellfit.verbs.stack.layers import BACK
from wellfit.verbs.stack.losses import LOSSES
from wellfit.verbs.stack.rules import RULES

LARGEST = 2_000_000
"""Weights from which a network fills the machine alone: its products take so long that what is saved does not count."""


def unfit(case: Case) -> str:
    """Why this case is trained alone; "" where it can be stacked."""
    c, t = case.recipe.network, case.recipe.training
    if c.name != "dense":
        return f"the network is {c.name}: dense ones alone are stacked"
    if c.norm != "none":
        return f"{c.norm} norm" + (" has statistics of its own for each network" if c.norm == "batch" else "")
    if (
        set(c.options) - {"embedding", "residual"}
        or c.options.get("embedding", "none") != "none"
        or c.options.get("residual")
    ):
        return f"options of the network ({', '.join(c.options)})"
    if c.activation not in BACK:
        return f"activation {c.activation}: a unit that is only padding would give something"
    if t.optimizer not in RULES:
        return f"optimizer {t.optimizer}: {', '.join(RULES)} are stacked"
    plain = isinstance(case.loss, partial) and set(case.loss.keywords) == {"weight", "label_smoothing"}
    if t.loss not in LOSSES or not plain or case.loss.keywords["weight"] is not None:  # type: ignore[union-attr]
        return f"loss {t.loss} with weights, or of another kind than {', '.join(LOSSES)}"
    return _unusual(case)


def _unusual(case: Case) -> str:
    """What else is done for one training alone."""
    t, rows = case.recipe.training, case.data.train
    if case.recipe.augment.model_extra:
        return "augmentation"
    if rows.feed is not None:
        return "rows that are read from a file"
    if case.recipe.transfer.weights or case.carried:
        return "weights of an earlier training"
    if t.decay_by == "batch" or t.schedule == "plateau" or t.schedule not in shelf.names("schedules"):
        return f"schedule {t.schedule}, decay by {t.decay_by}"
    if t.precision != "float32":
        return f"precision {t.precision}"
    if rows.weight is not None or rows.x.ndim < 2 or case.data.shape_out != (case.data.shape_out[0],):
        return "rows with weights, or answers that are arrays"
    n = sum(p.numel() for p in case.network.parameters())
    if n > LARGEST:
        return f"{n:,} weights: it fills the machine alone"
    linear = [m for m in case.network.modules() if isinstance(m, nn.Linear)]
    return "" if len(linear) == len(case.recipe.network.widths) + 1 else "layers that are not linear"


def kin(case: Case) -> tuple:
    """Cases with the same mark go into one stack."""
    c, t = case.recipe.network, case.recipe.training
    return (
        len(c.widths),
        c.activation,
        t.loss,
        t.optimizer,
        min(int(t.batch_size), len(case.data.train)),
        id(case.data),
    )
