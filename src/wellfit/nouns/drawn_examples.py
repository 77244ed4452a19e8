"""Drawn examples: what a network that learnt a density or a generator draws, for the report and for `wellfit sample`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from wellfit.nouns.case import Case
from wellfit.nouns.grain import values_of

ROWS, PICTURES = 1000, 64  # drawn for the report


def draw(network: nn.Module, n: int, seed: int = 0) -> Tensor:
    """n examples [n, *shape_in], scaled, on the CPU; the same seed draws the same ones."""
    sample: Any = network.sample
    return sample(n, torch.Generator().manual_seed(seed)).cpu().float()


def drawn(case: Case, judged: Mapping[str, Mapping[str, Any]]) -> dict[str, np.ndarray]:
    """Of pictures drawn_pictures [P, C, H, W] in 0..1; of rows drawn_rows [R, F], beside_rows [M, F] of the test, both
    with each column as one number, and drawn_names [F]. Nothing for a network that cannot draw."""
    data, prepared = case.data, case.data.preparation
    if not hasattr(case.network, "sample"):
        return {}
    grain = case.recipe.network.options.get("grain")
    if data.raw.kind == "pictures":
        top = max(float(np.nanmax(np.asarray(data.raw.inputs))), 1e-12)
        values = values_of(draw(case.network, PICTURES), prepared, grain)
        return {"drawn_pictures": np.clip(values / top, 0, 1).astype(np.float32)}
    made = values_of(draw(case.network, ROWS), prepared, grain).reshape(ROWS, -1)
    beside = values_of(data.test.x[:ROWS], prepared, grain).reshape(-1, made.shape[1])
    names = prepared.input_names or tuple(f"feature {j + 1}" for j in range(made.shape[1]))
    names = names if len(names) == made.shape[1] else tuple(f"number {j + 1}" for j in range(made.shape[1]))
    return {"drawn_rows": made, "beside_rows": beside, "drawn_names": np.array(names)}
