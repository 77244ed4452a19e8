"""Settle: what a person gave (a recipe, a file, single choices) as one recipe, refused before anything runs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from wellfit.nouns.recipe import Recipe, flat
from wellfit.nouns.refusal import keys


def settle(source: Any, recipe: Recipe | str | Path | None, choices: Mapping[str, Any], network: Any = None) -> Recipe:
    """`recipe` with `choices` laid over it (dotted keys, sections, or the bare name of a field) and the source named.

    Raises RecipeError for what is unknown or impossible.
    """
    base = Recipe.read(recipe) if isinstance(recipe, str | Path) else recipe
    known = {k.partition(".")[2]: k for k in keys(Recipe)}
    doubtful = {"seed", "name"}  # in two sections: training.seed and network.name are meant
    named = {known[k] if k in known and k not in doubtful else k: v for k, v in flat(choices).items() if v is not None}
    for short, full in (("seed", "training.seed"), ("name", "network.name")):
        if short in named:
            named[full] = named.pop(short)
    if isinstance(source, str | Path):
        named["data.source"] = str(source)
    elif source is not None:
        named.setdefault("data.source", type(source).__name__)
    if network is not None and ":" not in (base.network.name if base else ""):  # the recipe can only say whose it is
        named["network.name"] = f"own:{type(network).__name__}"
    return Recipe.of(named, base)
