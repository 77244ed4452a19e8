"""Texts: what a model of sequences writes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

LEAD = 120  # symbols shown of what stands before


def written(have: Mapping[str, Any]) -> dict[str, str] | None:
    """{"prompt", "text"}; None where nothing was written."""
    if "written" not in have or "prompt" not in have:
        return None
    return {"prompt": str(have["prompt"])[-LEAD:], "text": str(have["written"])}
