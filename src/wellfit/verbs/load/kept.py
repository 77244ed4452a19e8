"""kept: the preparation of earlier data, where a network that learnt from them begins here and must see the like."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from wellfit.nouns.columns import Column
from wellfit.nouns.errors import DataError
from wellfit.nouns.preparation import Preparation
from wellfit.nouns.scaling import Scaling
from wellfit.nouns.task import Question

FAR = 4.0
"""How many times wider, narrower or further away (in standard deviations of the earlier data) inputs may lie before they
are taken to be in other units: a judgement, not a measured limit; pictures in 0..16 against 0..255 are 16 apart."""


def must_be_alike(like: Preparation | None, kind: str, shape: tuple[int, ...]) -> None:
    """Raise DataError where a network that learnt from data of kind `like` cannot begin with these."""
    if like is None or kind == like.kind:
        return
    if "table" not in (kind, like.kind) and len(shape) == len(like.shape):  # pictures as an array, or the other way
        return
    words = {"table": "a table", "pictures": "pictures", "array": "arrays"}
    was = f"it learnt from {words.get(like.kind, like.kind)} of shape {like.shape}"
    here = f"this data: {words.get(kind, kind)} of shape {shape}"
    raise DataError(
        "to begin with the weights of that run", f"{was}; {here}", "name a run on data of this kind, or begin afresh"
    )


def kept_columns(like: Preparation | None, names: Mapping[str, object] | list[str]) -> tuple[Column, ...]:
    """The columns as they were encoded, where this table has all of them; else ()."""
    known = like.columns if like is not None and like.kind == "table" else ()
    return known if all(c.name in names for c in known) else ()


def kept_scaling(
    like: Preparation | None, start: Preparation, train: np.ndarray, asked: str
) -> tuple[Scaling | None, str]:
    """(the earlier scaling of the inputs, why), for training inputs [N, *shape] in their own units; (None, why) where
    it does not fit them, or another is asked for. Raises DataError where it is asked for and there is none."""
    if like is None or asked not in ("auto", "kept"):
        if asked == "kept":
            found = "this training begins with no weights whose data are known"
            raise DataError('data.normalise = "kept"', found, "name a run to begin with, or another scaling")
        return None, ""
    scaling, shape = like.scaling, tuple(train.shape[1:])
    pictures = start.kind == "pictures" and len(shape) == 3
    if pictures and scaling.shape != shape:
        if scaling.method in ("pca", "whiten"):
            return None, "the earlier one is for another size"
        parts = {k: _for_channels(v, shape[0], k) for k, v in scaling.parts.items()}
        scaling = replace(scaling, shape=shape, parts=parts)
    elif scaling.shape != shape or like.input_names != start.input_names:
        return None, "the earlier data had other features"
    with np.errstate(all="ignore"):
        seen = scaling(train[:5000]).flatten(2 if pictures else 1).double()
    seen = seen.transpose(0, 1).flatten(1) if pictures else seen.T  # [C or F, values]
    spread = float(seen.std(1, correction=0).median()), float(seen.mean(1).abs().median())
    if asked == "auto" and scaling.method != "none" and not (1 / FAR <= spread[0] <= FAR and spread[1] <= FAR):
        return None, f"in the earlier one the inputs would spread over {spread[0]:.3g} around {spread[1]:.3g}"
    return scaling, "as the network learnt it: the earlier data's mean and spread"


def _for_channels(part: Tensor, n: int, name: str) -> Tensor:
    """Statistics by channel for another number of channels: their mean; [Q, C] quantiles likewise."""
    if name == "quantiles":
        return part if part.shape[1] == n else part.mean(1, keepdim=True).expand(-1, n).contiguous()
    if part.dtype == torch.bool or part.ndim == 0 or part.shape[0] == n:
        return part
    return part.mean(0, keepdim=True).expand(n, *part.shape[1:]).contiguous()


def kept_targets(like: Preparation | None, what: Question, asked: str) -> Scaling | None:
    """The earlier scaling of a regression's targets, where they are the same ones: the last layer is, too, then."""
    same = like is not None and what.task == like.task == "regression" and like.target_names == tuple(what.names)
    if asked == "kept" and not same:
        found = "the weights begun with did not learn these targets, or there are none"
        raise DataError('data.normalise_targets = "kept"', found, "choose another scaling")
    return like.target_scaling if like is not None and same and asked in ("auto", "kept") else None
