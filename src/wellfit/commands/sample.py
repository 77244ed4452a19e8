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
    count: int = 64,
    out: Path | None = None,
    seed: int = 0,
    own: Own = Own(),
) -> int:
    """Let a run that learnt a text go on writing, one that learnt a density draw rows or pictures.

        wellfit sample runs/shakespeare --prompt "ROMEO:" --length 1000
        wellfit sample runs/wine --count 500 --out rows.csv
        wellfit sample runs/digits --out samples.png

    Parameters
    ----------
    run
        The folder of the run.
    prompt
        What stands before; it is printed too.
    length
        Symbols to write.
    temperature
        Of a text: 1 draws as it learnt, less is safer, 0 takes the likeliest each time.
    count
        Rows or pictures to draw.
    out
        Where they go: a .csv file; of pictures a .png, or .npy for the numbers. Default: standard output.
    seed
        The same seed draws the same.
    """
    from wellfit.jobs import draw
    from wellfit.jobs.sample import sample as job

    if draw.can_draw(run):
        made = draw.drawn(run, count, seed=seed, network=network_of(own))
        write(draw.csv(made) if out is None else f"{draw.write(run, made, out)}\n")
        return 0
    written = job(run, prompt, length=length, temperature=temperature, seed=seed, network=network_of(own))
    write(prompt.lstrip("\n") + written + "\n")
    return 0
