"""resume: go on with a run that was stopped or killed; it ends bit for bit where the unbroken run would have ended."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from wellfit.jobs.fit import learn
from wellfit.jobs.fitted import Fitted
from wellfit.nouns.run import ENVIRONMENT, Run
from wellfit.nouns.stage import Stage
from wellfit.verbs import gather, keep, tell, transfer
from wellfit.verbs.build import build
from wellfit.verbs.load import load


def resume(path: str | Path, source: Any = None, targets: Any = None, network: Any = None) -> Fitted:
    """Go on with the run in `path`; source, targets, network: needed only where the run had them from memory.

    Raises RunError where there is no run, where the data is another, or where the checkpoint is damaged.
    """
    return Fitted.of(resumed(path, source, targets, network))


def resumed(path: str | Path, source: Any = None, targets: Any = None, network: Any = None) -> Iterator[Stage]:
    """The story of `resume`, Stage by Stage; of a run that has ended, its last line once more."""
    run = Run.open(path)
    if run.result["status"] == "done":
        yield tell.ended(Fitted(run, network), run)
        return
    if ":" in run.recipe.network.name and network is None:
        raise keep.not_ours(run, run.recipe.network.name)
    begun = keep.read_begun(run)
    data = load(run.recipe.data.source if source is None else source, run.recipe.data, targets, begun.preparation)
    gather.must_be_same(run, data)
    case, state = transfer.again(build(run.recipe, data, network), begun), keep.read_checkpoint(run)
    step = state["plain"]["progress"]["index"] if state else 0
    run.rewind(step)
    yield tell.resumed(run, state)
    yield from learn(run, case, state)


RESTARTS = ("TORCHELASTIC_RESTART_COUNT", "SLURM_RESTART_COUNT")
"""Where torchrun and Slurm say how often they have started this command anew."""


def cut_off(out: Path | None) -> Path | None:
    """The run to go on with where torchrun or Slurm have started this same command anew; None where this is the first
    start, or where nothing had been begun. `out`: its folder, where the command names it."""
    if not any(os.environ.get(word, "0") not in ("", "0") for word in RESTARTS):
        return None
    there = [out] if out else sorted(Path("runs").glob("*"), key=lambda p: p.stat().st_mtime, reverse=True)
    for folder in there:
        begun = (folder / "recipe.toml").is_file() and Run(folder)
        same = begun and (out or begun.read_json(ENVIRONMENT, {}).get("command", [])[1:] == sys.argv[1:])
        if begun and same and begun.result["status"] != "done":
            return folder
    return None
