"""Gather: what a run writes down about itself: its surroundings, and the evidence that rules and report read."""

from __future__ import annotations

import io
import os
import platform
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from wellfit.nouns import living
from wellfit.nouns.augment import LINEAR, varied
from wellfit.nouns.blocks import highest
from wellfit.nouns.case import Case
from wellfit.nouns.data import Data, Split
from wellfit.nouns.errors import RunError
from wellfit.nouns.reading import tracks
from wellfit.nouns.run import ENVIRONMENT, Run
from wellfit.nouns.summary import parameters, summary
from wellfit.nouns.task import task_of
from wellfit.nouns.trial import chance

DATA, EVIDENCE = "data.json", "evidence.npz"
MOST_ROWS, MOST_PICTURES, WORST = 500, 64, 24  # kept as samples for the report
SHOWN_VARIED, VARIANTS = 6, 5  # pictures shown as training sees them, and how often each
MOST_ARRAYS = 16  # answers that are arrays (masks, fields), and their truths, kept of each split


def environment(data: Data) -> dict[str, Any]:
    """Versions, machine and the fingerprint of the data: what another person needs to repeat the run."""
    found = {}
    for package in ("wellfit", "torch", "numpy", "scikit-learn", "pandas"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return {
        "versions": {"python": platform.python_version(), **found},
        "machine": {
            "system": f"{platform.system()} {platform.release()}",
            "processor": platform.processor() or platform.machine(),
            "cpus": os.cpu_count(),
            "threads": torch.get_num_threads(),
            "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
        },
        "command": sys.argv,
        "fingerprint": data.raw.fingerprint,
        "started": time.time(),
    }


def must_be_same(run: Run, data: Data) -> None:
    """Raise RunError where `data` is not what the run was started on."""
    was = run.read_json(ENVIRONMENT, {}).get("fingerprint")
    if was and data.raw.fingerprint != was:
        raise RunError(
            f"to go on with {run.path}",
            f"{data.raw.name} is not the data it was started on ({data.raw.fingerprint[:12]}, then {was[:12]})",
            "give the same data, or start a new run",
        )


class Clock:
    """Seconds since it was made, and whether the next checkpoint is due."""

    def __init__(self, every_s: float):
        self._begun = self._last = time.monotonic()
        self._every_s = every_s

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._begun

    def due(self) -> bool:
        """True at most every `every_s` seconds."""
        now = time.monotonic()
        if now - self._last < self._every_s:
            return False
        self._last = now
        return True


@contextmanager
def interruptible(run: Run | None = None) -> Iterator[Callable[[], bool]]:
    """Ctrl-C, a batch system's SIGTERM, or a file `stop` in the run's folder asks to stop; a second signal stops at
    once. Yields: has it been asked? `run` is said to go on in this process."""
    asked: list[int] = []
    wanted = living.Asked(run.path) if run else bool
    if run:
        living.begin(run.path)
    if threading.current_thread() is not threading.main_thread():
        yield wanted
        return

    def ask(number: int, frame: Any) -> None:
        if asked:
            raise KeyboardInterrupt
        asked.append(number)

    kept = {s: signal.signal(s, ask) for s in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: bool(asked) or wanted()
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)


class Spent(NamedTuple):
    """Seconds of training, and what watching took of them: seconds and share."""

    watch_s: float
    watch_frac: float
    train_s: float


def evidence(
    run: Run, case: Case, judged: Mapping[str, dict[str, Any]], spent: Spent, beside: Mapping[str, Any]
) -> dict[str, Any]:
    """data.json and evidence.npz into the run's folder; all of it, with the tracks, the recipe and what a method
    without tuning makes of the same rows (`beside`), is returned by name."""
    arrays = _arrays(case, judged)
    facts = _facts(case, judged) | spent._asdict()
    run.write_json(DATA, facts)
    held = io.BytesIO()
    np.savez_compressed(held, allow_pickle=False, **arrays)
    run.write(EVIDENCE, held.getvalue())
    return {**tracks(run.readings), **facts, **arrays, **beside, "recipe": case.recipe.flat()}


def _facts(case: Case, judged: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    data, recipe = case.data, case.recipe
    return {
        **data.facts,
        "name": data.raw.name,
        "kind": data.raw.kind,
        "task": data.task,
        "score_name": task_of(data.task).score_name,
        **{f"n_{s}": len(getattr(data, s)) for s in ("train", "valid", "test")},
        "shape_in": list(data.shape_in),
        "shape_out": list(data.shape_out),
        "classes": list(data.classes),
        "target_names": list(data.target_names),
        "units": dict(data.raw.units),
        "input_names": list(data.raw.names) or [str(c) for c in getattr(data.raw.inputs, "columns", ())],
        "split": data.choices.get("split"),
        "normalise": data.choices.get("normalise"),
        "chance_loss": chance(case, data.train.y),
        "epochs": recipe.training.epochs,
        "parameters": parameters(case.network),
        "carried": [asdict(row) for row in case.carried],
        "layers": [vars(row) for row in summary(case.network, data.shape_in)],
        "test_metrics": judged["test"]["metrics"],
        "valid_metrics": judged["valid"]["metrics"],
        "baseline": judged["test"].get("baseline"),
    }


def _arrays(case: Case, judged: Mapping[str, dict[str, Any]]) -> dict[str, np.ndarray]:
    found: dict[str, np.ndarray] = {}
    for split, j in judged.items():
        some = slice(MOST_ARRAYS if j["outputs"].ndim > 2 else None)  # of arrays a few, for charts
        found |= {f"{split}_truth": j["truth"][some], f"{split}_outputs": j["outputs"][some]}
        if "errors" in j:
            found[f"{split}_errors"] = j["errors"]
        found["test_loss" if split == "test" else f"{split}_example_loss"] = j["loss"]
    data = case.data
    most = {"pictures": MOST_PICTURES, "text": MOST_ARRAYS, "series": MOST_ARRAYS}.get(data.raw.kind, MOST_ROWS)
    pick = np.random.default_rng(0).permutation(len(data.train))[:most]
    if data.raw.kind != "grid":  # fields are drawn as maps
        found |= {"sample_x": _shown(case, data.train, pick), "sample_y": data.train.y[pick].numpy()}
        found |= _varied(case, pick[:SHOWN_VARIED])
    worst = np.argsort(-judged["test"]["loss"])[:WORST]
    if data.shape_out == (len(data.classes),) and judged["test"]["truth"].ndim == 1:
        wrong = judged["test"]["outputs"].argmax(1) != judged["test"]["truth"]
        worst = worst[wrong[worst]]
    found["worst_rows"] = data.test.rows[worst]
    found["worst_index"] = worst
    if data.raw.kind == "pictures":
        found["worst_x"] = _shown(case, data.test, worst)
    found |= task_of(data.task).evidence(case, judged)
    first = next((p for p in case.network.parameters() if p.ndim > 1), None)
    if first is not None:
        found["first_weights"] = first.detach().cpu().numpy()[:MOST_PICTURES]
    return found


def _varied(case: Case, pick: np.ndarray) -> dict[str, np.ndarray]:
    """{"varied_x" [N, VARIANTS, C, H, W] in 0..1}: pictures as training sees them, each drawn VARIANTS times; {} where
    they are no pictures, or nothing varies them. The conv network of the shelf brings a way of its own."""
    data, recipe = case.data, case.recipe
    vary = varied(recipe.augment.model_extra or {}, data, recipe.training.seed)
    own: Any = getattr(case.network, "vary", None)
    own = own if getattr(own, "shift", 0) or getattr(own, "mirror", "none") != "none" else None
    scaling = data.preparation.scaling
    if data.raw.kind != "pictures" or scaling.method not in LINEAR or (vary is None and own is None) or not len(pick):
        return {}
    x, y = data.train.x[pick], data.train.y[pick]
    drawn = []
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(recipe.training.seed)
        for step in range(VARIANTS):
            seen = x if vary is None else vary(x, y, step).x
            drawn.append(seen if own is None else own.train()(seen.to(case.device)).cpu())
    if own is not None:
        own.eval()
    top = max(highest(data.raw.inputs), 1e-12)
    values = np.stack([scaling.back(d.numpy()) for d in drawn], 1) / top
    return {"varied_x": np.clip(values, 0, 1).astype(np.float32)}


def _shown(case: Case, split: Split, pick: np.ndarray) -> np.ndarray:
    """Examples as a person knows them: pictures scaled to 0..1, else the numbers in their own units."""
    raw = case.data.raw
    rows = split.rows[pick]
    if raw.kind == "table":
        frame = raw.inputs.iloc[rows]  # type: ignore[union-attr]
        return frame.apply(lambda c: c.astype(str)).to_numpy(dtype=str) if len(frame) else np.empty((0, 0), dtype=str)
    if raw.kind == "text":
        return np.array(case.data.classes)[split.x[pick].long().numpy()]
    x = raw.inputs[rows]
    values = x.detach().cpu().numpy() if isinstance(x, Tensor) else np.asarray(x)
    if raw.kind != "pictures" or not values.size:
        return values
    top = max(highest(raw.inputs), 1e-12)  # digits end at 16, photographs at 255
    return np.clip(values / top, 0, 1).astype(np.float32)
