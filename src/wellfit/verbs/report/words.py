"""Words: text as a typesetter would set it."""

from __future__ import annotations

import math
import re

from wellfit.nouns.drawing import number

SPELT = {"lr": "learning rate", "nonfinite": "not finite", "init": "initialisation"}


def label(fault: str) -> str:
    """A label as a title: "lr-too-high" -> "Learning rate too high"."""
    said = " ".join(SPELT.get(word, word) for word in fault.replace("_", "-").split("-"))
    return said[:1].upper() + said[1:]


def prose(text: str) -> str:
    """No line break before %, powers of ten and minus signs as such: "-3.80e-05" -> "−3.8·10⁻⁵"."""
    text = re.sub(r"(?<![\w.])(\d+(?:\.\d+)?e[+-]?\d+)(?![\w.])", lambda m: number(float(m[1])), text)
    text = re.sub(r"(?<![\w.)\]-])-(?=\d)", "−", text)
    return re.sub(r"(\d) (%|±)", "\\1\u00a0\\2", text)


def breakable(text: str) -> str:
    """A name that may be broken where its parts meet: HerbaceousVegetation, annual_crop."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[_/.])", "\u200b", text)


def plain(value: float | None, digits: int = 3) -> str:
    """A figure to `digits` digits without needless zeros: 0.0500 -> "0.05"; "" for None."""
    if value is None:
        return ""
    return number(float(f"{value:.{digits}g}")) if math.isfinite(value) else str(value)
