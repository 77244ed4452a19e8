"""A study in its storage: a journal file by default, or any database that Optuna takes; who may join it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wellfit.nouns import shelf
from wellfit.nouns.errors import RecipeError, RunError, nearest

if TYPE_CHECKING:
    from optuna import Study
    from optuna.pruners import BasePruner
    from optuna.storages import BaseStorage

JOURNAL = "study.journal"
PRUNERS = ("halving", "hyperband", "none")
EARLY, LATE = 0.1, 0.6
"""Halving compares trials after these shares of the epochs: one in two goes on, then one in four of these. In between high
rates rank by chance: of 64 trials of J1 (benchmarks/tune.py, six searches) the one that won was up to 32nd after a fifth
to two fifths of the epochs, and 7th at worst after six tenths, when the rate had fallen."""
KEEP, FIRST = 3, 13
"""Hyperband keeps one in three (Li et al. 2018, section 3.6), from 1/13 of the epochs on."""


def open_study(
    url: str | None,
    folder: Path,
    name: str,
    *,
    search: str = "tpe",
    pruner: str = "halving",
    epochs: int = 1,
    seed: int = 0,
) -> Study:
    """The study of this name, made where it is not there yet; losses are to fall.

    url: a database's URL (sqlite:///, postgresql://) or a journal file; None: the journal in `folder`.
    Raises ShelfError, RecipeError for an unknown search or pruner, RunError where the storage cannot be reached.
    """
    must_be_known(search, pruner)
    sampler, pruning = shelf.get("searches", search)(seed), _pruner(pruner, epochs)
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    with reachable(url):
        storage = _storage(url, folder)
        return optuna.create_study(
            storage=storage, study_name=name, sampler=sampler, pruner=pruning, direction="minimize", load_if_exists=True
        )


def must_be_known(search: str, pruner: str) -> None:
    """Raise ShelfError or RecipeError for an unknown word, before any work is done."""
    shelf.module("searches", search)
    if pruner not in PRUNERS:
        close = nearest(pruner, PRUNERS)
        raise RecipeError(f"the pruner {pruner!r}", "no such pruner", f"write {close or ', '.join(PRUNERS)}")


def must_be_same(study: Study, mine: dict[str, str], asked: str) -> None:
    """Leave this worker's marks in the study, or raise RunError where the study was begun with others.

    mine: {"version of wellfit": ..., "data": fingerprint, "recipe": ..., "space": ...}.
    """
    held = study.user_attrs.get("fingerprint")
    if held is None:
        study.set_user_attr("fingerprint", mine)
        held = study.user_attrs.get("fingerprint", mine)
    other = [k for k in mine if held.get(k) != mine[k]]
    if other:
        said = "; ".join(f"its {k} is {held.get(k)}, here {mine[k]}" for k in other)
        raise RunError(asked, f"it was begun with another {' and another '.join(other)}: {said}",
                       "give the same, or begin a study of your own with another --out")  # fmt: skip


@contextmanager
def reachable(url: str | None, kept: str = "") -> Iterator[None]:
    """What fails inside because the storage cannot be reached becomes a RunError. kept: where the trials so far are."""
    try:
        yield
    except RunError:
        raise
    except Exception as error:
        kind = type(error).__module__.partition(".")[0]
        if not isinstance(error, OSError | ImportError) and kind not in ("sqlalchemy", "optuna", "psycopg", "psycopg2"):
            raise
        said = str(error).strip().splitlines()
        do = "start the database, or mend --storage" if url else "free some space or name another folder with --out"
        if isinstance(error, ImportError):
            do = "install the database's driver: pip install psycopg2-binary, for PostgreSQL"
        found = f"{type(error).__name__}: {said[0] if said else 'it cannot be reached'}{kept}"
        raise RunError(f"the storage {url or 'of the study'}", found, do) from None


def _storage(url: str | None, folder: Path) -> BaseStorage:
    from optuna.storages import JournalStorage, RDBStorage
    from optuna.storages.journal import JournalFileBackend

    if url is None or "://" not in url:
        file = Path(url).expanduser() if url else folder / JOURNAL
        return JournalStorage(JournalFileBackend(str(file)))
    wait: dict[str, Any] = {"timeout": 60} if url.startswith("sqlite") else {"connect_timeout": 20}
    return RDBStorage(url, engine_kwargs={"connect_args": wait})


def rungs(word: str, epochs: int) -> tuple[int, ...]:
    """Epochs after which trials are compared, the last one never among them; () for none."""
    if word == "none" or epochs < 2:
        return ()
    if word == "halving":
        return tuple(sorted({max(1, round(EARLY * epochs)), round(LATE * epochs)} - {0, epochs}))
    at, found = max(1, round(epochs / FIRST)), []
    while at < epochs:
        found.append(at)
        at *= KEEP
    return tuple(found)


def _pruner(word: str, epochs: int) -> BasePruner:
    """Optuna's, with these rungs."""
    import optuna

    ladder = rungs(word, epochs)
    if not ladder:
        return optuna.pruners.NopPruner()
    if word == "halving":
        from wellfit.verbs.search.halving import Halving  # which takes Optuna to be loaded

        return Halving(dict(zip(reversed(ladder), (4, 2))))
    return optuna.pruners.HyperbandPruner(min_resource=ladder[0], max_resource=epochs, reduction_factor=KEEP)
