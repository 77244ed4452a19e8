"""A refused recipe in words: the key, the value, what is allowed, and the nearest right spelling."""

from __future__ import annotations

from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from wellfit.nouns.errors import RecipeError, nearest


def keys(recipe: type[BaseModel]) -> list[str]:
    """Every dotted key of the recipe."""
    return [f"{s}.{k}" for s, f in recipe.model_fields.items() for k in _section(f.annotation).model_fields]


def _section(annotation: Any) -> type[BaseModel]:
    return annotation


def refusal(
    recipe: type[BaseModel], key: str = "", value: Any = None, error: ValidationError | None = None
) -> RecipeError:
    """The RecipeError for the first thing that pydantic refused, or for a key that names no section."""
    if error is None:
        close = nearest(key, [k.split(".")[1] for k in keys(recipe)] + list(recipe.model_fields))
        full = [k for k in keys(recipe) if close in k.split(".")]
        return RecipeError(
            f"{key} = {value!r}",
            f"{key!r} is no key of a recipe",
            f"write {full[0]}" if full else f"sections are {', '.join(recipe.model_fields)}",
        )
    first = error.errors()[0]
    place = [str(p) for p in first["loc"]]
    key, value, kind = ".".join(place[:2]), first["input"], first["type"]
    if kind == "extra_forbidden":
        return _unknown(recipe, key, value)
    if kind == "value_error" or len(place) < 2:
        return RecipeError(
            f"[{place[0]}]" if place else "the recipe",
            first["msg"].removeprefix("Value error, "),
            "mend these choices",
        )
    allowed = _allowed(recipe, place[0], place[1], error)
    close = nearest(str(value), allowed) if isinstance(value, str) else None
    found = "; ".join(dict.fromkeys(e["msg"] for e in error.errors() if [str(p) for p in e["loc"]][:2] == place[:2]))
    return RecipeError(
        f"{key} = {value!r}",
        found,
        f"write {close!r}" if close else f"allowed: {', '.join(allowed) or found}",
    )


def _unknown(recipe: type[BaseModel], key: str, value: Any) -> RecipeError:
    section, _, name = key.partition(".")
    known = keys(recipe)
    same = [k for k in known if k.split(".")[1] == name]
    close = nearest(key, known) if not same else same[0]
    if section not in recipe.model_fields and not same:
        near = nearest(section, recipe.model_fields)
        close = near and (f"{near}.{name}" if f"{near}.{name}" in known else f"[{near}]")
    beside = ", ".join(k for k in known if k.startswith(f"{section}.")) or ", ".join(recipe.model_fields)
    return RecipeError(
        f"{key} = {value!r}", f"a recipe has no {key!r}", f"write {close}" if close else f"known are {beside}"
    )


def _allowed(recipe: type[BaseModel], section: str, name: str, error: ValidationError) -> list[str]:
    field = _section(recipe.model_fields[section].annotation).model_fields.get(name)
    words = _literals(field.annotation) if field else []
    words += [w for e in error.errors() if e["type"] == "unknown_word" for w in e.get("ctx", {})["known"]]
    return words + [
        e["msg"].removeprefix("Input should be ") for e in error.errors() if e["type"].startswith(("greater", "less"))
    ]


def _literals(annotation: Any) -> list[str]:
    args = get_args(annotation)
    return [w for a in args for w in ([a] if isinstance(a, str) else _literals(a))]
