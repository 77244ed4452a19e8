"""plan: what `fit` would do, up to the moment before it checks and trains: recipe, reasons, network."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from wellfit.nouns.case import Case
from wellfit.nouns.recipe import Recipe
from wellfit.nouns.summary import summary
from wellfit.verbs.build import build
from wellfit.verbs.load import load
from wellfit.verbs.propose import propose
from wellfit.verbs.rate import with_tested_rate


def plan(source: Any, recipe: Recipe, network: Any = None) -> tuple[Case, dict[str, str]]:
    """(case, reasons by dotted key) for a source and a settled recipe. Raises WellfitError as `fit` does."""
    data = load(source, recipe.data)
    complete, reasons = propose(recipe, data)
    return with_tested_rate(build(complete, data, network), recipe, reasons)


def layers(case: Case) -> list[dict[str, Any]]:
    """The network's layers: name, type, shape_out, parameters, receptive_field."""
    return [asdict(row) for row in summary(case.network, case.data.shape_in)]
