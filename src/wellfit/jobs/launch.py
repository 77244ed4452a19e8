"""launch: a batch script for Slurm in which `wellfit fit` trains over nodes and GPUs, and goes on after its time limit."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

from wellfit.nouns.errors import RecipeError

TIME = re.compile(r"(\d+-)?\d{1,2}(:\d{2}){0,2}")
"""Slurm's time limits: minutes, hours:minutes:seconds, days-hours ... (sbatch's manual, --time)."""

SCRIPT = """\
#!/bin/bash
#SBATCH --job-name={name}
#SBATCH --nodes={nodes}
#SBATCH --ntasks-per-node={tasks}
#SBATCH --cpus-per-task={cpus}
{gpus}#SBATCH --time={time}
#SBATCH --signal=B:USR1@{grace_s}
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output=%x-%j.log
{more}
export OMP_NUM_THREADS=$SLURM_CPUS_PER_TASK
run={run}

# {grace_s} s before the limit: the run stops as by Ctrl-C, with its checkpoint kept, and the job queues again
again() {{
    scancel --signal=TERM "$SLURM_JOB_ID.0"
    wait "$step"
    scontrol requeue "$SLURM_JOB_ID"
    exit 0
}}
trap again USR1

if [ -e "$run/recipe.toml" ]; then
    srun --kill-on-bad-exit=1 wellfit resume "$run"{own} &
else
    srun --kill-on-bad-exit=1 {command} --out "$run" &
fi
step=$!
wait "$step"
"""


@dataclass(frozen=True)
class Place:
    """Where to run: nodes; tasks and gpus on each; cpus of each task; time: Slurm's limit; grace_s: seconds before it
    at which the run is stopped; more: further options of sbatch, each as --option=value."""

    nodes: int = 1
    tasks: int = 1
    gpus: int = 0
    cpus: int = 4
    time: str = "1:00:00"
    grace_s: int = 180
    more: tuple[str, ...] = ()


def launch(words: list[str], place: Place) -> str:
    """The batch script that runs `wellfit WORDS` (words: fit, its data, its options) in `place`.

    Raises RecipeError for a command other than fit, a time that Slurm does not know, and numbers under 1.
    """
    asked = f"a batch script for `wellfit {shlex.join(words)}`"
    if not words or words[0] != "fit":
        raise RecipeError(asked, "no `fit` at its beginning", "write what would run: wellfit launch -- fit digits")
    if not TIME.fullmatch(place.time):
        raise RecipeError(asked, f"the time {place.time!r}", "write hours:minutes:seconds, as 12:00:00")
    if min(place.nodes, place.tasks, place.cpus) < 1 or min(place.gpus, place.grace_s) < 0:
        raise RecipeError(asked, "a number of nodes, tasks or CPUs under 1", "ask for one at least")
    wrong = next((m for m in place.more if not m.startswith("--")), None)
    if wrong is not None:
        raise RecipeError(asked, f"{wrong!r} as an option of sbatch", "write it as --partition=gpu")
    rest, out = _without(words, "--out")
    source = next((w for w in rest[1:] if not w.startswith("-")), "digits")
    name = re.sub(r"[^\w.-]", "-", f"wellfit-{Path(source).stem}")
    _, own = _without(rest, "--network")
    return SCRIPT.format(
        name=name,
        nodes=place.nodes,
        tasks=max(place.tasks, place.gpus),
        cpus=place.cpus,
        gpus=f"#SBATCH --gpus-per-node={place.gpus}\n" if place.gpus else "",
        time=place.time,
        grace_s=place.grace_s,
        more="".join(f"#SBATCH {word}\n" for word in place.more),
        run=shlex.quote(out) if out else f"runs/{name}-$SLURM_JOB_ID",
        own=f" --network {shlex.quote(own)}" if own else "",
        command=shlex.join(["wellfit", *rest]),
    )


def _without(words: list[str], option: str) -> tuple[list[str], str | None]:
    """(words without an option, its value)."""
    rest, value, left = [], None, iter(words)
    for word in left:
        if word == option:
            value = next(left, None)
        elif word.startswith(f"{option}="):
            value = word.partition("=")[2]
        else:
            rest.append(word)
    return rest, value
