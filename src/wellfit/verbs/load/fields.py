"""fields: fields over time as Data: for a forecast the last few fields, and the one some steps ahead; for downscaling the
field as its blocks of cells give it, and the field itself.

Fields are read, scaled and written down once, chunk by chunk, to memory or, where they are large, to a file that is
mapped into memory; windows are views of that.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from wellfit.nouns.allowance import in_all
from wellfit.nouns.climatology import chunks
from wellfit.nouns.data import Data, Raw, Split
from wellfit.nouns.errors import DataError
from wellfit.nouns.field_scaling import FieldScaling
from wellfit.nouns.finding import Finding
from wellfit.nouns.grid import Fields, Windows, all_windows, answer_places
from wellfit.nouns.preparation import Preparation
from wellfit.nouns.recipe import DataChoices
from wellfit.nouns.scaling import Scaling
from wellfit.nouns.scratch import scratch
from wellfit.nouns.units import many
from wellfit.verbs.load.climate import learnt
from wellfit.verbs.load.split import ends

FORECAST, DOWNSCALING = "field_forecast", "downscaling"
BLOCK = 4  # cells of a block a side, that downscaling starts from; fewer on a small grid
IN_MEMORY = 2**30  # bytes of scaled fields that are held in memory; more go to a file
AHEAD = ((3600, 1800), (86_399, 86_400), (86_400, 86_400))  # steps shorter than so many seconds: how far ahead
MONTHS_AHEAD = 3
HISTORY = {"month": 3, "year": 10}  # fields that are looked back on; 4 within a day
WHY = {
    "data.missing": "what is usual there, with a channel that says where values are; answers are never made up",
    "data.normalise": "departures from the climatology of the training times, one spread for all cells",
    "data.normalise_targets": "as the inputs; predictions come back in their own units",
}


def fields_over_time(raw: Raw, choices: DataChoices) -> Data:
    """Data of windows of fields. Raises DataError for choices that fields do not know, too few times, and variables that
    are all missing or never vary."""
    _must_suit(raw, choices)
    fields: Fields = raw.inputs  # type: ignore[assignment]
    n_train, n_valid = ends(len(fields), choices.valid_frac, choices.test_frac)
    coarsen, task = _blocks(fields, choices)
    history, horizon, why = _sizes(fields, n_train, choices) if coarsen == 1 else _same_time(coarsen, choices)
    targets = tuple(raw.names.index(n) for n in raw.target_names)
    scaling, missing = learnt(fields, n_train, raw.name, (targets, history, horizon, coarsen))
    windows, rows = _split(fields, scaling, n_train, n_valid, choices)
    splits = _splits(fields, scaling, windows, rows)
    prepared = Preparation(
        "grid",
        task,
        scaling.shape_in,
        Scaling("none", scaling.shape_in),
        names=raw.names,
        target_names=raw.target_names,
        shape_of_output=scaling.shape_out,
        fields=scaling,
    )
    held: Any = {"inputs": windows, "task": task}
    return Data(
        raw=replace(raw, **held),
        task=task,
        train=splits["train"],
        valid=splits["valid"],
        test=splits["test"],
        preparation=prepared,
        shape_in=scaling.shape_in,
        shape_out=scaling.shape_out,
        target_names=raw.target_names,
        choices=_choices(raw, choices, scaling, task),
        reasons=why,
        facts=_facts(fields, scaling, missing, splits, n_train, n_valid),
        findings=(*raw.findings, *_notes(scaling, missing)),
    )


def _choices(raw: Raw, choices: DataChoices, scaling: FieldScaling, task: str) -> dict[str, Any]:
    return choices.model_dump() | {
        "memory": in_all(choices.memory),
        "target": raw.target_names if len(raw.target_names) > 1 else "".join(raw.target_names),
        "task": task,
        "split": "time",
        "history": scaling.history,
        "horizon": scaling.horizon,
        "coarsen": scaling.coarsen if task == DOWNSCALING else 0,
        "normalise": "standardise",
        "normalise_targets": "standardise",
        "missing": "impute",
    }


def _splits(fields: Fields, scaling: FieldScaling, windows: Windows, rows: dict[str, np.ndarray]) -> dict[str, Split]:
    """Each part's windows and answers, views of the scaled fields where they follow one another."""
    base, answers = _written(fields, scaling)
    steps, strides = len(fields) - scaling.history + 1, [base.stride(i) for i in range(base.ndim)]
    held = base.as_strided((fields.runs, steps, *scaling.shape_in), strides)
    found = {}
    for part, chosen in rows.items():
        some = windows[chosen]
        x, y = _taken(held, some.run, some.first), _taken(answers, some.run, answer_places(some))
        found[part] = Split(x, y, chosen)
    return found


def _must_suit(raw: Raw, choices: DataChoices) -> None:
    """Raises DataError for choices that are for other data."""
    for key in ("group", "drop", "weight", "time"):
        if getattr(choices, key):
            found = f"{raw.name} holds fields on a grid, not columns"
            raise DataError(f"data.{key} = {getattr(choices, key)!r}", found, "leave it out")
    if choices.task not in ("auto", "forecast", FORECAST, DOWNSCALING):
        found = f"{raw.name} holds fields over time"
        raise DataError(f"data.task = {choices.task}", found, f"choose {FORECAST} or {DOWNSCALING}, or leave it out")
    if choices.split not in ("auto", "time"):
        found = "a forecast is tested on what comes later"
        raise DataError(f"data.split = {choices.split}", found, "choose time, or leave it out")
    for key in ("normalise", "normalise_targets"):
        if getattr(choices, key) not in ("auto", "standardise"):
            found = "fields are scaled by their climatology and one spread for all cells"
            raise DataError(f"data.{key} = {getattr(choices, key)}", found, "leave it out")


def _blocks(fields: Fields, choices: DataChoices) -> tuple[int, str]:
    """(cells of a block a side, 1 for a forecast; the task). Raises DataError for blocks that no downscaling starts from."""
    n, named = choices.coarsen, choices.task
    if named != DOWNSCALING and not n:
        return 1, FORECAST
    least = min(fields.grid.cells)
    n = n or max(2, min(BLOCK, least // 2))
    asked = f"data.coarsen = {n}"
    if named not in ("auto", DOWNSCALING):
        raise DataError(asked, f"data.task = {named}", f"leave one of them out, or choose data.task={DOWNSCALING}")
    if choices.horizon:
        found = f"data.horizon = {choices.horizon}"
        raise DataError(asked, found, "leave one of them out: the fine field is of the same time as the coarse one")
    if not 2 <= n <= least // 2:
        found = f"fields of {' x '.join(map(str, fields.grid.cells))} cells"
        raise DataError(f"{asked}, cells of a block a side", found, f"choose 2 to {max(2, least // 2)}")
    return n, DOWNSCALING


def _same_time(coarsen: int, choices: DataChoices) -> tuple[int, int, dict[str, str]]:
    """(history, horizon, reasons) of a downscaling."""
    why = {
        "data.task": "as asked: the fine field from the coarse one",
        "data.coarsen": f"means over blocks of {coarsen} x {coarsen} cells",
        "data.history": "as asked" if choices.history else "the coarse field of the same time",
        "data.split": "tested on what comes later",
        "data.target": "every variable" if not choices.target else "as asked",
        **WHY,
    }
    return choices.history or 1, 0, why


def _sizes(fields: Fields, n_train: int, choices: DataChoices) -> tuple[int, int, dict[str, str]]:
    """(history, horizon, reasons): as asked, else by the step."""
    times = fields.times
    if times.unit == "month":
        kind = "year" if times.step % 12 == 0 else "month"
        ahead, back = 1 if kind == "year" else max(1, round(MONTHS_AHEAD / times.step)), HISTORY[kind]
    else:
        far = next((s for step, s in AHEAD if times.step < step), times.step)
        ahead, back = max(1, round(far / times.step)), 4
    horizon = choices.horizon or min(ahead, max(1, n_train // 4))
    history = choices.history or min(back, max(1, (n_train - horizon) // 4))
    if n_train < history + horizon:
        asked = f"windows of {history} + {horizon} times (data.history + data.horizon)"
        found = f"{many(len(fields), 'time')}, {max(0, n_train)} of them for training"
        raise DataError(asked, found, "give more times, or smaller windows: --set data.history=1 data.horizon=1")
    ahead_said = f"{times.said(horizon)} ahead, usual for steps of {times.said()}; --set data.horizon=N for more"
    why = {
        "data.task": "fields over time: the field some steps ahead",
        "data.horizon": "as asked" if choices.horizon else ahead_said,
        "data.history": "as asked" if choices.history else f"{times.said(history)} in steps of {times.said()}",
        "data.split": "a forecast is tested on what comes later",
        "data.target": "every variable" if not choices.target else "as asked",
        **WHY,
    }
    return history, horizon, why


def _written(fields: Fields, scaling: FieldScaling) -> tuple[Tensor, Tensor]:
    """All times scaled: inputs [R, T, C + M, H, W], and targets [R, T, K, H, W] with NaN where they are missing."""
    base = scratch((fields.runs, len(fields), scaling.width, *fields.grid.cells), IN_MEMORY).tensor
    answers = scratch((fields.runs, len(fields), *scaling.shape_out), IN_MEMORY).tensor
    for start, values in chunks(fields, len(fields)):
        days = fields.times.days[start : start + len(values)]
        for run in range(fields.runs):
            base[run, start : start + len(values)] = torch.from_numpy(scaling.steps(values[:, run], days))
            answers[run, start : start + len(values)] = torch.from_numpy(scaling.answers(values[:, run], days))
    return base, answers


def _split(
    fields: Fields, scaling: FieldScaling, n_train: int, n_valid: int, choices: DataChoices
) -> tuple[Windows, dict[str, np.ndarray]]:
    """The windows with an answer, and which are for each part: by the time of the answer, with a gap before validation
    and test, whose windows are left out. Raises DataError for a part without any."""
    windows = all_windows(fields, scaling.history, scaling.horizon)
    place = answer_places(windows)
    gap = max(choices.gap, scaling.horizon)
    parts = {"train": (0, n_train), "valid": (n_train, n_valid), "test": (n_valid, len(fields))}
    rows = {}
    for part, (start, stop) in parts.items():
        begin = start if part == "train" else max(start, min(start + gap, stop - 1))
        rows[part] = np.flatnonzero((place >= begin) & (place < stop))
        if not len(rows[part]):
            asked = f"windows of {scaling.history} + {scaling.horizon} times in every part"
            found = f"{many(len(fields), 'time')}; none is left for {part}"
            raise DataError(asked, found, "give more times, or smaller windows: --set data.history=1 data.horizon=1")
    kept = np.sort(np.concatenate(list(rows.values())))
    return windows[kept], {part: np.searchsorted(kept, those) for part, those in rows.items()}


def _taken(values: Tensor, run: np.ndarray, place: np.ndarray) -> Tensor:
    """values [R, T, ...] at [N]: a view where the places follow one another in one run, else a copy."""
    if (run == run[0]).all() and (np.diff(place) == 1).all():
        return values[int(run[0]), int(place[0]) : int(place[-1]) + 1]
    return values[torch.from_numpy(run), torch.from_numpy(place)]


def _facts(
    fields: Fields, scaling: FieldScaling, missing: np.ndarray, splits: dict[str, Split], n_train: int, n_valid: int
) -> dict[str, Any]:
    times, names = fields.times, fields.grid.names
    target = {names[c]: {"mean": float(scaling.usual[0, c].mean()), "sd": float(scaling.scale[c]), "unit": fields.grid.units[c]}
              for c in scaling.targets}  # fmt: skip
    return {
        "class_counts": {},
        "missing": {n: int(m) for n, m in zip(names, missing) if m},
        "duplicates": 0,
        "repeated": 0,
        "left_out": {},
        "n_rows": len(fields),
        "n_features": int(np.prod(scaling.shape_in)),
        "constant_features": 0,
        "target": target,
        "step": times.said(),
        "ahead": times.said(scaling.horizon) if scaling.horizon else "",
        "coarsen": scaling.coarsen,
        "calendar": times.calendar,
        "waves": list(scaling.waves[:2]),
        "n_windows": {s: len(p) for s, p in splits.items()},
        "begins": {"train": times.labels[0], "valid": times.labels[n_train], "test": times.labels[n_valid]},
        "ends": times.labels[-1],
        "grid": {k: v for k, v in fields.grid.to_dict().items() if isinstance(v, str | bool)}
        | {"rows": len(fields.grid.y), "columns": len(fields.grid.x), "around": fields.grid.around},
    }


def _notes(scaling: FieldScaling, missing: np.ndarray) -> tuple[Finding, ...]:
    names = scaling.grid.names
    if not missing.any():
        return ()
    n = missing.sum()
    said = ", ".join(f"{names[c]} {int(missing[c]):,}" for c in scaling.marked[:6])
    return (
        Finding(
            "cells-masked",
            "info",
            f"{many(int(n), 'value')} of the training times missing; they never enter loss and measures",
            evidence=said,
            stage="data",
        ),
    )
