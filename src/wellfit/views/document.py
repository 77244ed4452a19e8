"""The JSON view: what a job told, as one document of strict JSON for another program."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from typing import Any

from wellfit.nouns.errors import WellfitError
from wellfit.nouns.stage import Stage

ENDS = ("status", "verdict", "test", "run", "report")


def story(stages: Iterable[Stage]) -> tuple[dict[str, Any], WellfitError | None]:
    """{"status", "verdict", "test", "run", "report", "stages": [{"stage", "line", "facts"}]}, moments left out; and the
    error where the job was refused: status is then "refused", with the three lines under "error"."""
    found: dict[str, Any] = dict.fromkeys(ENDS)
    found["stages"] = told = []
    try:
        for stage in stages:
            found |= {k: stage.facts[k] for k in ENDS if k in stage.facts and stage.name in ("test", "resume", "tuned")}
            if stage.name != "moment":
                told.append({"stage": stage.name, "line": stage.line, "facts": stage.facts})
    except WellfitError as error:
        lines = {"asked": error.asked, "found": error.found, "do": error.do}
        return found | {"status": "refused", "error": lines}, error
    return found, None


def document(facts: Any) -> str:
    """`facts` as strict JSON: numbers that are not finite become null, what JSON does not know its text."""
    return json.dumps(strict(facts), indent=1, allow_nan=False, default=str) + "\n"


def strict(value: Any) -> Any:
    """The same in JSON's types alone."""
    if isinstance(value, Mapping):
        return {str(k): strict(v) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [strict(v) for v in value]
    if hasattr(value, "tolist"):  # numbers and arrays of numpy
        return strict(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
