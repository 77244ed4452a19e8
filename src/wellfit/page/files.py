"""Files of a run, and nothing else: no way out of its folder by a name, a link or a device."""

from __future__ import annotations

import json
import os
import stat
import tomllib
from pathlib import Path
from typing import Any

MOST_BYTES = 64 * 2**20
"""Of a file that is read whole; readings are read in parts, whatever their size."""


def opened(folder: Path, name: str) -> int | None:
    """A file descriptor of the plain file `name` in `folder`; None where there is none, or where it leads elsewhere."""
    path = folder / name
    try:
        if not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder)):
            return None
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        descriptor = os.open(path, flags)
    except (OSError, ValueError):  # gone, a link, not ours to read; a name that is none
        return None
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return descriptor
    os.close(descriptor)
    return None


def content(folder: Path, name: str) -> bytes | None:
    """The file whole; None where there is none, or it is too large to be what it should be."""
    descriptor = opened(folder, name)
    if descriptor is None:
        return None
    try:
        with os.fdopen(descriptor, "rb") as file:
            found = file.read(MOST_BYTES + 1)
    except OSError:
        return None
    return found if len(found) <= MOST_BYTES else None


def stamp(folder: Path, name: str) -> tuple[int, int, int] | None:
    """(inode, size, time of the last change), which tells whether a file must be read again; None where there is none."""
    try:
        about = os.stat(folder / name, follow_symlinks=False)
    except (OSError, ValueError):
        return None
    return about.st_ino, about.st_size, about.st_mtime_ns


class Kept:
    """What was read of a file, until the file changes: `kept(folder, name, parse)`.

    Of a file that cannot be parsed, whole or half, it gives `Damaged`; of none, None.
    """

    def __init__(self, most: int = 4096):
        self._held: dict[tuple[str, str], tuple[Any, Any]] = {}
        self._most = most

    def __call__(self, folder: Path, name: str, parse: Any) -> Any:
        key, now = (str(folder), name), stamp(folder, name)
        if now is None:
            self._held.pop(key, None)
            return None
        before = self._held.get(key)
        if before is not None and before[0] == now:
            return before[1]
        raw = content(folder, name)
        try:
            found = None if raw is None else parse(raw)
        except (ValueError, RecursionError):
            found = Damaged
        if len(self._held) >= self._most:
            self._held.pop(next(iter(self._held)))
        self._held[key] = (now, found)
        return found


class Damaged:
    """Stands for what could not be parsed."""


def parse_json(raw: bytes) -> Any:
    """JSON as wellfit writes it."""
    return json.loads(raw)


def parse_toml(raw: bytes) -> dict[str, Any]:
    """A recipe as nested dictionaries, of whatever version: nothing is checked."""
    return tomllib.loads(raw.decode())
