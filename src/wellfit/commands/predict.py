"""The command `wellfit predict`, its options and its view."""

from __future__ import annotations

import sys
from pathlib import Path

from wellfit.commands._common import network_of, write
from wellfit.commands._options import Own

HOW = {"sort_key": 5, "usage": "Usage: wellfit predict RUN DATA [OPTIONS]"}


def predict(run: Path, data: str, /, *, out: Path | None = None, skip_bad: bool = False, own: Own = Own()) -> int:
    """Predict for new data with a run's network, with the probability of each class, as CSV; of fields as NetCDF.

    What it takes to prepare the data was kept with the network.

        wellfit predict runs/first new.csv --out predictions.csv
        wellfit predict runs/first picture.png

    Parameters
    ----------
    run
        The folder of the run.
    data
        Raw data as it was trained on, or one picture; the target need not be there.
    out
        The CSV file to write; of pictures with masks, the folder for the masks; of fields, the NetCDF file. Default:
        standard output.
    skip_bad
        Leave out pictures that cannot be read, and count them.
    """
    from wellfit.jobs import predict as job
    from wellfit.views.terminal import tables
    from wellfit.views.terminal.screen import screen

    answers = job.answers(run, data, skip_bad=skip_bad, network=network_of(own))
    if out is not None:
        print(job.write(answers, out))
    elif sys.stdout.isatty():
        shown = screen()
        shown.print(tables.predictions(answers.table, shown))
    else:
        write(job.csv(answers.table))
    return 0
