"""Ranks: which of several processes this one is, as torchrun, srun or mpirun say in the environment."""

from __future__ import annotations

import os
from typing import NamedTuple

SOURCES = (
    ("RANK", "WORLD_SIZE", "LOCAL_RANK"),  # torchrun
    ("SLURM_PROCID", "SLURM_STEP_NUM_TASKS", "SLURM_LOCALID"),  # srun; a batch script or a shell has no step of its own
    ("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_RANK"),
)


class Rank(NamedTuple):
    """number: this process, from 0; of: how many there are; local: this process among those of its machine."""

    number: int = 0
    of: int = 1
    local: int = 0


def rank() -> Rank:
    """This process among those it was started with; Rank(0, 1, 0) where it is alone."""
    for words in SOURCES:
        found = [os.environ.get(w, "0" if w.endswith("LOCAL_RANK") else "") for w in words]
        if all(f.isdigit() for f in found) and int(found[1]) > 1:
            return Rank(*(int(f) for f in found))
    return Rank()
