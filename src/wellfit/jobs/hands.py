"""hands: other processes of this machine that work on the same study; whoever dies is noticed, and its trial taken up."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from wellfit.jobs.study import Plan
from wellfit.nouns.errors import RunError

MOST = 4
CODE = "from wellfit.jobs.worker import main; main()"


@dataclass
class Hands:
    """started: the processes; report_s: seconds that the report at the end is given."""

    started: list[subprocess.Popen[bytes]] = field(default_factory=list)
    report_s: float = 0.0

    def look(self) -> None:
        """Notice who has ended, so that the system lets go of it."""
        for one in self.started:
            one.poll()

    @property
    def n(self) -> int:
        """Processes of this machine that share the work, this one among them."""
        return 1 + len(self.started)

    @property
    def none(self) -> bool:
        """Is nobody left but us?"""
        return all(one.poll() is not None for one in self.started)


@contextmanager
def hands(plan: Plan, workers: int | None, search_until: float, until: float) -> Iterator[Hands]:
    """`workers` - 1 processes beside this one (None: as many as cores are free), ended when the study is.

    Raises RunError where more than one is asked for and the data is in this process's memory alone.
    """
    portable = plan.portable
    if workers is None:
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        threads = int(plan.bench.base.training.threads) if plan.bench.base.training.threads != "auto" else 1
        workers = max(1, min(MOST, cores // threads, plan.queue.total or MOST)) if portable else 1
    if workers < 1:
        raise RunError(f"--workers {workers}", "a study needs one at least", "give 1 or more")
    if workers > 1 and not portable:
        raise RunError(f"--workers {workers}", "data or network are in the memory of this process alone",
                       "give a path as the source, or workers=1")  # fmt: skip
    found = Hands([_start(plan, n, workers, search_until, until) for n in range(1, workers)], 0.1 * max(0.0, until - time.time())
                  if until < float("inf") else 0.0)  # fmt: skip
    try:
        yield found
    finally:
        for one in found.started:
            with suppress(OSError):
                one.terminate()
        for one in found.started:
            with suppress(subprocess.TimeoutExpired):
                one.wait(10)


def _start(plan: Plan, n: int, workers: int, search_until: float, until: float) -> subprocess.Popen[bytes]:
    """Its words go to worker-N.log in the study's folder."""
    finite = lambda t: t if t < float("inf") else None
    ask: dict[str, Any] = plan.ask | {
        "rank": n,
        "workers": workers,
        "search_until": finite(search_until),
        "until": finite(until),
    }
    file = plan.bench.folder / f"worker-{n}.json"
    file.write_text(json.dumps(ask))
    with open(plan.bench.folder / f"worker-{n}.log", "ab") as log:
        return subprocess.Popen(
            [sys.executable, "-c", CODE, str(file)], stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
