"""Explaining: `wellfit explain` started from a run's page as a process of its own, followed line by line."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wellfit.nouns.errors import RunError, nearest
from wellfit.nouns.explained import WORDS as PARTS

MOST = 2
"""Explanations at once; each takes a core."""
LINES, LAYER = 40, re.compile(r"[\w.-]{0,200}")
ENDED_S = 5.0


@dataclass
class Job:
    """One explanation: what of a run it shows; process; begun at, in words; said: its lines so far; layer: asked for;
    heard: it has ended, and all it said was read."""

    what: str
    layer: str
    process: subprocess.Popen[str]
    begun: str = field(default_factory=lambda: time.strftime("%H:%M:%S"))
    said: list[str] = field(default_factory=list)
    heard: bool = False

    @property
    def status(self) -> str:
        """working, done or failed."""
        return "working" if not self.heard else "done" if self.process.returncode == 0 else "failed"

    def shown(self) -> dict[str, Any]:
        """For the page; of a failure its three lines."""
        status = self.status
        lines = [line for line in self.said if line.startswith(("asked:", "found:", "do:"))] or self.said[-3:]
        return {
            **{"what": self.what, "title": PARTS[self.what], "layer": self.layer, "begun": self.begun},
            **{"status": status, "said": lines if status == "failed" else self.said[-1:]},
        }


class Explaining:
    """The explanations that this page has started, by run; one a run at a time."""

    def __init__(self) -> None:
        self._jobs: dict[str, Job] = {}
        self._lock = threading.Lock()

    def begin(self, name: str, folder: Path, what: str, layer: str = "") -> None:
        """Start one. Raises RunError for a word or layer that is none, a folder that leads elsewhere, and where one of
        this run, or MOST of others, are going on."""
        asked = f"to explain {name}"
        if what not in PARTS:
            close = nearest(what, PARTS)
            do = f"take {close}" if close else "take one of them"
            raise RunError(f"{asked}: {what[:40]!r}", f"known are {', '.join(PARTS)}", do)
        if not LAYER.fullmatch(layer):
            raise RunError(
                f"the layer {layer[:40]!r}", "names have letters, digits, dots, - and _", "write one of these"
            )
        if not Path(os.path.realpath(folder / "explained")).is_relative_to(os.path.realpath(folder)):
            raise RunError(asked, "its folder `explained` leads out of the run", "remove that link")
        with self._lock:
            working = [n for n, job in self._jobs.items() if job.status == "working"]
            if name in working or len(working) >= MOST:
                found = f"an explanation of {name if name in working else ' and '.join(working)} is going on"
                raise RunError(asked, found, "wait until it has ended")
            self._jobs[name] = job = _started(folder, what, layer)
        threading.Thread(target=_follow, args=(job,), daemon=True).start()

    def shown(self, name: str) -> dict[str, Any] | None:
        """What the page says of a run's last one; None where none was started."""
        job = self._jobs.get(name)
        return None if job is None else job.shown()

    def end(self) -> None:
        """End those that are going on: the page goes."""
        for job in self._jobs.values():
            if job.process.poll() is None:
                job.process.terminate()
        for job in self._jobs.values():
            try:
                job.process.wait(ENDED_S)
            except subprocess.TimeoutExpired:
                job.process.kill()


def _started(folder: Path, what: str, layer: str) -> Job:
    words = [sys.executable, "-m", "wellfit", "explain", str(folder.absolute()), "--what", what]
    words += ["--layer", layer] if layer else []
    plain = {**os.environ, "NO_COLOR": "1", "PYTHONUTF8": "1", "PYTHONUNBUFFERED": "1", "COLUMNS": "400"}
    process = subprocess.Popen(
        words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8",
        errors="replace", env=plain,
    )  # fmt: skip
    return Job(what, layer, process)


def _follow(job: Job) -> None:
    """Its lines as they come, the last LINES of them."""
    with job.process:  # closes its pipes and waits
        for line in job.process.stdout or ():
            if line.strip():
                job.said.append(line.strip())
                del job.said[:-LINES]
    job.heard = True
