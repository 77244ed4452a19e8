"""Evidence: what a run's folder holds, by the names that charts ask for."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import numpy as np

from wellfit.nouns import shelf
from wellfit.nouns.comparison import COMPARISON
from wellfit.nouns.errors import RunError, ShelfError
from wellfit.nouns.run import Run
from wellfit.nouns.task import task_of

OWN = (
    "varied_x", "sample_x", "sample_y", "worst_x", "worst_rows", "worst_index", "test_truth", "test_outputs", "test_loss",
    "prompt", "written",
)  # fmt: skip
FACTS = (
    "kind", "classes", "target_names", "split", "normalise", "shape_in", "missing", "duplicates", "constant_features",
    "n_features", "left_out", "n_train", "parameters", "epochs", "train_s", "watch_s", "watch_frac", "sample_x",
    "n_pictures", "n_rows", "comparison", "begins", "ends", "step",
)  # fmt: skip
"""Facts that the page asks for; None where the run does not say."""


def evidence(run: Run) -> dict[str, Any]:
    """Tracks, facts (data.json), result, recipe and arrays (evidence.npz) by name; what is not there is left out.

    Of the arrays only those are read that the page or a chart names. Raises RunError where a file is damaged.
    """
    facts = run.read_json("data.json", {})
    have = {**run.curves, **facts, **_arrays(run)}
    have |= {"comparison": run.read_json(COMPARISON), "result": run.result, "recipe": run.recipe.flat()}
    have.setdefault("task", have["recipe"]["data.task"])
    have["form"] = task_of(have["task"]).form if have["task"] in shelf.names("tasks") else ""
    return have


def _arrays(run: Run) -> dict[str, np.ndarray]:
    path = run.path / "evidence.npz"
    if not path.is_file():
        return {}
    wanted = set(OWN)
    for word in shelf.names("charts"):
        try:
            wanted |= set(shelf.needs(shelf.get("charts", word)))
        except (ShelfError, ImportError):
            continue  # `figures` says so
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as held:
            return {name: held[name] for name in held.files if name in wanted}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise RunError(
            f"{path}", f"unreadable: {error}", "restore the file, or delete it to report without it"
        ) from None
