"""predict: raw data through a run's network, one row of answers for each example."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from wellfit.jobs.forecasts import forecasts, means
from wellfit.jobs.forecasts import write as write_fields
from wellfit.jobs.sample import reading
from wellfit.nouns.blocks import Blocks
from wellfit.nouns.data import Raw
from wellfit.nouns.errors import DataError, RunError
from wellfit.nouns.geotiff import ENDINGS, placed
from wellfit.nouns.grain import logarithm
from wellfit.nouns.mask_picture import mask_png
from wellfit.nouns.picture_files import files_of
from wellfit.nouns.recipe import Recipe
from wellfit.nouns.run import Run, write_aside
from wellfit.nouns.tiles import joined
from wellfit.nouns.units import many
from wellfit.verbs.keep import Model, read_model
from wellfit.verbs.load.ahead import ahead
from wellfit.verbs.load.large import opened
from wellfit.verbs.load.read import read

if TYPE_CHECKING:
    import pandas as pd


PIECE = 2**23  # bytes of a large source that are answered for at once


@dataclass(frozen=True)
class Answers:
    """table: a row for each example (of pictures with masks: for each picture); masks: file -> class codes uint8 [H, W],
    for those; classes: what the codes stand for; source: what was predicted for; fields: an xarray Dataset, of fields
    over time, whose table holds their means by area."""

    table: pd.DataFrame
    masks: Mapping[str, np.ndarray] = field(default_factory=dict)
    classes: tuple[str, ...] = ()
    source: str = ""
    fields: Any = None

    def __len__(self) -> int:
        return len(self.table)


def predict(path: str | Path, source: Any, **options: Any) -> pd.DataFrame:
    """The table of `answers`: of pictures with masks the share of each class in each picture."""
    return answers(path, source, **options).table


def answers(path: str | Path, source: Any, *, skip_bad: bool = False, network: Any = None) -> Answers:
    """Answers of the run in `path` for the raw examples of `source`, in their order.

    Columns: "row" (from 0) or "file"; then "prediction" and the probability "p(CLASS)" of each class, or for
    several labels an example each label's 0 or 1 and its probability, or for a regression each target by name with
    its unit; or the log-likelihood in nats, as it is measured (of `gan` the energy score). Of a forecast: "time" and
    each variable at the steps after the last of the source, with the ends of its 90 % band; of fields over time their
    means by area.
    Raises RunError, and DataError where columns or shapes are not those of training.
    """
    import pandas as pd

    run = Run.open(path)
    model = read_model(run, network)
    choices = Recipe.of({"data.skip_bad": skip_bad}).data
    rows = model.preparation.kind in ("table", "array")
    raw = (opened(source, choices, to_learn=False) if rows else None) or read(source, choices, like=model.preparation)
    if model.preparation.kind == "series":
        return _next_steps(run, model, raw)
    _must_be_alike(run, model, raw)
    if raw.kind == "text":
        return Answers(reading(model, np.asarray(raw.inputs)))
    if raw.kind == "grid":
        made = forecasts(model, raw.inputs, raw.name)  # type: ignore[arg-type]
        return Answers(means(made), fields=made, source=str(source))
    if raw.tiles is not None:
        return _masks(model, raw, str(source))
    found: dict[str, Any] = (
        {"row": np.arange(len(raw))} if raw.ids is None else {"id" if raw.kind == "graphs" else "file": raw.ids}
    )
    out = _outputs(model, raw)
    if out.ndim > 2:
        do = 'use Python: wellfit.open("RUN").predict(x) gives the array'
        raise DataError("a row of answers for each example", f"an array of shape {out.shape[1:]} for each", do)
    if model.form == "values":
        units = run.read_json("data.json", {}).get("units", {})
        found |= {with_unit(n, units.get(n, "")): out[:, k] for k, n in enumerate(model.target_names)}
    elif model.form == "density":
        step = logarithm(run.recipe.network.options.get("grain"), model.preparation.shape_in)
        likely = hasattr(model.network, "log_prob")
        found["log-likelihood (nats)" if likely else "energy score"] = out[:, 0] + step if likely else -out[:, 0]
    elif model.form == "labels":
        found |= {c: (out[:, k] > 0.5).astype(int) for k, c in enumerate(model.classes)}
    else:
        found["prediction"] = np.asarray(model.classes)[out.argmax(1)]
    if model.form in ("classes", "labels"):
        found |= {f"p({c})": out[:, k] for k, c in enumerate(model.classes)}
    return Answers(pd.DataFrame(found))


def _outputs(model: Model, raw: Raw) -> np.ndarray:
    """The model's answers [N, ...]; piece by piece where the source is large."""
    if not isinstance(raw.inputs, Blocks):
        return model.outputs(raw.inputs)
    return np.concatenate([model.outputs(piece) for _, piece in raw.inputs.pieces(PIECE)])


def _masks(model: Model, raw: Raw, source: str) -> Answers:
    """The class of each cell of each picture, its tiles put together, and the share of each class in it."""
    import pandas as pd

    tiles: Any = raw.tiles
    rows, said = [], {}
    for k, (name, size) in enumerate(zip(tiles.names, tiles.sizes)):
        out = model.outputs(np.asarray(raw.inputs)[tiles.picture == k])
        height, width = int(size[0]), int(size[1])
        codes = joined(out, (height, width), (out.shape[2], out.shape[3])).argmax(0).astype(np.uint8)
        share = np.bincount(codes.ravel(), minlength=len(model.classes)) / codes.size
        rows.append({"file": name, "height": height, "width": width}
                    | {f"share({c})": v for c, v in zip(model.classes, share)})  # fmt: skip
        said[str(name)] = codes
    return Answers(pd.DataFrame(rows), said, model.classes, source)


def _next_steps(run: Run, model: Model, raw: Raw) -> Answers:
    """The steps after the last of a series, a row each."""
    import pandas as pd

    facts = run.read_json("data.json", {})
    window, times = ahead(raw, run.recipe.data, model.preparation, facts)
    said, spread, units = model.outputs(window)[0], _spread(run), facts.get("units", {})
    found: dict[str, Any] = {"time": times}
    for k, name in enumerate(model.target_names):
        column = with_unit(name, units.get(name, ""))
        found[column] = said[k]
        if spread is not None and np.isfinite(spread[:, k]).all():
            found |= {f"{column} 5 %": said[k] + spread[0, k], f"{column} 95 %": said[k] + spread[1, k]}
    return Answers(pd.DataFrame(found))


def _spread(run: Run) -> np.ndarray | None:
    """Quantiles [2, K, H] of the errors at each step ahead on the validation windows; None where none were kept."""
    try:
        with np.load(run.path / "evidence.npz", allow_pickle=False) as held:
            return held["forecast_spread"]
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile):
        return None  # the answers stand without a band


def _must_be_alike(run: Run, model: Model, raw: Raw) -> None:
    """Raise DataError where the data is of another kind than what the run was trained on."""
    was, shape = model.preparation.kind, model.preparation.shape
    words = {
        "text": "a text",
        "grid": "fields over time",
        "array": f"arrays [N, {', '.join(map(str, shape))}]",
        "table": "a table",
        "graphs": f"a table with {model.preparation.names[:1]}, or a folder of edges and nodes",
        "pictures": f"pictures {shape}",
    }
    if raw.tiles is not None and was == "pictures" and model.form == "classes" and len(model.preparation.shape_out) > 2:
        return  # tiles of the size of training; of their channels the preparation says
    rows = was == "pictures" and raw.kind == "array" and raw.inputs.shape[1:] == (int(np.prod(shape)),)  # laid out
    if (
        was == raw.kind
        or rows
        or {was, raw.kind} == {"graphs", "table"}
        or ({was, raw.kind} == {"array", "pictures"} and raw.inputs.shape[1:] == shape)
    ):
        return
    holds = {"array": "an array", "table": "a table", "text": "a text", "grid": "fields"}.get(raw.kind, raw.kind)
    found = f"{raw.name} holds {holds} of shape {raw.inputs.shape}"
    raise DataError(f"data like that of {run.path}: {words[was]}", found, "give data as in training")


def with_unit(name: str, unit: str) -> str:
    """A column's name with its unit, unless the name says it already: 'price (usd)'."""
    return f"{name} ({unit})" if unit and unit not in name else name


def csv(answers: pd.DataFrame) -> str:
    """The answers as CSV, every digit kept."""
    return answers.to_csv(index=False, lineterminator="\n")


def write(answers: Answers, place: str | Path) -> str:
    """The answers as a CSV file, whole or not at all; fields as NetCDF (their means, where the file is a .csv); masks as
    pictures under the same names in a folder (GeoTIFF where the picture has a place on earth), with the table beside
    them as predictions.csv. What was written, in words. Raises RunError where it cannot be written."""
    place = Path(place)
    if answers.fields is not None and place.suffix.lower() != ".csv":
        write_fields(answers.fields, place)
        return f"{many(len(answers), 'forecast')} written to {place}"
    if not answers.masks:
        write_aside(place, csv(answers.table).encode())
        return f"{many(len(answers), 'prediction')} written to {place}"
    if place.is_file() or place.suffix.lower() == ".csv":
        raise RunError(f"masks written to {place}", "masks are pictures, not rows of a table", "name a folder")
    with files_of(Path(answers.source).expanduser()) as (_, load):
        for name, codes in answers.masks.items():
            geo = placed(load(name), codes) if name.lower().endswith(ENDINGS) else None
            file = (place / name).with_suffix(".png" if geo is None else ".tif")
            file.parent.mkdir(parents=True, exist_ok=True)
            write_aside(file, mask_png(codes) if geo is None else geo)
    write_aside(place / "predictions.csv", csv(answers.table).encode())
    return f"{many(len(answers), 'mask')} written to {place}, with predictions.csv"
