"""study: begin a search or join one that others began: its data, default recipe, space and storage, the same for all."""

from __future__ import annotations

import hashlib
import json
import math
import os
import socket
import time
import tomllib
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from wellfit import __version__
from wellfit.jobs.trials import Bench
from wellfit.jobs.tuned import DEFAULT, RESULT, SPACE, TRIALS
from wellfit.nouns.attempt import Attempt
from wellfit.nouns.errors import RecipeError, RunError
from wellfit.nouns.recipe import Recipe
from wellfit.nouns.run import write_aside
from wellfit.nouns.space import Space
from wellfit.nouns.stage import Stage
from wellfit.verbs import gather, tell, transfer
from wellfit.verbs.build import build
from wellfit.verbs.load import load
from wellfit.verbs.propose import propose
from wellfit.verbs.rate import with_tested_rate
from wellfit.verbs.search import Queue, me, must_be_same, open_study, usual_space
from wellfit.verbs.search.queue import params_of, values_of
from wellfit.verbs.search.study import must_be_known, reachable, rungs
from wellfit.verbs.settle import settle
from wellfit.verbs.stack import unfit

AT_ONCE = {"random": 64}
"""Trials that are drawn and trained at once where they can be stacked; 16 for a search that learns from those before."""
GONE_S = 120.0
"""A leader on another host that was silent for so long is taken for dead."""


@dataclass
class Plan:
    """A worker's place in a study. queue: of trials; proofs: of the trainings with fresh seeds; reasons: of the default
    recipe's choices; ask: what another process needs to join; portable: can it; network: the user's own, as handed in."""

    bench: Bench
    queue: Queue
    proofs: Queue
    storage: str | None
    reasons: dict[str, str] = field(default_factory=dict)
    ask: dict[str, Any] = field(default_factory=dict)
    portable: bool = False
    network: Any = None

    def share(self, workers: int) -> None:
        """Take no more trials at once than leave some for as many workers."""
        fair = math.ceil(self.queue.total / workers) if self.queue.total else self.bench.at_once
        self.bench = replace(self.bench, at_once=max(1, min(self.bench.at_once, fair)))


def planned(
    source, targets=None, *, recipe=None, network=None, space=None, out=None, storage=None, trials=None,
    search="tpe", pruner="halving", plugins=(), rank=0, **choices,
) -> Generator[Stage, None, Plan]:  # fmt: skip
    """Data, default recipe and space, each told; the Plan is returned.

    recipe, network, choices: as in `fit`; space: a Space, its tables, or a TOML file; None: by data and recipe; out: the
    study's folder, also its name; storage: a database's URL or a journal file; search: a word of the shelf `searches`;
    pruner: halving, hyperband or none; rank: of this worker, for a stream of draws of its own.
    """
    if trials is not None and trials < 1:
        raise RecipeError(f"{trials} trials", "a search needs one at least", "give --trials 1 or more")
    must_be_known(search, pruner)
    given = settle(source, recipe, choices, network)
    axes = (
        space
        if isinstance(space, Space | None)
        else Space.of(space)
        if isinstance(space, Mapping)
        else Space.read(space)
    )
    folder = _folder(out, given)
    start = transfer.begin(given, network)
    data = load(source, given.data, targets, start.preparation)
    yield from tell.data(data)
    _make(folder)
    epochs = (
        given.training.epochs
        if given.training.epochs != "auto"
        else propose(given, data, start.choices)[0].training.epochs
    )
    seed = given.training.seed
    study = open_study(storage, folder, folder.name, search=search, pruner=pruner, epochs=int(epochs), seed=seed + rank)
    with reachable(storage):
        base, reasons = yield from _default(study, given, data, start)
        alone = unfit(transfer.carry(build(base, data, start.network), start))
        axes = axes or usual_space(base, data, given, stacked=not alone)
        prints = {"version of wellfit": __version__, "data": data.raw.fingerprint[:16],
                  "recipe": _print(given.toml()), "space": _print(axes.toml())}  # fmt: skip
        must_be_same(study, prints, f"to join the study {folder.name}")
        bench = Bench(source, targets, given, base, data, axes, folder, start, gather.environment(data))
        queue = Queue(study, me(), int(study.user_attrs.get("total", trials or 0)) or None)
        queue.leads = rank == 0 and leads(study)
        if queue.leads:
            _begin(bench, queue, trials)
        other = open_study(storage, folder, f"{folder.name}-proof", search="random", pruner="none", seed=seed)
    bench = replace(bench, at_once=1 if alone else AT_ONCE.get(search, 16), rungs=rungs(pruner, int(epochs)))
    line = f"{len(axes.axes)} choices to search: {'; '.join(a.words for a in axes.axes)}"
    yield Stage("space", line, axes, {"space": axes.toml(), "study": str(folder)})
    how = (
        f"one by one ({alone})"
        if alone
        else f"up to {bench.at_once} at once, stacked, where they differ in width alone"
    )
    yield Stage("trials", f"trained {how}", alone, {"stacked": not alone})
    ask = {"source": str(source), "recipe": str(folder / "given.toml"), "space": str(folder / SPACE), "out": str(folder),
           "storage": storage, "trials": trials, "search": search, "pruner": pruner, "plugins": list(plugins)}  # fmt: skip
    portable = isinstance(source, str | Path) and targets is None and network is None
    return Plan(bench, queue, Queue(other, queue.worker), storage, reasons, ask, portable, network)


def _default(study, given: Recipe, data, start) -> Generator[Stage, None, tuple[Recipe, dict[str, str]]]:
    """The recipe without a search: the study's, or made as for `fit` where the study has none yet."""
    held = study.user_attrs.get("base")
    if held is not None:
        return Recipe.of(tomllib.loads(held)), {}
    complete, reasons = propose(given, data, start.choices)
    case = transfer.carry(build(complete, data, start.network), start)
    case, reasons = with_tested_rate(case, given, reasons)
    yield from tell.network(case, reasons)
    study.set_user_attr("base", case.recipe.toml())
    return case.recipe, reasons


def _folder(out: Any, given: Recipe) -> Path:
    """Where the study is, or will be. Raises RunError where it has ended."""
    stem = Path(given.data.source).stem or "data"
    folder = Path(out) if out else Path("studies") / f"{datetime.now():%Y%m%d-%H%M%S}-{stem}"
    if (folder / RESULT).exists():
        raise RunError(f"a search in {folder}", "a study is there that has ended", "name another folder with --out")
    return folder


def _make(folder: Path) -> None:
    """The study's folder, made once its data are known. Raises RunError where it cannot be written."""
    try:
        (folder / "trials").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunError(f"a search in {folder}", error.strerror or str(error),
                       "name a folder that can be written, with --out") from None  # fmt: skip


def leads(study) -> bool:
    """Is nobody else leading this study, or is who did it gone?"""
    host, pid = ([*str(study.user_attrs.get("leader", "")).split(":"), "", ""])[:2]
    if not pid or int(pid) == os.getpid():
        return True
    if host == socket.gethostname():
        try:
            os.kill(int(pid), 0)
        except OSError:
            return True
        return False
    return time.time() - float(study.user_attrs.get("leader_beat", 0.0)) > GONE_S


def _begin(bench: Bench, queue: Queue, trials: int | None) -> None:
    """What the leader writes down; the default recipe is the first trial, where it lies in the space."""
    write_aside(bench.folder / "given.toml", bench.given.toml().encode())
    write_aside(bench.folder / DEFAULT, bench.base.toml().encode())
    write_aside(bench.folder / SPACE, bench.space.toml().encode())
    queue.study.set_user_attr("leader", queue.worker)
    if queue.total is None and trials:
        queue.study.set_user_attr("total", trials)
        queue.total = trials
    first = bench.space.of_recipe(bench.base)
    if first is not None and not queue.study.get_trials(deepcopy=False):
        queue.study.enqueue_trial(params_of(first))


def attempts(queue: Queue, space: Space) -> list[Attempt]:
    """The trials that have ended, by number, in plain values."""
    found = []
    for t in queue.finished():
        end, whole = t.user_attrs.get("end", {}), t.state.name == "COMPLETE"
        curve = {int(k): v for k, v in end.get("curve", {}).items()}
        loss = t.value if whole and t.value is not None else min(curve.values(), default=math.nan)
        values = values_of(t.params, space)
        found.append(
            Attempt(
                t.number, values, float(loss), curve, whole, end.get("why", ""), end.get("finding"),
                float(end.get("seconds", 0.0)), t.user_attrs.get("worker", ""),
            )
        )  # fmt: skip
    return found


def write_trials(folder: Path, found: list[Attempt]) -> None:
    """trials.json, for whoever has no Optuna at hand."""
    write_aside(folder / TRIALS, json.dumps([a.to_dict() for a in found], indent=1, default=str).encode())


def _print(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]
