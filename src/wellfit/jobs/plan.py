"""plan: what `fit` would do, up to the moment before it checks and trains: recipe, reasons, network."""

from __future__ import annotations

from typing import Any

from wellfit.nouns.case import Case
from wellfit.nouns.recipe import Recipe
from wellfit.verbs import transfer
from wellfit.verbs.build import build
from wellfit.verbs.load import load
from wellfit.verbs.propose import propose
from wellfit.verbs.rate import with_tested_rate


def plan(source: Any, recipe: Recipe, network: Any = None) -> tuple[Case, dict[str, str]]:
    """(case, reasons by dotted key) for a source and a settled recipe. Raises WellfitError as `fit` does."""
    start = transfer.begin(recipe, network)
    data = load(source, recipe.data, like=start.preparation)
    complete, reasons = propose(recipe, data, start.choices)
    case = transfer.carry(build(complete, data, start.network), start)
    return with_tested_rate(case, recipe, reasons)
