"""Ranks: a program that trains in several processes gets one report. Each hands in what it saw as a file; rank 0 reads
them. Nothing goes through torch.distributed: a collective that not all ranks call would hang the program."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from wellfit.nouns.ranks import rank

SHARED = ("TORCHELASTIC_RUN_ID", "TORCHELASTIC_RESTART_COUNT", "MASTER_ADDR", "MASTER_PORT", "SLURM_JOB_ID")
"""What the ranks of one run have in common, beside their parent."""


@dataclass(frozen=True)
class Ranks:
    """number: this process's, from 0; of: how many there are; place: a folder that those on this machine share."""

    number: int
    of: int
    place: Path


def ranks() -> Ranks | None:
    """This process among those of its run, None where it is alone."""
    here = rank()
    if here.of == 1:
        return None
    words = [os.environ.get(k, "") for k in SHARED] + [str(os.getppid()), str(getattr(os, "getuid", int)())]
    name = "".join(c if c.isalnum() else "-" for c in "-".join(words))
    return Ranks(here.number, here.of, Path(tempfile.gettempdir(), f"wellfit-{name}"))


def hand_in(mine: Ranks, facts: dict) -> None:
    """Put `facts` (JSON types) where rank 0 finds them, whole or not at all."""
    mine.place.mkdir(mode=0o700, exist_ok=True)
    draft = mine.place / f"{mine.number}.part"
    draft.write_text(json.dumps(facts))
    draft.replace(mine.place / f"{mine.number}.json")


def collected(mine: Ranks, wait_s: float) -> dict[int, dict]:
    """What the other ranks handed in, by number; those that do not within `wait_s` seconds are left out."""
    until, found = time.monotonic() + wait_s, {}
    while True:
        for file in mine.place.glob("*.json"):
            found[int(file.stem)] = json.loads(file.read_text())
        if len(found) >= mine.of - 1 or time.monotonic() > until:
            shutil.rmtree(mine.place, ignore_errors=True)
            return found
        time.sleep(0.05)
