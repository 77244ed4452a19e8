"""wellfit: from data to a network that fits well, with the evidence for every step.

    import wellfit as wf
    run = wf.fit("digits")
    run.test, run.findings, run.curves, run.predict(x), run.report()

Names are loaded at first use: `import wellfit` loads neither torch nor pandas.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

__version__ = "0.1.0"

# public name -> module that holds it
_PUBLIC = {
    "fit": "wellfit.jobs.fit",
    "compare": "wellfit.jobs.compare",
    "resume": "wellfit.jobs.resume",
    "tune": "wellfit.jobs.tune",
    "explain": "wellfit.jobs.explain",
    "open": "wellfit.jobs.fitted",
    "Fitted": "wellfit.jobs.fitted",
    "Recipe": "wellfit.nouns.recipe",
    "Finding": "wellfit.nouns.finding",
    "Reading": "wellfit.nouns.reading",
    "Run": "wellfit.nouns.run",
    "Data": "wellfit.nouns.data",
    "Step": "wellfit.nouns.step",
    "WellfitError": "wellfit.nouns.errors",
    "watch": "wellfit.jobs.watched",
}

__all__ = [
    "Data",
    "Finding",
    "Fitted",
    "Reading",
    "Recipe",
    "Run",
    "Step",
    "WellfitError",
    "__version__",
    "compare",
    "explain",
    "fit",
    "open",
    "resume",
    "tune",
    "watch",
]

if TYPE_CHECKING:
    from wellfit.jobs.compare import compare
    from wellfit.jobs.explain import explain
    from wellfit.jobs.fit import fit
    from wellfit.jobs.fitted import Fitted, open
    from wellfit.jobs.resume import resume
    from wellfit.jobs.tune import tune
    from wellfit.jobs.watched import watch
    from wellfit.nouns.data import Data
    from wellfit.nouns.errors import WellfitError
    from wellfit.nouns.finding import Finding
    from wellfit.nouns.reading import Reading
    from wellfit.nouns.recipe import Recipe
    from wellfit.nouns.run import Run
    from wellfit.nouns.step import Step


def __getattr__(name: str):
    if name in _PUBLIC:
        return getattr(importlib.import_module(_PUBLIC[name]), name)
    raise AttributeError(f"module 'wellfit' has no attribute {name!r}; it has {', '.join(sorted(_PUBLIC))}")


def __dir__():
    return sorted(__all__)
