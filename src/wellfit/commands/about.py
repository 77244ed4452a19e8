"""The command `wellfit about`, its options and its view."""

from __future__ import annotations

from wellfit.commands._common import write

HOW = {"sort_key": 8, "usage": "Usage: wellfit about [WORD]"}


def about(word: str = "", /) -> int:
    """Explain a word that wellfit uses: a fault, a check, a network, a loss, a schedule ...

    The words are those that the report and the recipe use.

        wellfit about lr-too-high
        wellfit about cosine

    Parameters
    ----------
    word
        The word, as wellfit writes it. Default: a list of all faults.
    """
    from wellfit.jobs.about import about

    write(about(word))
    return 0
