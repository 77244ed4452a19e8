"""Write docs/reference.md from the docstrings of what it describes: `python docs/make_reference.py`."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any, get_args

from wellfit.nouns import shelf
from wellfit.nouns.recipe import Recipe

HERE = Path(__file__).parent
SHELVES = {
    "readers": "What data may be",
    "tasks": "Tasks: `data.task`",
    "networks": "Networks: `network.name`",
    "losses": "Losses: `training.loss`",
    "optimizers": "Optimizers: `training.optimizer`",
    "augmentations": "Augmentations: `augment.NAME = strength`",
    "schedules": "Schedules: `training.schedule`",
    "searches": "Searches: `wellfit tune --search NAME`",
    "checks": "Checks before training",
    "probes": "Probes: what watching measures",
    "rules": "Rules: faults that the readings of a training can show",
    "charts": "Charts of the report",
    "explainers": "Explainers: what `wellfit explain --method` takes",
    "clues": "Clues: what the doctor sees in a script without a trial",
    "remedies": "Remedies: what the doctor tries on copies",
    "edits": "Edits: what a patch of the doctor changes in a script",
}


def first_line(text: str | None) -> str:
    """The first paragraph of a docstring in one line."""
    return " ".join((text or "").strip().split("\n\n")[0].split()).replace("|", "\\|")


def allowed(annotation: Any) -> str:
    """The words or the type that a recipe key takes."""
    words = [a for part in (annotation, *get_args(annotation)) for a in get_args(part) if isinstance(a, str)]
    return ", ".join(dict.fromkeys(words)) or getattr(annotation, "__name__", "")


def recipe_tables() -> list[str]:
    """A table for each section of the recipe."""
    lines = ["## The recipe", "", "What may stand in a TOML recipe or after `--set`; `auto` is settled from the data."]
    for section, field in Recipe.model_fields.items():
        lines += ["", f"### [{section}]", "", "| key | default | meaning | words |", "| --- | --- | --- | --- |"]
        for key, inner in field.annotation.model_fields.items():  # type: ignore[union-attr]
            default = "" if inner.default is None else f"`{inner.default}`"
            lines.append(f"| `{section}.{key}` | {default} | {inner.description} | {allowed(inner.annotation)} |")
    return lines


def reference() -> str:
    """The whole page."""
    lines = ["# Reference", "", "Made by `python docs/make_reference.py` from the code's own docstrings.", ""]
    lines += recipe_tables()
    for name, title in SHELVES.items():
        lines += ["", f"## {title}", "", f"| {name} | what it is |", "| --- | --- |"]
        for word in shelf.names(name):
            function = shelf.get(name, word)
            text = inspect.getdoc(function) or shelf.module(name, word).__doc__
            lines.append(f"| [`{word}`](../src/wellfit/{name}/{word}.py) | {first_line(text)} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    (HERE / "reference.md").write_text(reference(), encoding="utf-8")
