"""plan: what `fit` would do, up to the moment before it checks and trains: recipe, reasons, network."""

from __future__ import annotations

from typing import Any

from wellfit.nouns.case import Case
from wellfit.nouns.recipe import Recipe
from wellfit.verbs.build import build
from wellfit.verbs.load import load
from wellfit.verbs.propose import propose
from wellfit.verbs.rate import with_tested_rate


def plan(source: Any, recipe: Recipe, network: Any = None) -> tuple[Case, dict[str, str]]:
    """(case, reasons by dotted key) for a source and a settled recipe. Raises WellfitError as `fit` does."""
    data = load(source, recipe.data)
    complete, reasons = propose(recipe, data)
    return with_tested_rate(build(complete, data, network), recipe, reasons)
