"""check: the checks before training, one by one as they come."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from time import perf_counter

from wellfit.nouns import shelf
from wellfit.nouns.awake import compiler_asleep
from wellfit.nouns.case import Case
from wellfit.nouns.finding import Finding
from wellfit.nouns.trial import trial

LEAST_S = 5.0


def check(case: Case, budget_s: float | None = None) -> Iterator[Finding]:
    """Every check of the shelf on this case, the cheap ones first, each Finding as it comes.

    budget_s: seconds for all of them together, by default 5 s or a tenth of what training will take, whichever is
    more. Each check gets its SHARE of what is left as `within_s`, where it takes one; what an earlier check did not
    use goes to the later ones. None, from a check that does not apply, is left out. A check that cannot be carried out
    is a warning, not a crash.
    """
    words = sorted(shelf.names("checks"), key=lambda w: (_share(w), w))
    begin = perf_counter()
    budget_s = budget_s or max(LEAST_S, 0.1 * _training_s(case))
    with compiler_asleep():
        for place, word in enumerate(words):
            left_s = max(budget_s - (perf_counter() - begin), 0.05 * budget_s)
            within_s = left_s * _share(word) / sum(_share(w) for w in words[place:])
            found = _carry_out(word, shelf.get("checks", word), case, within_s)
            if found is not None:
                yield found


def _training_s(case: Case) -> float:
    """Seconds that training will take at least, from a forward and backward pass of one batch; 0 where unknown."""
    choices, split = case.recipe.training, case.data.train
    if "auto" in (choices.batch_size, choices.epochs) or not len(split):
        return 0.0
    n = min(int(choices.batch_size), len(split))
    x, y = split.x[:n].to(case.device), split.y[:n].to(case.device)
    try:
        with trial(case) as network:
            begin = perf_counter()
            loss = case.loss(network(x), y)
            if loss.requires_grad:
                loss.backward()
            loss.item()
            return (perf_counter() - begin) * len(split) / n * int(choices.epochs)
    except Exception:  # the checks will say what is the matter
        return 0.0


def _share(word: str) -> float:
    return getattr(shelf.module("checks", word), "SHARE", 0.05)


def _carry_out(word: str, function: Callable[..., Finding | None], case: Case, within_s: float) -> Finding | None:
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
