"""Summary: what the head of the page says, in sentences."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from wellfit.nouns.finding import Finding
from wellfit.nouns.reading import Track
from wellfit.nouns.run import Run
from wellfit.nouns.units import count, duration, percent
from wellfit.verbs.report.words import plain

STATUS = {
    "interrupted": "Training was interrupted {at}; all figures are those of the best weights until then.",
    "running": "This run has not ended: the page shows what it had written {at}.",
    "stopped": "Training was stopped {at}.",
}


NO_FIGURE = {"low": None, "high": None, "unit": "", "n": None, "baseline": None}


def summary(run: Run, have: Mapping[str, Any]) -> dict[str, Any]:
    """name, path (a shell word), status in a sentence, verdict, headline (the first test metric), date, facts."""
    result, final = have["result"], next((f for f in run.findings if f.stage == "verdict"), None)
    done = _epochs(have)
    at = (
        f"after {plain(done)} of {have.get('epochs') or have['recipe']['training.epochs']} epochs"
        if done
        else "before the first epoch ended"
    )
    source = have["recipe"]["data.source"]
    return {
        "name": have.get("name") or Path(source).stem,
        "path": shlex.quote(_near(run.path)),
        "source": shlex.quote(source),
        "status": STATUS.get(result.get("status", "running"), "").format(at=at),
        "verdict": final,
        "headline": headline(have),
        "date": f"{datetime.fromtimestamp(result.get('ended') or _written(run)):%d %B %Y, %H:%M}",
        "facts": key_facts(have, done, final),
        "done": done,
    }


def headline(have: Mapping[str, Any]) -> dict[str, Any]:
    """{"label", "value", "low", "high", "unit", "n", "baseline", "against"} of the first test metric; {} before."""
    for name, metric in (have["result"].get("test") or {}).items():
        if isinstance(metric, Mapping) and isinstance(metric.get("value"), int | float):
            against = have.get("baseline")
            said = against.get("name", "") if isinstance(against, Mapping) else str(against or "")
            return {**NO_FIGURE, **metric, "label": name[:1].upper() + name[1:], "against": said}
    return {}


def key_facts(have: Mapping[str, Any], done: float, final: Finding | None) -> list[tuple[str, str]]:
    """A few (name, value) for the head of the page."""
    found = []
    if final is not None and final.confidence < 1:
        found.append(("Confidence", percent(final.confidence, 0)))
    n = [have.get(f"n_{s}") for s in ("train", "valid", "test")]
    if all(isinstance(k, int) for k in n):
        found.append(("Examples", count(sum(n))))  # type: ignore[arg-type]
    if isinstance(have.get("parameters"), int):
        found.append(("Parameters", count(have["parameters"])))
    if done:
        valid = have.get("valid_loss")
        best = (
            valid.epochs[np.nanargmin(valid.values)]
            if isinstance(valid, Track) and np.isfinite(valid.values).any()
            else None
        )
        found.append(("Epochs", f"{plain(done)}" + (f", best {plain(best)}" if best is not None else "")))
    if isinstance(have.get("train_s"), int | float):
        found.append(("Training time", duration(have["train_s"])))
    if isinstance(have.get("watch_frac"), int | float):
        found.append(("Spent on watching", percent(have["watch_frac"])))
    return found


def _epochs(have: Mapping[str, Any]) -> float:
    """Epochs that have ended."""
    track = have.get("valid_loss") or have.get("train_loss")
    return float(track.epochs[-1]) if isinstance(track, Track) and len(track) else 0.0


def _written(run: Run) -> float:
    return max(
        (
            (run.path / name).stat().st_mtime
            for name in os.listdir(run.path)
            if name.endswith((".json", ".jsonl", ".toml"))
        ),
        default=0.0,
    )


def _near(path: Path) -> str:
    """The folder as one would type it from here, without the rest of the machine's tree where that can be."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)
