"""The command `wellfit sample`, its options and its view."""

from __future__ import annotations

from pathlib import Path

from wellfit.commands._common import network_of, write
from wellfit.commands._options import Own

HOW = {"sort_key": 6, "usage": "Usage: wellfit sample RUN [OPTIONS]"}


def sample(
    run: Path,
    /,
    *,
    prompt: str = "\n",
    length: int = 500,
    temperature: float = 0.8,
    seed: int = 0,
    own: Own = Own(),
) -> int:
    """Let a run that learnt a text go on writing.

        wellfit sample runs/shakespeare --prompt "ROMEO:" --length 1000

    Parameters
    ----------
    run
        The folder of the run.
    prompt
        What stands before; it is printed too.
    length
        Symbols to write.
    temperature
        1 draws as it learnt, less is safer, 0 takes the likeliest each time.
    seed
        The same seed writes the same text.
    """
    from wellfit.jobs.sample import sample as job

    written = job(run, prompt, length=length, temperature=temperature, seed=seed, network=network_of(own))
    write(prompt.lstrip("\n") + written + "\n")
    return 0
