"""Guard: in the process of a changed script, files outside its own folder are not written."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
CHANGES = {"os.remove": 1, "os.rename": 2, "os.rmdir": 1, "os.mkdir": 1, "os.truncate": 1, "os.link": 2, "os.symlink": 2,
           "shutil.rmtree": 1, "sqlite3.connect": 1}  # fmt: skip
"""Audit events that change files -> how many of their first arguments are paths."""


def guard(root: Path) -> None:
    """From here on, refuse to write, make or remove files outside `root`, caches and devices: PermissionError in the
    script. torch.save, which writes below Python, is looked after too."""
    import torch

    free = (str(root.resolve()), "/dev", "/proc", os.path.realpath(os.path.expanduser("~/.cache")))

    def check(path: Any) -> None:
        if isinstance(path, (str, bytes, os.PathLike)):
            place = os.path.realpath(os.fsdecode(path))
            if not any(place == f or place.startswith(f + os.sep) for f in free):
                raise PermissionError(f"{place} lies outside the folder that the patched program may write to")

    def hook(event: str, args: tuple[Any, ...]) -> None:
        if event == "open" and (isinstance(args[2], int) and args[2] & WRITES):
            check(args[0])
        elif event in CHANGES:
            for path in args[: CHANGES[event]]:
                check(path)

    sys.addaudithook(hook)
    save = torch.save

    def guarded(obj: Any, f: Any, *args: Any, **kwargs: Any) -> None:
        check(f)
        save(obj, f, *args, **kwargs)

    torch.save = guarded
