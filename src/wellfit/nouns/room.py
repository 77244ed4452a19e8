"""Room: a step that finds no memory is done again in twice as many parts, to the same result (nouns/thrift.py)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from wellfit.nouns.errors import RoomError
from wellfit.nouns.finding import Finding
from wellfit.nouns.reading import Reading, Track
from wellfit.nouns.thrift import Parts

T = TypeVar("T")
PARTS = "batch_parts"
"""The reading, one an epoch, that says in how many parts a batch was run for lack of memory; none where it had room."""
SAID = ("can't allocate memory", "out of memory", "ALLOC_FAILED", "could not create a memory object")


def short_of_memory(error: BaseException) -> bool:
    """Is this PyTorch's or Python's word for no memory left, on a CPU or a GPU?"""
    known = isinstance(error, MemoryError | torch.OutOfMemoryError)
    return known or (isinstance(error, RuntimeError) and any(word in str(error) for word in SAID))


def with_room(parts: Parts, rows: int, work: Callable[[], T], again: Callable[[], None] = lambda: None) -> T:
    """What `work` gives, which runs `parts` on a batch of so many rows; where it finds no memory, `again` is called and it
    is tried once more with twice as many parts. Raises RoomError where a part of one row (with batch norm: two, whose
    means it takes) finds none."""
    while True:
        try:
            return work()
        except (RuntimeError, MemoryError) as error:
            if not short_of_memory(error):
                raise
            found = (str(error).splitlines() or ["no memory left"])[0]
        # here the error is gone, and with it what its frames held
        least = 2 if takes_means(parts.network) else 1
        if parts.count * least >= rows:
            raise too_large(parts.network, -(-rows // parts.count), found)
        parts.count = min(2 * parts.count, rows // least)
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        again()


def outputs_of(network: nn.Module, x: Tensor, most: int) -> Tensor:
    """[N, ...] in float32, of `most` rows at once, of fewer where they find no memory; for a pass without gradients."""
    while True:
        try:
            return torch.cat([network(part) for part in x.split(most)]).float()
        except (RuntimeError, MemoryError) as error:
            if most == 1 or not short_of_memory(error):
                raise
        most = -(-most // 2)


def takes_means(network: nn.Module) -> bool:
    """Does it take means over the rows that it sees at once (batch norm)?"""
    return any(isinstance(m, _BatchNorm) for m in network.modules())


def too_large(network: nn.Module, rows: int, found: str) -> RoomError:
    """The refusal of a step that finds no memory with so few rows."""
    n = sum(p.numel() for p in network.parameters())
    where = next((str(p.device) for p in network.parameters()), "cpu")
    asked = f"memory for a training step of {rows} row{'s'[: rows > 1]} in a network of {n:,} parameters on {where}"
    do = "take a smaller network or batch, set training.checkpoint=blocks, or close what else takes memory"
    return RoomError(asked, found, do)


def halved(track: Track | None, recipe: Mapping[str, Any], layers: Iterable[Mapping[str, Any]]) -> Finding | None:
    """What is to be said where batches were run in parts for lack of memory."""
    if track is None or not len(track.values):
        return None
    parts, rows = int(track.values[-1]), int(recipe.get("training.batch_size") or 0)
    summary = f"A batch of {rows} rows found no memory; it was run in {parts} parts, one after the other."
    readings = (Reading(PARTS, float(parts), int(track.steps[-1])),)
    if any("BatchNorm" in str(row.get("type")) for row in layers):
        each = -(-rows // parts)
        said = (
            f"batch norm took its means over {each} rows instead of {rows}, so the result is not that of whole batches"
        )
        do, change = (
            "set training.checkpoint=blocks, which changes no means, or network.norm=layer",
            {"training.checkpoint": "blocks"},
        )
        return Finding("out-of-memory", "warning", summary, said, do, readings=readings, change=change)
    said = "the loss and the step are those of the whole batch, to rounding, for a third more work"
    do = f"set training.accumulate={parts}, so that nothing is tried in vain"
    return Finding("out-of-memory", "info", summary, said, do, readings=readings, change={"training.accumulate": parts})
