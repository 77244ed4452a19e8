"""Space: which choices of a recipe are searched, and between which bounds; TOML in and out."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import tomlkit

from wellfit.nouns.errors import RecipeError, nearest
from wellfit.nouns.recipe import Recipe
from wellfit.nouns.refusal import keys
from wellfit.nouns.units import brief

WIDTH, DEPTH = "network.widths.width", "network.widths.depth"
"""Two axes of one field: units of the first hidden layer, with the others in proportion, and the number of layers."""
PRIORS = ("uniform", "log")
FIXED = {
    "data.source": "another source is another question",
    "data.target": "another target is another question",
    "data.task": "another task is another question",
    "training.seed": "a seed is luck, not a choice; the best recipe is trained again with fresh ones",
    "training.device": "it changes where, not what is learnt",
    "training.threads": "it changes how fast, not what is learnt",
}
"""Fields that are no axis, and why; of [data] only how inputs and targets are scaled may be one."""
SCALING = ("data.normalise", "data.normalise_targets", "data.drop")


@dataclass(frozen=True)
class Axis:
    """One choice to search. key: its dotted name in a recipe, WIDTH or DEPTH; low, high: bounds, both taken; choices:
    words or values instead of bounds; prior: how values are drawn at first; whole: whole numbers alone."""

    key: str
    low: float = math.nan
    high: float = math.nan
    choices: tuple[Any, ...] = ()
    prior: Literal["uniform", "log"] = "uniform"
    unit: str = ""
    whole: bool = False

    @property
    def name(self) -> str:
        """The key without its section, as it is said in a sentence."""
        return {WIDTH: "width", DEPTH: "depth"}.get(self.key, self.key.rpartition(".")[2])

    @property
    def words(self) -> str:
        """In a few words: 'lr 0.0001 to 0.01 (log)'."""
        if self.choices:
            return f"{self.name} {', '.join(map(str, self.choices))}"
        log = ", log" if self.prior == "log" else ""
        unit = f" {self.unit}" if self.unit else ""
        return f"{self.name} {brief(self.low)} to {brief(self.high)}{unit}{log}"

    def holds(self, value: Any) -> bool:
        """Is a value within it?"""
        if self.choices:
            return plain(value) in [plain(c) for c in self.choices]
        return isinstance(value, int | float) and self.low <= value <= self.high


@dataclass(frozen=True)
class Space:
    """The axes of a search. `Space.read(path)`, `Space.of({"training.lr": {"low": 1e-4, "high": 1e-2}})`."""

    axes: tuple[Axis, ...] = ()

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Space:
        """From tables by dotted key or section: {low, high, prior, unit} or a list of choices. Raises RecipeError."""
        axes = tuple(_axis(key, value) for key, value in _tables(given))
        if not axes:
            raise RecipeError("a space to search", "no axis", "give one: [training.lr] with low and high")
        both = {a.key for a in axes}
        if "network.widths" in both and both & {WIDTH, DEPTH}:
            raise RecipeError("axes network.widths and its width or depth", "they say the same", "give one of them")
        return cls(axes)

    @classmethod
    def read(cls, path: str | Path) -> Space:
        """From a TOML file. Raises RecipeError where it is missing, no TOML, or refused."""
        try:
            return cls.of(tomllib.loads(Path(path).read_text(encoding="utf-8")))
        except OSError as error:
            raise RecipeError(f"the space {path}", error.strerror or str(error), "name an existing TOML file") from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise RecipeError(f"the space {path}", f"no TOML: {error}", "mend that line") from None

    def toml(self) -> str:
        """The space as TOML; read again it is the same."""
        document = tomlkit.document()
        for axis in self.axes:
            table = tomlkit.table()
            held: dict[str, Any] = {"choices": [plain(c) for c in axis.choices]} if axis.choices else {
                "low": axis.low, "high": axis.high, "prior": axis.prior,
            }  # fmt: skip
            for key, value in (held | ({"unit": axis.unit} if axis.unit else {})).items():
                table.add(key, value)
            document.add(tomlkit.key(axis.key), table)
        return tomlkit.dumps(document)

    def laid_over(self, values: Mapping[str, Any], base: Recipe) -> dict[str, Any]:
        """Values by axis as choices of a recipe by dotted key; base: says how widths go on from the first."""
        found = {k: v for k, v in values.items() if k not in (WIDTH, DEPTH)}
        if WIDTH in values or DEPTH in values:
            kept = base.network.widths if isinstance(base.network.widths, tuple) else ()
            found["network.widths"] = widths(kept, values.get(WIDTH), values.get(DEPTH))
        return found

    def of_recipe(self, recipe: Recipe) -> dict[str, Any] | None:
        """The values by axis that a complete recipe has; None where it lies outside of the space."""
        flat, found = recipe.flat(), {}
        for axis in self.axes:
            section, _, name = axis.key.partition(".")
            if axis.key in (WIDTH, DEPTH):
                held = flat["network.widths"]
                value = (held[0] if axis.key == WIDTH else len(held)) if isinstance(held, tuple) and held else None
            elif name.startswith("options."):
                value = flat["network.options"].get(name.removeprefix("options."))
            else:
                value = flat.get(axis.key, 0.0 if section == "augment" else None)
            if not axis.holds(value):
                return None
            found[axis.key] = plain(value)
        return found


def widths(base: tuple[int, ...], width: float | None, depth: float | None) -> tuple[int, ...]:
    """`depth` layers, the first of `width` units, the others in the proportions of `base`, which go on as its last two."""
    known = list(base) or [64]
    n = len(known) if depth is None else int(depth)
    step = known[-1] / known[-2] if len(known) > 1 else 1.0
    shape = [*known, *(known[-1] * step ** (k + 1) for k in range(n - len(known)))][:n]
    scale = 1.0 if width is None else float(width) / known[0]
    return tuple(max(1, round(w * scale)) for w in shape)


def plain(value: Any) -> Any:
    """Lists for tuples, as TOML has them."""
    return [plain(v) for v in value] if isinstance(value, list | tuple) else value


def _tables(given: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """(dotted key, what stands there) of everything that is an axis."""
    for key, value in given.items():
        full = f"{before}.{key}" if before else str(key)
        if isinstance(value, Mapping):
            own = {k: v for k, v in value.items() if k in ("low", "high", "choices", "prior", "unit")}
            own = {k: v for k, v in own.items() if not isinstance(v, Mapping)}
            if own or not value:
                yield full, own
            yield from _tables({k: v for k, v in value.items() if k not in own}, full)
        else:
            yield full, value


def _axis(key: str, value: Any) -> Axis:
    """Raises RecipeError for an axis that cannot be."""
    key, asked = _full(key), f"the axis {key}"
    if isinstance(value, list | tuple):
        value = {"choices": value}
    if not isinstance(value, Mapping):
        raise RecipeError(
            asked, f"{value!r}: one value is nothing to search", "give low and high, or a list of choices"
        )
    if key in FIXED or (key.startswith("data.") and key not in SCALING):
        why = FIXED.get(key, "trials on other rows cannot be compared")
        raise RecipeError(asked, why, f"leave it out, or set it: --set {key}=...")
    prior, unit = value.get("prior", "uniform"), str(value.get("unit", ""))
    if prior not in PRIORS:
        close = nearest(str(prior), PRIORS)
        raise RecipeError(f"{asked}: prior = {prior!r}", "no such prior", f"write {close or 'uniform or log'}")
    if "choices" in value:
        return Axis(key, choices=_choices(asked, key, value), unit=unit)
    return _range(asked, Axis(key, *_bounds(asked, value), prior=prior, unit=unit))


def _full(key: str) -> str:
    """The dotted key of a field's bare name; as it is where it is dotted."""
    return {k.partition(".")[2]: k for k in keys(Recipe)}.get(key, {"width": WIDTH, "depth": DEPTH}.get(key, key))


def _choices(asked: str, key: str, value: Mapping[str, Any]) -> tuple[Any, ...]:
    held = value["choices"]
    if not isinstance(held, list | tuple) or not held or "low" in value or "high" in value:
        raise RecipeError(asked, "choices are a list, and stand without low and high", "write choices = [...]")
    for one in held:
        _must_be_allowed(key, one)
    return tuple(tuple(c) if isinstance(c, list) else c for c in held)


def _bounds(asked: str, value: Mapping[str, Any]) -> tuple[float, float]:
    pair = [value.get(k) for k in ("low", "high")]
    for name, bound in zip(("low", "high"), pair):
        if isinstance(bound, bool) or not isinstance(bound, int | float) or not math.isfinite(bound):
            raise RecipeError(asked, f"{name} = {bound!r}", "give low and high as numbers, or choices = [...]")
    low, high = pair[0], pair[1]
    if low > high:  # type: ignore[operator]
        raise RecipeError(asked, f"low = {low} is above high = {high}", "change them round")
    return low, high  # type: ignore[return-value]


def _range(asked: str, axis: Axis) -> Axis:
    if axis.prior == "log" and axis.low <= 0:
        raise RecipeError(asked, f"low = {axis.low} has no logarithm", 'give a low above 0, or prior = "uniform"')
    for bound in (axis.low, axis.high):
        _must_be_allowed(axis.key, bound)
    whole = axis.key in (WIDTH, DEPTH) or not _allowed(axis.key, math.floor(axis.low) + 0.5)
    of_options = axis.key.startswith("network.options.") and all(isinstance(b, int) for b in (axis.low, axis.high))
    whole = whole or of_options
    if whole and (axis.low != int(axis.low) or axis.high != int(axis.high)):
        raise RecipeError(asked, "it takes whole numbers alone", "give whole numbers for low and high")
    low, high = (int(axis.low), int(axis.high)) if whole else (float(axis.low), float(axis.high))
    return Axis(axis.key, low, high, (), axis.prior, axis.unit, whole)


def _allowed(key: str, value: Any) -> bool:
    try:
        Recipe.of({key: value})
    except RecipeError:
        return False
    return True


def _must_be_allowed(key: str, value: Any) -> None:
    """Raise RecipeError for a key that no recipe has, with the nearest that has, and for a value that it refuses."""
    if key in (WIDTH, DEPTH):
        if not isinstance(value, int | float) or value < 1:
            raise RecipeError(f"the axis {key}: {value!r}", "it counts units or layers", "give 1 or more")
        return
    Recipe.of({key: value})
