"""Scratch: prepared numbers, written once and read many times: in memory, or in a nameless file where they are too many.

A file is mapped, so that it is a tensor like any other to whoever indexes it; `release` gives back the pages that were
touched, so that what a process holds does not grow with what it has read.
"""

from __future__ import annotations

import mmap
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from wellfit.nouns.errors import DataError


@dataclass(frozen=True, eq=False)
class Scratch:
    """tensor: float32 [N, ...], in memory or mapped; pages: the mapping, None in memory."""

    tensor: Tensor
    pages: mmap.mmap | None = None

    def release(self) -> None:
        """Pages of a file that are mapped here are let go; their content stays in the file (madvise(2))."""
        if self.pages is not None:
            self.pages.madvise(mmap.MADV_DONTNEED)

    def fetch(self, first: int, last: int) -> None:
        """Ask the system to read the rows first..last - 1 of a file in one go, without waiting for them."""
        if self.pages is not None and last > first:
            each = self.tensor[0].numel() * self.tensor.element_size()
            start = first * each // mmap.PAGESIZE * mmap.PAGESIZE
            self.pages.madvise(mmap.MADV_WILLNEED, start, min(last * each, len(self.pages)) - start)


def scratch(shape: tuple[int, ...], most: int) -> Scratch:
    """Room for float32 numbers of a shape: in memory up to `most` bytes, else in a file without a name, whose room on
    the disk is free again when nobody maps it. Raises DataError where the disk has no room for it."""
    size = 4 * int(np.prod(shape))
    if size <= most:
        return Scratch(torch.empty(shape))
    place = folder()
    try:
        with tempfile.TemporaryFile(dir=place) as file:
            os.posix_fallocate(file.fileno(), 0, size)  # a disk that fills up later would kill the process
            pages = mmap.mmap(file.fileno(), size)
    except OSError as error:
        asked = f"{size / 1e9:.1f} GB of room in {place} for the prepared data"
        raise DataError(asked, error.strerror or str(error), "free some, or set TMPDIR to a larger disk") from None
    held = np.frombuffer(pages, np.float32).reshape(shape)
    return Scratch(torch.from_numpy(held), pages)


def folder() -> Path:
    """Where large files of a while belong: $TMPDIR, else /var/tmp (/tmp is often held in memory), else what is usual."""
    if "TMPDIR" not in os.environ and os.access("/var/tmp", os.W_OK):
        return Path("/var/tmp")
    return Path(tempfile.gettempdir())
