"""Allowance: how much memory data may take, as a recipe says it, or by what the machine has free."""

from __future__ import annotations

import ctypes
import os
import re
from contextlib import suppress
from pathlib import Path

UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}
SHARE = 0.25  # of what is free: network, gradients, page cache and other programs want the rest


def bytes_of(text: str) -> int:
    """'2GB', '500 MB', '1.5GiB' as bytes. Raises ValueError for anything else, and for nothing."""
    match = re.fullmatch(r"\s*(\d+(?:\.\d*)?)\s*([kmgt]?)(i?)b?\s*", text.casefold())
    if not match:
        raise ValueError(f"{text!r} is no size; write 2GB or 500MB")
    number, unit, binary = match.groups()
    size = int(float(number) * (1024 ** (1 + "kmgt".index(unit)) if binary and unit else UNITS[unit]))
    if not size:
        raise ValueError(f"{text!r} leaves no memory at all; write 2GB or 500MB")
    return size


def settled(memory: str) -> str:
    """The size that a word stands for here and now: of "auto" a quarter of what is free."""
    return f"{max(1, int(SHARE * free()) // 10**6)}MB" if memory == "auto" else memory


def in_all(memory: str) -> str:
    """The word that is kept in a recipe whose data were read as a whole: of "auto" that they were."""
    return "all" if memory == "auto" else memory


def give_back() -> None:
    """What the C library keeps of memory that nobody uses any more goes back to the system (glibc's malloc_trim)."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def free() -> int:
    """Bytes that could be taken without swapping, within the limits of a container (cgroup 2)."""
    found = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    with suppress(OSError, ValueError, IndexError):
        line = next(m for m in Path("/proc/meminfo").read_text().splitlines() if m.startswith("MemAvailable"))
        found.append(int(line.split()[1]) * 1024)
    with suppress(OSError, ValueError, StopIteration):
        root = Path("/sys/fs/cgroup")
        most, used = (int((root / f"memory.{k}").read_text()) for k in ("max", "current"))
        stat = dict(line.split() for line in (root / "memory.stat").read_text().splitlines())
        found.append(most - used + int(stat.get("inactive_file", 0)))  # cached pages are given back when asked for
    return max(1, min(found))
