"""check: the checks before training, one by one as they come."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from time import perf_counter

from wellfit.nouns import shelf
from wellfit.nouns.case import Case
from wellfit.nouns.finding import Finding


def check(case: Case, budget_s: float = 5.0) -> Iterator[Finding]:
    """Every check of the shelf on this case, the cheap ones first, each Finding as it comes.

    Each check gets its SHARE of what is left of `budget_s` (seconds) as `within_s`, where it takes one; what an
    earlier check did not use goes to the later ones. A check that cannot be carried out is a warning, not a crash.
    """
    words = sorted(shelf.names("checks"), key=lambda w: (_share(w), w))
    begin = perf_counter()
    for place, word in enumerate(words):
        left_s = max(budget_s - (perf_counter() - begin), 0.05 * budget_s)
        within_s = left_s * _share(word) / sum(_share(w) for w in words[place:])
        yield _carry_out(word, shelf.get("checks", word), case, within_s)


def _share(word: str) -> float:
    return getattr(shelf.module("checks", word), "SHARE", 0.05)


def _carry_out(word: str, function: Callable[..., Finding], case: Case, within_s: float) -> Finding:
    try:
        return function(case, within_s=within_s) if "within_s" in shelf.needs(function) else function(case)
    except Exception as error:  # a network of the user's may refuse what a check asks of it; training may still work
        said = f"{type(error).__name__}: {error}".splitlines()[0]
        name = word.replace("_", "-")
        return Finding(
            name,
            "warning",
            f"The check {name} could not be carried out.",
            evidence=said,
            remedy="see whether the network takes batches of any size, in train and in eval mode",
            confidence=0.5,
            stage="check",
        )
