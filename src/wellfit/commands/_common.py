"""What several commands do: read what was asked, show what a job says, write for another program."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any

from wellfit.commands._options import Choices, Own


def network_of(own: Own) -> Any:
    """The user's network, with their plug-ins on the shelves."""
    from wellfit.jobs.given import add_plugin, own_network

    for plugin in own.with_:
        add_plugin(plugin)
    return own_network(own.network)


def settled(data: str | None, choices: Choices, own: Own) -> tuple[str, Any, Any]:
    """(source, recipe, the user's network) of what was given on the command line."""
    from wellfit.jobs.given import given

    network = network_of(own)
    set_ = (*choices.set_, *([f"data.task={choices.task}"] if choices.task else ()))
    words = (choices.recipe, set_, choices.target, choices.skip_bad, own.network, choices.from_)
    return *given(data, *words), network


def tell(stages: Callable[[], Iterator[Any]], json: bool, layers: bool = False) -> int:
    """Show a job's stages as they come; 130 where the training was stopped by Ctrl-C, else 0.

    With `json` they are shown on standard error where that is a terminal, and standard output gets the document.
    """
    from wellfit.nouns.ranks import rank
    from wellfit.nouns.stage import last
    from wellfit.views import document, terminal
    from wellfit.views.terminal.screen import screen

    if rank().number:  # rank 0 tells it for all
        return 130 if last(stages()).facts.get("status") == "interrupted" else 0
    if not json:
        end = last(terminal.show(stages(), screen(), layers=layers))
        return 130 if end.facts.get("status") == "interrupted" else 0
    told = terminal.show(stages(), screen(sys.stderr), layers=layers) if sys.stderr.isatty() else stages()
    facts, refusal = document.story(told)
    write(document.document(facts))
    if refusal is not None:
        raise refusal
    return 130 if facts["status"] == "interrupted" else 0


def write(text: str) -> None:
    """Words for another program: UTF-8 in a pipe or a file, whatever the locale."""
    if sys.stdout.isatty() or not hasattr(sys.stdout, "buffer"):
        sys.stdout.write(text)
    else:
        sys.stdout.flush()
        left = memoryview(text.encode())
        while left:  # an unbuffered output takes what it can at a time
            left = left[sys.stdout.buffer.write(left) :]
