"""passages: a text as Data for a model of sequences: windows of symbols, each to be followed by the next symbol.

Windows are views into the text: memory is that of the text, 12 bytes a symbol.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from wellfit.nouns.allowance import in_all
from wellfit.nouns.data import Data, Raw, Split
from wellfit.nouns.errors import DataError
from wellfit.nouns.finding import Finding
from wellfit.nouns.preparation import Preparation
from wellfit.nouns.recipe import DataChoices
from wellfit.nouns.scaling import Scaling
from wellfit.nouns.symbols import UNSEEN, alphabet, coded, unit_of
from wellfit.nouns.task import UNKNOWN
from wellfit.nouns.units import many
from wellfit.verbs.load.split import ends

HISTORY = 128  # symbols a window: a line or two of verse, and what a recurrent network carries along
LEAST = 8  # and in short texts, where a window takes a quarter of the smallest part
PROBABILITIES = 2**24  # of valid and test windows that are judged: what fits in memory in double precision
FRAC = {"valid_frac": 0.05, "test_frac": 0.1}  # where nobody says otherwise: every symbol of a text is an example
PARTS = ("train", "valid", "test")


def passages(raw: Raw, choices: DataChoices) -> Data:
    """Windows of `data.history` symbols, each with the symbol that follows at every place.

    The text is cut once into train, valid and test in its own order. Training windows begin every half window. Those
    of valid and test do too, and count in their second half alone: each symbol is judged once, with half a window or
    more before it. Symbols that the training part does not hold are not asked for. Raises DataError for a text that
    is too short, or a task, split or scaling that a text cannot have.
    """
    _must_fit(choices)
    text = raw.inputs.tobytes().decode("utf-32-le")  # type: ignore[union-attr]
    unit, bounds = unit_of(text, choices.symbols), _bounds(len(text), choices)
    length = choices.history or min(HISTORY, max(LEAST, min(b - a for a, b in bounds.values()) // 4))
    parts = {part: text[a:b] for part, (a, b) in bounds.items()}
    symbols = alphabet(parts["train"], unit)
    codes = {part: torch.from_numpy(coded(words, symbols)) for part, words in parts.items() if words}
    short = min(PARTS, key=lambda part: len(codes.get(part, ())))
    if len(codes.get(short, ())) <= length:
        raise DataError(
            f"windows of {length:,} {unit}, and one more, in each part",
            f"{many(len(text), 'character')} in {raw.name}, {len(codes.get(short, ())):,} {unit} of them for {short}",
            "give a longer text, or smaller windows: --set data.history=N",
        )
    most = max(2, PROBABILITIES // (len(symbols) * length))
    splits = {part: _split(c, length, None if part == "train" else most) for part, c in codes.items()}
    unseen = {part: int((c == 0).sum()) for part, c in codes.items()}
    prepared = Preparation(
        "text",
        "sequence",
        (length,),
        Scaling("none", (length,)),
        classes=symbols,
        target_names=("next symbol",),
        shape_of_output=(len(symbols), length),
    )
    return Data(
        raw=raw,
        task="sequence",
        **splits,
        preparation=prepared,
        shape_in=prepared.shape_in,
        shape_out=prepared.shape_out,
        classes=symbols,
        target_names=prepared.target_names,
        choices=choices.model_dump()
        | {"task": "sequence", "split": "time", "symbols": unit, "history": length, "missing": "refuse"}
        | {key: _frac(choices, key) for key in FRAC}
        | {"normalise": "none", "normalise_targets": "none", "target": None, "memory": in_all(choices.memory)},
        reasons={
            "data.task": "a text: what comes next",
            "data.symbols": f"{len(set(text)):,} different characters" if not choices.symbols else "as asked",
            "data.history": "as asked" if choices.history else f"{length} {unit} of context",
            "data.split": "a text is tested on how it goes on: its last tenth",
        },
        facts=_facts(codes, splits, symbols, unit, bounds),
        findings=(*raw.findings, *_notes(unseen, unit)),
    )


def _must_fit(choices: DataChoices) -> None:
    for key, allowed in (("task", ("auto", "sequence")), ("split", ("auto", "time"))):
        asked = getattr(choices, key)
        if asked not in allowed:
            raise DataError(f"data.{key} = {asked}", "a text, to be learnt in its order", f"choose {allowed[1]}")
    for key in ("normalise", "normalise_targets"):
        if getattr(choices, key) not in ("auto", "none"):
            asked = getattr(choices, key)
            raise DataError(f"data.{key} = {asked}", "a text, whose symbols are no quantities", "choose none")
    if choices.target is not None:
        raise DataError(f"the target {choices.target!r}", "a text, without columns", "leave --target out")


def _bounds(n: int, choices: DataChoices) -> dict[str, tuple[int, int]]:
    first, second = ends(n, _frac(choices, "valid_frac"), _frac(choices, "test_frac"))
    return {"train": (0, first), "valid": (first, second), "test": (second, n)}


def _frac(choices: DataChoices, key: str) -> float:
    return getattr(choices, key) if key in choices.model_fields_set else FRAC[key]


def _split(codes: Tensor, length: int, most: int | None) -> Split:
    """Windows of symbols [T] every half window; most: of those that are judged, evenly spread over the part."""
    stride = max(1, length // 2)
    x = codes[:-1].float().unfold(0, length, stride)
    y = codes[1:].unfold(0, length, stride)
    rows = np.arange(len(x)) * stride
    if most is not None:
        keep = np.unique(np.linspace(0, len(x) - 1, min(most, len(x))).round().astype(int))
        x, y, rows = x[keep], y[keep], rows[keep]
        y[torch.from_numpy(rows > 0), : length - stride] = (
            UNKNOWN  # judged in the window before, with more in front of it
        )
        y[y == 0] = UNKNOWN
    return Split(x, y, rows)


def _facts(
    codes: dict[str, Tensor], splits: dict[str, Split], symbols: tuple[str, ...], unit: str, bounds: dict[str, Any]
) -> dict[str, Any]:
    counts = {part: torch.bincount(c, minlength=len(symbols)).tolist() for part, c in codes.items()}
    return {
        "class_counts": counts,
        "missing": {},
        "duplicates": None,
        "repeated": 0,
        "left_out": {},
        "n_rows": sum(map(len, codes.values())),
        "n_features": splits["train"].x.shape[1],
        "constant_features": 0,
        "unit": unit,
        "symbols": len(symbols) - 1,
        "judged": {part: int((s.y >= 0).sum()) for part, s in splits.items()},
        "bounds": {part: list(b) for part, b in bounds.items()},
    }


def _notes(unseen: dict[str, int], unit: str) -> tuple[Finding, ...]:
    lost = {part: n for part, n in unseen.items() if n}
    if not lost:
        return ()
    where = " and ".join(f"{n:,} of {part}" for part, n in lost.items())
    what = f"The training part never holds some {unit}: {where}; read as {UNSEEN!r}, never asked for"
    return (Finding("labels-encoding", "info", what, stage="data"),)
