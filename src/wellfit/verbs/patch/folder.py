"""Folder: a place to run a changed script in, which looks like the one it came from and takes what it writes."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

SMALL_BYTES = 1_000_000
"""Larger files are linked, smaller ones copied."""
MOST = 4000
"""Entries looked at; what is beyond is linked, folders whole."""
LEVELS = 3
"""Folders above whose entries are there as links, for paths like `../data`."""
LINKED = frozenset((".git", ".venv", "venv", "node_modules", ".tox", "site-packages"))
LEFT_OUT = frozenset(("__pycache__",))


def mirrored(root: Path, folders: list[Path], texts: Mapping[str, bytes], since: float) -> None:
    """Make `root` look like the machine's file system around these folders: each stands at root / its own path, with
    its small files copied and the large ones linked; `texts` (absolute path -> content) in place of what they are.
    Files written after `since` (seconds since the epoch) are products of the script: they are left out."""
    tops = [f for f in folders if not any(o != f and o in f.parents for o in folders)]
    left = [MOST]
    for top in dict.fromkeys(tops):
        _copied(top, inside_of(root, top), since, left)
        child = top
        for above in list(top.parents)[:LEVELS]:
            _neighbours(above, inside_of(root, above), {child, *tops})
            child = above
    for path, content in texts.items():
        place = inside_of(root, Path(path))
        place.parent.mkdir(parents=True, exist_ok=True)
        place.unlink(missing_ok=True)
        place.write_bytes(content)


def inside_of(root: Path, path: Path) -> Path:
    """Where a path of the machine stands under `root`."""
    return root / path.relative_to(path.anchor)


def _copied(source: Path, into: Path, since: float, left: list[int]) -> None:
    into.mkdir(parents=True, exist_ok=True)
    for entry in _entries(source):
        left[0] -= 1
        place = into / entry.name
        if entry.name in LEFT_OUT or os.path.lexists(place):
            continue
        if left[0] < 0 or entry.name in LINKED or entry.is_symlink():
            place.symlink_to(entry.path)
        elif entry.is_dir():
            _copied(Path(entry.path), place, since, left)
        elif entry.is_file():
            about = entry.stat()
            if about.st_mtime >= since:
                continue
            if about.st_size > SMALL_BYTES:
                place.symlink_to(entry.path)
            else:
                shutil.copy2(entry.path, place)


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            return sorted(found, key=lambda e: e.name)
    except OSError:
        return []


def _neighbours(above: Path, into: Path, inside: set[Path]) -> None:
    """Links to all that stands in a folder above, but for the folders that were copied."""
    if above == Path(above.anchor):
        return
    into.mkdir(parents=True, exist_ok=True)
    for entry in _entries(above)[:MOST]:
        path, place = Path(entry.path), into / entry.name
        if path not in inside and not any(path in f.parents for f in inside) and not os.path.lexists(place):
            place.symlink_to(path)
