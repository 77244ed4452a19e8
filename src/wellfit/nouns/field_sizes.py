"""Sizes for fields: how wide and deep a U-Net is, and how long it is trained, by cells and windows.

Work is counted in windows times cells, since each costs the same; the figures come from the air temperature of
`docs/fields.md`, on two CPU cores.
"""

from __future__ import annotations

import math
from typing import Any

from wellfit.nouns.field_scaling import FieldScaling

LARGE = 20_000  # cells above which levels are half as wide, and one more
COARSEST = 4  # cells along the shorter side of the coarsest level, at least
WORK = 2e7  # windows times cells times passes that a training is given: some two minutes on one core
BATCH = (4, 32)
PASSES = (5, 40)
STEPS = 1200


def sizes(fields: FieldScaling, n: int, network: str = "unet") -> dict[str, tuple[Any, str]]:
    """{dotted recipe key: (value, reason)} for n training windows; widths for a U-Net alone."""
    cells = fields.grid.cells[0] * fields.grid.cells[1]
    large = cells > LARGE
    wanted = (8, 16, 32, 64) if large else (16, 32, 64)
    levels = max(1, min(len(wanted), 1 + int(math.log2(max(1, min(fields.grid.cells) // COARSEST)))))
    batch = min(BATCH[1], max(BATCH[0], 2 ** round(math.log2(max(1, n / 20)))), max(2, n))
    steps = math.ceil(n / batch)
    epochs = min(PASSES[1], max(PASSES[0], min(round(STEPS / steps), round(WORK / (n * cells)))))
    said = f"{cells:,} cells" + (": narrow, and a level more" if large else "")
    why = f"{said}; the coarsest level has {COARSEST} cells or more a side"
    return ({"network.widths": (wanted[:levels], why)} if network == "unet" else {}) | {
        "training.batch_size": (batch, f"{steps:,} steps a pass over {n:,} windows"),
        "training.epochs": (
            epochs,
            f"a budget of {STEPS:,} steps, and of {WORK:.0e} windows times cells, within {PASSES[0]} to {PASSES[1]} passes",
        ),
    }


def options(fields: FieldScaling) -> tuple[dict[str, Any], str]:
    """Settings of a U-Net for fields, and why: begun from persistence, its borders as the grid has them; of amounts, from
    the last field moved on as it moved last."""
    around = fields.grid.around
    found: dict[str, Any] = {
        "carry": list(fields.carried),
        "padding": "longitude" if around else "reflect",
        "upsample": "bilinear",
    }
    why = "the change from the last field (air temperature, valid RMSE 1.69 K, 1.73 K without)"
    why = "what the interpolated blocks lack" if fields.coarsen > 1 else why
    if fields.horizon and fields.history > 1 and all(fields.amount[c] for c in fields.targets):
        back = (fields.history - 1) * fields.width
        found |= {"before": [c - back for c in fields.carried], "ahead": fields.horizon / (fields.history - 1)}
        why = "the change from the last field moved on as it moved last"
    return found, f"{why}; {'around the globe' if around else 'mirrored at the border'}"
