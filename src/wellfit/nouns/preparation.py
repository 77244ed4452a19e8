"""Preparation: how raw examples become the network's inputs and targets, and outputs become answers again.

Learnt from the training rows alone; it travels with the model as plain JSON and tensors, never as a pickle.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from wellfit.nouns.columns import Column, encode, frame_of
from wellfit.nouns.data import Kind
from wellfit.nouns.errors import DataError, nearest
from wellfit.nouns.field_scaling import FieldScaling
from wellfit.nouns.molecules import graphs
from wellfit.nouns.pictures import channels_first, fitted
from wellfit.nouns.scaling import Scaling
from wellfit.nouns.symbols import coded, starts
from wellfit.nouns.task import UNKNOWN, Form, task_of


@dataclass(frozen=True)
class Preparation:
    """Made by `verbs/load` from the training rows; used on them, on the other splits and at prediction alike.

    kind, task: as in Data; shape: of one raw example, before scaling ((F,) encoded features for a table);
    columns: how each column of a table becomes features; scaling: of the inputs;
    fill: [*shape] what stands for a missing value of an array, None where none may be missing;
    resize: pictures of another size are brought to this one, as they were in training;
    classes: names in the order of their indices; target_names; target_scaling: of values, one for each of K targets;
    shape_of_output: of one output, () where it is one number for each class or target;
    fields: of fields over time, in the place of the scalings.
    """

    kind: Kind
    task: str
    shape: tuple[int, ...]
    scaling: Scaling
    columns: tuple[Column, ...] = ()
    fill: Tensor | None = None
    resize: bool = False
    names: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    target_names: tuple[str, ...] = ()
    target_scaling: Scaling = field(default_factory=Scaling)
    shape_of_output: tuple[int, ...] = ()
    fields: FieldScaling | None = None

    @property
    def shape_in(self) -> tuple[int, ...]:
        """The shape of one prepared example."""
        return self.scaling.shape_out

    @property
    def shape_out(self) -> tuple[int, ...]:
        """The shape of one output: (classes, *cells), or (targets, *cells) of values."""
        return self.shape_of_output or (len(self.classes) or len(self.target_names),)

    @property
    def form(self) -> Form:
        """How targets and outputs are held: classes, labels or values."""
        return task_of(self.task).form

    @property
    def input_names(self) -> tuple[str, ...]:
        """Names of the prepared features; () where they have none (pictures)."""
        return tuple(n for c in self.columns for n in c.features) or self.names

    def inputs(self, raw: Any) -> Tensor:
        """Raw examples in the user's form (DataFrame, array, tensor; N of them, or one) -> float32 [N, *shape_in].

        Raises DataError where columns are missing, shapes differ, or values cannot be read.
        """
        return self.scaling(self.encoded(raw)) if self.fields is None else self.fields.inputs(raw)

    def encoded(self, raw: Any) -> np.ndarray:
        """Raw examples as numbers [N, *shape], before scaling."""
        if self.kind == "table":
            return encode(frame_of(raw, [c.name for c in self.columns]), self.columns)
        if self.kind == "text":
            return self._windows(raw)
        if self.kind == "graphs" and hasattr(raw, "columns"):
            return graphs(frame_of(raw, self.names)[self.names[0]].tolist(), self.shape[0], self.names[0])
        if self.kind == "series" and hasattr(raw, "columns"):
            do = 'wellfit predict RUN FILE, or wellfit.open("RUN").forecast(table)'
            raise DataError(f"windows [N, {', '.join(map(str, self.shape))}] of the series", "a table", do)
        x = array_of(raw)
        if x.shape == self.shape:
            x = x[None]
        elif x.shape[1:] != self.shape and self.kind == "pictures":
            x = self._pictures(x)
        if x.shape[1:] != self.shape:
            raise DataError(
                f"examples of shape {self.shape}, as in training",
                f"an array of shape {x.shape}, so examples of shape {x.shape[1:]}",
                f"give an array of shape (N, {', '.join(map(str, self.shape))})",
            )
        return finite(x, self.fill, self.names)

    def _windows(self, raw: Any) -> np.ndarray:
        """A text, or its code points, as windows of codes [N, L], one every half window and one at the end."""
        text = raw if isinstance(raw, str) else np.asarray(raw, np.uint32).tobytes().decode("utf-32-le")
        codes, length = coded(text, self.classes), self.shape[0]
        codes = np.pad(codes, (0, max(0, length - len(codes))))
        return np.stack([codes[i : i + length] for i in starts(len(codes), length)])

    def _pictures(self, x: np.ndarray) -> np.ndarray:
        """Pictures of another layout brought to [N, C, H, W], and to the size of training where that was done."""
        channels, height, width = self.shape
        if channels == 1 and x.ndim == 2:
            flat = x.shape[1] == height * width and x.shape != (height, width)
            return x.reshape(-1, 1, height, width) if flat else x[None, None]
        if x.ndim == 3:
            alone = np.moveaxis(x, -1, 0) if x.shape == (height, width, channels) else channels_first(x[None])[0]
            x = x[:, None] if x.shape[1:] == (height, width) and channels == 1 else alone[None]
        elif x.ndim == 4:
            x = np.moveaxis(x, -1, 1) if x.shape[1:] == (height, width, channels) else channels_first(x)
        if x.ndim == 4 and x.shape[1] == 1 and channels == 3:
            x = np.repeat(x, 3, axis=1)  # a grey picture, as in training among pictures in colour
        if self.resize and x.ndim == 4 and x.shape[1] == channels and x.shape[1:] != self.shape:
            return np.stack([fitted(p, (height, width)) for p in x])
        return x

    def targets(self, raw: Any) -> Tensor:
        """Targets in the user's form -> int64 [N] class indices, float32 [N, C] of 0/1, or scaled float32 [N, K];
        arrays: class codes [N, *cells] as they are, values [N, K, *cells] scaled target by target, marks kept.

        From a DataFrame the target columns are taken by name. Raises DataError for a class never seen in training.
        """
        if hasattr(raw, "columns"):
            known = self.target_names if set(self.target_names) <= set(raw.columns) else self.classes
            frame = frame_of(raw, known)
            y = frame[list(known)].to_numpy()
            if self.form == "classes" and known is self.classes:  # one-hot columns
                return torch.from_numpy(y.astype(np.float64).argmax(axis=1))
        else:
            y = raw.detach().cpu().numpy() if isinstance(raw, Tensor) else np.asarray(raw)
        if len(self.shape_out) > 1:
            return self._cells(y)
        if self.form == "classes":
            return self._indices(y.reshape(len(y)) if y.size == len(y) else y.argmax(axis=1))
        y = y.reshape(len(y), -1).astype(np.float64)
        if self.form in ("labels", "density"):
            return torch.from_numpy(y.astype(np.float32))
        return self.target_scaling(y)

    def _cells(self, y: np.ndarray) -> Tensor:
        """Array targets: class codes [N, *cells], or values [N, K, *cells]."""
        if self.form == "values":
            return torch.from_numpy(per_target(self.target_scaling, y.astype(np.float64)).astype(np.float32))
        codes = torch.from_numpy(y.astype(np.int64))
        return torch.where(codes < 0, UNKNOWN, codes)

    def _indices(self, y: np.ndarray) -> Tensor:
        known = {name: i for i, name in enumerate(self.classes)}
        said = y.tolist()
        name = {v: class_name(v) for v in set(said)}
        words, codes = np.unique([name[v] for v in said], return_inverse=True)
        plain = {tidy(k): v for k, v in known.items()}
        found = [known.get(w, plain.get(tidy(w), -1)) for w in words.tolist()]
        if -1 in found:
            word = str(words[found.index(-1)])
            close = nearest(word, known)
            raise DataError(
                f"the classes {', '.join(self.classes[:12])}",
                f"{word!r}, {int((codes == found.index(-1)).sum())} times, which no training row has",
                f"write {close!r}" if close else "leave these rows out, or train with them",
            )
        return torch.from_numpy(np.array(found, dtype=np.int64)[codes])

    def back(self, outputs: Tensor) -> np.ndarray:
        """A network's outputs as answers: values [N, K, *cells] float64 in the user's units; class names [N, *cells];
        labels [N, C] of 0/1."""
        numbers = outputs.detach().cpu().double().numpy()
        if self.fields is not None:
            return self.fields.back(numbers)
        if self.form == "values":
            if len(self.shape_out) > 1:
                return per_target(self.target_scaling, numbers, back=True)
            return self.target_scaling.back(numbers.reshape(len(numbers), -1))
        if self.form == "labels":
            return (numbers > 0).astype(np.int64)
        return np.array(self.classes)[numbers.argmax(axis=1)]

    def state(self) -> tuple[dict[str, Any], dict[str, Tensor]]:
        """(JSON types, tensors) from which `Preparation.of` makes the same preparation."""
        scaling, tensors = self.scaling.state()
        target, target_tensors = self.target_scaling.state()
        json = {
            "kind": self.kind,
            "task": self.task,
            "shape": list(self.shape),
            "resize": self.resize,
            "names": list(self.names),
            "classes": list(self.classes),
            "target_names": list(self.target_names),
            "shape_of_output": list(self.shape_of_output),
            "columns": [c.to_dict() for c in self.columns],
            "scaling": scaling,
            "target_scaling": target,
        }
        found = {f"inputs.{k}": v for k, v in tensors.items()} | {f"targets.{k}": v for k, v in target_tensors.items()}
        if self.fields is not None:
            json["fields"], learnt = self.fields.state()
            found |= {f"fields.{k}": v for k, v in learnt.items()}
        return json, found | ({} if self.fill is None else {"fill": self.fill})

    @classmethod
    def of(cls, json: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> Preparation:
        """The inverse of `state`."""

        def under(prefix: str) -> dict[str, Tensor]:
            return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}

        return cls(
            kind=json["kind"],
            task=json["task"],
            shape=tuple(json["shape"]),
            scaling=Scaling.of(json["scaling"], under("inputs.")),
            columns=tuple(Column.of(c) for c in json["columns"]),
            fill=tensors.get("fill"),
            resize=json["resize"],
            names=tuple(json["names"]),
            classes=tuple(json["classes"]),
            target_names=tuple(json["target_names"]),
            shape_of_output=tuple(json.get("shape_of_output", ())),
            target_scaling=Scaling.of(json["target_scaling"], under("targets.")),
            fields=FieldScaling.of(json["fields"], under("fields.")) if json.get("fields") else None,
        )


def per_target(scaling: Scaling, y: np.ndarray, back: bool = False) -> np.ndarray:
    """y [N, K, *cells] float64 scaled (or back in its units) by the scaling of its K targets; NaN stays NaN."""
    last = np.moveaxis(y, 1, -1)
    rows = last.reshape(-1, y.shape[1])
    done = scaling.back(rows) if back else scaling(rows).numpy()
    return np.moveaxis(done.reshape(last.shape), -1, 1)


def array_of(raw: Any) -> np.ndarray:
    """Numbers from an array, tensor, nested list, DataFrame or sparse matrix. Raises DataError for text."""
    if isinstance(raw, Tensor):
        raw = raw.detach().cpu()
        raw = raw.float().numpy() if raw.dtype == torch.bfloat16 else raw.numpy()
    elif hasattr(raw, "to_numpy"):
        raw = raw.to_numpy()
    elif hasattr(raw, "toarray"):
        raw = raw.toarray()
    do = "give numbers, or a DataFrame where columns hold text"
    try:
        x = np.asarray(raw)
    except ValueError as error:  # rows of differing length
        raise DataError("an array of numbers", str(error), do) from None
    if x.dtype.kind in "buif":
        return x
    if x.dtype.kind not in "OUS":
        raise DataError("an array of numbers", f"values of type {x.dtype}", do)
    try:
        return x.astype(np.float64)
    except (ValueError, TypeError):
        place, value = next((i, v) for i, v in np.ndenumerate(x) if not _is_number(v))
        said = f"row {place[0] + 1:,}" + (f", feature {', '.join(map(str, place[1:]))}" if place[1:] else "")
        raise DataError("an array of numbers", f"{str(value)!r} in {said}", do) from None


def _is_number(value: Any) -> bool:
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return True


def finite(x: np.ndarray, fill: Tensor | None, names: tuple[str, ...] = ()) -> np.ndarray:
    """x [N, ...] with NaN and Inf replaced by `fill` [...]; raises DataError naming them where fill is None."""
    if x.dtype.kind != "f" or np.isfinite(x.sum(dtype=np.float64)):
        return x  # a sum is finite only where all its terms are (one pass, no mask)
    bad = ~np.isfinite(x)
    if not bad.any():
        return x
    if fill is not None:
        return np.where(bad, fill.numpy(), x)
    by_feature = bad.reshape(len(x), -1).sum(axis=0)
    first = np.flatnonzero(by_feature)
    label = [names[i] if len(names) == len(by_feature) else str(i) for i in first[:5]]
    listed = ", ".join(f"{n} ({by_feature[i]:,})" for n, i in zip(label, first))
    more = f" and {len(first) - 5} more" if len(first) > 5 else ""
    raise DataError(
        "finite numbers in the inputs",
        f"{int(bad.sum()):,} values are NaN or Inf, in {int(bad.any(axis=tuple(range(1, x.ndim))).sum()):,} of"
        f" {len(x):,} examples; by feature: {listed}{more}",
        "mend them, or --set data.missing=impute to put the training median in their place",
    )


def class_name(value: Any) -> str:
    """A class as text: 3.0 -> '3', True -> 'True', ' yes' -> 'yes'."""
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace").strip()
    return str(value).strip()


def tidy(name: str) -> str:
    """A class name without what creeps in by accident: outer spaces, a full stop at the end."""
    return name.strip().rstrip(".").strip()
