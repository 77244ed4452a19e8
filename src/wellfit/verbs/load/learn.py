"""learn: columns, fill values and scaling, from the training rows alone."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import torch

from wellfit.nouns.data import Raw
from wellfit.nouns.finding import Finding
from wellfit.nouns.geotiff import ENDINGS
from wellfit.nouns.preparation import Preparation, finite
from wellfit.nouns.recipe import DataChoices
from wellfit.nouns.scaling import Scaling
from wellfit.nouns.task import Question
from wellfit.nouns.units import many, percent
from wellfit.verbs.load.ask import Asked
from wellfit.verbs.load.columns import plan, survey
from wellfit.verbs.load.kept import kept_columns, kept_scaling, kept_targets, must_be_alike
from wellfit.verbs.load.normalise import choose, target_scaling
from wellfit.verbs.load.part import Parted
from wellfit.verbs.load.unasked import coded, scaling_of


@dataclass(frozen=True)
class Learnt:
    """preparation; encoded [N, *shape]: all rows as numbers, before scaling; missing: counts by column;
    left_out: column -> why; reasons by dotted key; findings; kept: which choices are those of earlier data."""

    preparation: Preparation
    encoded: np.ndarray
    missing: dict[str, int]
    left_out: dict[str, str]
    reasons: dict[str, str]
    findings: tuple[Finding, ...]
    kept: dict[str, str] = field(default_factory=dict)


def learn(
    raw: Raw, asked: Asked, what: Question, parted: Parted, choices: DataChoices, like: Preparation | None = None
) -> Learnt:
    """What the training rows teach about preparing inputs and targets; like: the preparation of earlier data, which is
    kept as far as it fits. Raises DataError for values that no preparation may hide (Inf, NaN in arrays, text among
    numbers), and for data of another kind than `like`."""
    train = parted.rows["train"]
    must_be_alike(like, raw.kind, tuple(asked.inputs.shape[1:]))
    blank = Preparation(
        raw.kind,
        what.task,
        (),
        Scaling(),
        classes=what.classes,
        target_names=what.names,
        shape_of_output=what.shape_out,
    )
    plain, left, notes = None, {}, ()
    if isinstance(asked.inputs, np.ndarray):
        missing = _missing_in_array(asked.inputs, raw.names)
        fill = _fill(asked.inputs[train]) if choices.missing == "impute" else None
        resized = any(f.fault == "pictures-resized" for f in raw.findings)
        start = replace(blank, shape=tuple(asked.inputs.shape[1:]), names=raw.names, fill=fill, resize=resized)
        encoded = finite(asked.inputs, fill, raw.names)
    else:
        planned = plan(asked.inputs.iloc[train], choices.missing)
        planned = coded(planned) if what.form == "density" else planned
        if columns := kept_columns(like, list(asked.inputs.columns)):
            unknown = [c.name for c in planned.columns if c.name not in {k.name for k in columns}]
            left = planned.left_out | dict.fromkeys(unknown, "the network to begin with does not know it")
            planned = replace(planned, columns=columns, left_out=left)
        missing = survey(asked.inputs, planned.columns, choices.missing)
        start = replace(blank, columns=planned.columns)
        encoded = start.encoded(asked.inputs)
        start = replace(start, shape=encoded.shape[1:])
        plain = np.array([p for c in planned.columns for p in c.plain])
        left, notes = planned.left_out, planned.findings
    numbers = rows_of_targets(what.y[train]) if what.form == "values" else np.zeros((1, 1))
    scaling, why = kept_scaling(like, start, encoded[train], choices.normalise)
    kept = {"normalise": "kept"} if scaling is not None else {}
    if scaling is None:
        asked_for, plain = (choices.normalise, plain) if what.form != "density" else (scaling_of(choices), None)
        method, own = choose(encoded[train], plain, raw.kind, parted.how, numbers, asked_for, _may_be_unlike(raw, what))
        nodes = encoded.shape[2] - raw.edge_kinds * encoded.shape[1] if raw.kind == "graphs" else 0
        scaling = Scaling.fit(encoded[train], method, pictures=raw.kind == "pictures", plain=plain, nodes=nodes)
        why = f"{own} ({why})" if why else own
    targets = kept_targets(like, what, choices.normalise_targets)
    why_targets = "as the network learnt it"
    if targets is None:
        targets, why_targets = target_scaling(numbers, what.form, choices.normalise_targets)
    else:
        kept["normalise_targets"] = "kept"
    reasons = {
        "data.normalise": why,
        "data.normalise_targets": why_targets,
        "data.missing": _missing_why(missing, raw, choices),
    }
    notes = (*notes, *_missing_note(missing, len(asked.rows), raw.kind))
    prepared = replace(start, scaling=scaling, target_scaling=targets)
    return Learnt(prepared, encoded, missing, left, reasons, notes, kept)


def _may_be_unlike(raw: Raw, what: Question) -> bool:
    """Do masks lie on pictures of bytes that are no measured scene (TIFF) or parts of one, where brightness says much?"""
    tiles = raw.tiles
    if tiles is None or what.form != "classes" or what.y.ndim < 2 or np.asarray(raw.inputs).dtype != np.uint8:
        return False
    measured = any(str(n).lower().endswith(ENDINGS) for n in tiles.names)
    return not measured and not any(f.fault == "scenes-blocked" for f in raw.findings)


def rows_of_targets(y: np.ndarray) -> np.ndarray:
    """Values [N, K, *cells] as rows [M, K], those left out where one is missing."""
    if y.ndim < 3:
        return y
    rows = np.moveaxis(y, 1, -1).reshape(-1, y.shape[1])
    return rows[np.isfinite(rows).all(1)]


def _fill(train: np.ndarray) -> torch.Tensor:
    """Medians of the finite training values [*shape]; 0 where a feature has none."""
    if train.dtype.kind != "f":
        return torch.zeros(train.shape[1:], dtype=torch.float64)
    gaps = np.where(np.isfinite(train), train, np.nan)
    empty = np.isnan(gaps).all(axis=0)
    gaps[:, empty] = 0.0
    return torch.from_numpy(np.asarray(np.nanmedian(gaps, axis=0), dtype=np.float64))


def _missing_in_array(x: np.ndarray, names: tuple[str, ...]) -> dict[str, int]:
    if x.dtype.kind != "f" or np.isfinite(x.sum(dtype=np.float64)):
        return {}
    by_feature = (~np.isfinite(x)).reshape(len(x), -1).sum(axis=0)
    label = names if len(names) == len(by_feature) else tuple(map(str, range(len(by_feature))))
    return {label[i]: int(by_feature[i]) for i in np.flatnonzero(by_feature)[:1000]}


def _missing_why(missing: dict[str, int], raw: Raw, choices: DataChoices) -> str:
    if not missing:
        return "none are missing"
    said = ", ".join(f"{name} {n:,}" for name, n in list(missing.items())[:6]) + (" ..." if len(missing) > 6 else "")
    how = (
        "the training median, with a feature that says so; a level of its own in categories"
        if raw.kind == "table"
        else "the training median"
    )
    return f"{said}: {how}" if choices.missing != "refuse" else said


def _missing_note(missing: dict[str, int], n: int, kind: str) -> tuple[Finding, ...]:
    if not missing:
        return ()
    said = ", ".join(f"{name}: {count:,} ({percent(count / n)})" for name, count in missing.items())
    where = many(len(missing), "column" if kind == "table" else "feature")
    how = "filled with the training median" + (", and marked" if kind == "table" else "")
    return (
        Finding(
            "data-nonfinite",
            "info",
            f"{many(sum(missing.values()), 'value')} missing in {where}: {how}",
            evidence=said,
            remedy="--set data.missing=refuse stops at missing values instead",
            stage="data",
        ),
    )
