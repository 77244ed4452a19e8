"""Living: does the process of a run still go on, and has anybody asked it to stop? Told by two files in its folder.

Files reach further than signals: a page on a login node sees, and stops, a training on another machine of the same
disk, and no process is ever hit that merely got an old number.
"""

from __future__ import annotations

import json
import os
import platform
import time
from pathlib import Path
from typing import Any

from wellfit.nouns.errors import RunError
from wellfit.nouns.run import READINGS, RESULT, write_aside

PROCESS, STOP = "process.json", "stop"
QUIET_S = 600.0
"""Of a process on another machine nothing is known but what it writes; quiet for so long, it is called silent."""
LOOK_S = 0.3
"""Seconds between two looks for the file `stop`."""


def begin(folder: Path) -> None:
    """This process goes on with the run from now on; what an earlier one was asked is forgotten."""
    (folder / STOP).unlink(missing_ok=True)
    about = {"pid": os.getpid(), "host": platform.node(), "since": _since(os.getpid()), "begun": time.time()}
    write_aside(folder / PROCESS, json.dumps(about).encode())


def ask_stop(folder: Path) -> None:
    """Ask the training to end as after Ctrl-C. Raises RunError where the folder is gone or cannot be written."""
    try:
        (folder / STOP).touch()
    except OSError as error:
        raise RunError(
            f"to stop {folder.name}", error.strerror or str(error), "press Ctrl-C where it was started"
        ) from None


class Asked:
    """() -> has the run in `folder` been asked to stop? It looks every 0.3 s; in between the answer costs nothing."""

    def __init__(self, folder: Path):
        self._file, self._next, self._asked = folder / STOP, 0.0, False

    def __call__(self) -> bool:
        if not self._asked and (now := time.monotonic()) >= self._next:
            self._next = now + LOOK_S
            if self._file.exists():
                self._file.unlink(missing_ok=True)
                self._asked = True
        return self._asked


def status(folder: Path, result: Any) -> str:
    """running, done, interrupted, killed (its process is gone), or silent (on another machine, quiet for 10 minutes).

    result: what result.json holds, None where it is not there yet.
    """
    said = result.get("status", "running") if isinstance(result, dict) else "running"
    if said != "running":
        return str(said)
    try:
        about = json.loads((folder / PROCESS).read_bytes())
        pid, host, since = int(about["pid"]), about["host"], about["since"]
    except (OSError, ValueError, KeyError, TypeError):  # made by an earlier version, or just begun
        return "running" if _quiet_s(folder) < QUIET_S else "silent"
    if host != platform.node() or os.name == "nt":  # there signal 0 is no question
        return "running" if _quiet_s(folder) < QUIET_S else "silent"
    return "running" if _lives(pid, since) else "killed"


def _quiet_s(folder: Path) -> float:
    """Seconds since one of the run's files changed."""
    changed = 0.0
    for name in (READINGS, RESULT, "environment.json", "checkpoint.safetensors"):
        try:
            changed = max(changed, (folder / name).stat().st_mtime)
        except OSError:
            continue
    return time.time() - changed


def _lives(pid: int, since: Any) -> bool:
    """Is there such a process, and is it the one that was meant?"""
    if pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:  # another user's
        pass
    now = _since(pid)
    return now != "ended" and (since is None or now is None or now == since)


def _since(pid: int) -> int | str | None:
    """When a process began, in ticks since the machine did; "ended" of one that nobody has waited for; None where the
    system does not say."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return "ended" if fields[0] in ("Z", "X") else int(fields[19])
    except (OSError, ValueError, IndexError):
        return None
