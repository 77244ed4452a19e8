"""The command `wellfit launch`, its options and its view."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from wellfit.commands._common import write
from wellfit.commands._options import Words

HOW = {"sort_key": 3.5, "usage": "Usage: wellfit launch [OPTIONS] -- fit DATA [ITS OPTIONS]"}


def launch(
    *words: str,
    slurm: bool = True,
    nodes: int = 1,
    tasks: int = 1,
    gpus: int = 0,
    cpus: int = 4,
    time: str = "1:00:00",
    grace: int = 180,
    sbatch: Annotated[Words, Parameter(consume_multiple=False)] = (),
    out: Path | None = None,
) -> int:
    """Write a batch script for Slurm that fits over nodes and GPUs and goes on after its time limit.

    Before the limit the run stops as by Ctrl-C, its checkpoint kept; the job queues again and goes on.

        wellfit launch --nodes 2 --gpus 4 --time 12:00:00 --out job.sh -- fit fields.nc
        sbatch job.sh

    On one machine no script is needed: torchrun --nproc-per-node 4 -m wellfit fit DATA.

    Parameters
    ----------
    words
        What would run on one machine: fit, the data, its options.
    slurm
        For Slurm, the one batch system there is as yet.
    nodes
        Machines.
    tasks
        Processes on each; with --gpus one for each GPU.
    gpus
        GPUs on each.
    cpus
        CPU cores of each process.
    time
        The time limit, as Slurm writes it.
    grace
        Seconds before the limit at which the run is stopped.
    sbatch
        A further option of sbatch, as --sbatch=--partition=gpu; may be repeated.
    out
        The file to write. Default: standard output.
    """
    from wellfit.jobs.launch import Place
    from wellfit.jobs.launch import launch as job

    text = job(list(words), Place(nodes, tasks, gpus, cpus, time, grace, tuple(sbatch)))
    if out is None:
        write(text)
    else:
        out.write_text(text, encoding="utf-8")
        write(f"{out}\n")
    return 0
