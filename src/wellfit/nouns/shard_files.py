"""Shard files: tensors that ranks write into one folder together, each its own shares, and read on any number of ranks.

`torch.distributed.checkpoint` in its safetensors form: its own form keeps pickles beside the tensors, and a stranger's
pickle runs code. Random states differ from rank to rank, and are kept for each.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

from wellfit.nouns.errors import RunError
from wellfit.nouns.world import World

OWN = "random."
"""How the names of tensors begin that are another on each rank."""
Like = Callable[[str, torch.Size], Tensor | None]


def write_together(folder: Path, tensors: dict[str, Tensor], here: World) -> None:
    """Tensors by name, some of them shares, into a new folder that all ranks see. To be called by all ranks; whole
    tensors are those of rank 0. Raises RunError where it cannot be written."""
    import torch.distributed.checkpoint as kept  # 0.5 s, only where it is wanted
    from torch.distributed.checkpoint import HuggingFaceStorageWriter

    held = {f"{k}.{here.rank}" if k.startswith(OWN) else k: v for k, v in tensors.items()}
    try:
        kept.save(held, storage_writer=HuggingFaceStorageWriter(str(folder), save_distributed=True))
    except Exception as error:  # what fails on one rank is told on all, in a class of its own
        found = _last_line(error)
        raise RunError(f"to write {folder}", found, "free some space, or name another folder with --out") from None


def read_together(folder: str | Path, like: Like, here: World) -> dict[str, Tensor]:
    """The inverse, on any number of ranks, to be called by all. like: (name, shape) -> a tensor of that shape, shared
    out as this one is to be, or None for a tensor that every rank has whole. A rank that was not there when the folder
    was written finds no random state. Raises RunError where files are missing or damaged."""
    import torch.distributed.checkpoint as kept
    from torch.distributed.checkpoint import HuggingFaceStorageReader

    try:
        found = HuggingFaceStorageReader(str(folder)).read_metadata().state_dict_metadata
        if not found:
            raise FileNotFoundError("no tensors there")
        into: dict[str, Tensor] = {}
        for name, facts in found.items():
            size, kind = facts.size, facts.properties.dtype  # type: ignore[union-attr]
            whole = like(name, size)
            into[name] = torch.empty(size, dtype=kind) if whole is None else torch.empty_like(whole, dtype=kind)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "torch.distributed is disabled", UserWarning)
            kept.load(into, storage_reader=HuggingFaceStorageReader(str(folder)), no_dist=here.size == 1)
    except Exception as error:
        do = "restore the folder from a copy, or start the run again"
        raise RunError(f"{folder}", f"damaged or not of wellfit: {_last_line(error)}", do) from None
    mine = {k.removesuffix(f".{here.rank}"): v for k, v in into.items() if k.startswith(OWN)}
    return {k: v for k, v in into.items() if not k.startswith(OWN)} | {
        k: v for k, v in mine.items() if k.count(".") == OWN.count(".")
    }


def _last_line(error: Exception) -> str:
    return ([line.strip() for line in str(error).splitlines() if line.strip()] or [type(error).__name__])[-1]
