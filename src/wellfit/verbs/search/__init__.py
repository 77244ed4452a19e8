"""Search: a study in a storage that any number of workers share, and where its next trial lies (Optuna does both)."""

from wellfit.verbs.search.queue import Queue, me
from wellfit.verbs.search.study import must_be_same, open_study
from wellfit.verbs.search.usual import usual_space

__all__ = ["Queue", "me", "must_be_same", "open_study", "usual_space"]
