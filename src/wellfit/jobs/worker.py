"""worker: a process that works on a study beside the one that began it.

Run as `python -c "from wellfit.jobs.worker import main; main()" ASK.json`; ASK is what jobs/hands.py wrote.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from wellfit.jobs import proof
from wellfit.jobs.given import add_plugin
from wellfit.jobs.study import Plan, planned
from wellfit.jobs.trials import search
from wellfit.verbs.search.study import reachable


def main() -> None:
    """Trials, then the proof, until the study is closed or who began it is gone."""
    ask, parent = json.loads(Path(sys.argv[1]).read_text()), os.getppid()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C is for who began the study, which ends us
    work(ask, lambda: os.getppid() != parent)


def work(ask: dict[str, Any], alone: Any) -> None:
    """alone(): is who began the study gone?"""
    for plugin in ask["plugins"]:
        add_plugin(plugin)
    plan: Plan | None = None
    stages = planned(ask["source"], recipe=ask["recipe"], space=ask["space"], out=ask["out"], storage=ask["storage"],
                     trials=ask["trials"], search=ask["search"], pruner=ask["pruner"], rank=ask["rank"])  # fmt: skip
    while True:
        try:
            next(stages)
        except StopIteration as end:
            plan = end.value
            break
    if plan is None:
        return
    plan.share(ask["workers"])
    search_until = ask["search_until"] or float("inf")
    until = ask["until"] or float("inf")
    over = lambda: alone() or time.time() > search_until
    closed = lambda: alone() or bool(plan.proofs.study.user_attrs.get("closed"))
    with reachable(plan.storage):
        while not closed():
            for _ in search(plan.bench, plan.queue, over):
                pass
            for _ in proof.work(plan.bench, plan.proofs, until, closed):
                pass
            time.sleep(0.2)
