"""Scaling: numbers brought to a scale that a network learns well from, with statistics of the training rows alone.

centre      x - mean
standardise (x - mean) / standard deviation
minmax      (x - min) / (max - min), so 0..1 on the training rows
robust      (x - median) / (interquartile range / 1.349), so a normal feature gets standard deviation 1
quantile    the normal score of x's rank among the training rows (rank-based inverse normal transform, midranks)
pca         rotated onto the principal axes, decorrelated; largest variance first (pictures become flat)
whiten      pca with each axis divided by its standard deviation; pictures are rotated back (ZCA,
            Krizhevsky 2009, appendix A), so that they stay pictures
each        each example by its own range: (x - its 1 % quantile) / (its 99.8 % quantile - that), over all its values, as
            StarDist brings microscopes and stains together (Schmidt et al. 2018, arXiv:1806.03535); then standardised.
            The range is FLOOR of the usual one at least, so that an empty picture's noise stays small
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from wellfit.nouns.errors import DataError

METHODS = ("none", "centre", "standardise", "minmax", "robust", "quantile", "pca", "whiten", "each")
QUANTILES = 1000  # points kept of each feature's distribution, as scikit-learn's QuantileTransformer does
NORMAL_IQR = 1.3489795003921634  # interquartile range of the standard normal
LARGEST_EIGEN = 6000  # rows or features, whichever is fewer: the side of the matrix taken apart for pca
FAINT = 1e-6  # axes with a smaller share of the largest axis' variance carry rounding, and are left out
ENDS = (0.01, 0.998)  # quantiles that an example's own range lies between
FLOOR = 0.25  # of the median range: a judgement; an empty tile of nuclei ranges over a sixth of a dim one with nuclei
LOOKED_AT = 8192  # values of an example from which its range is told
CHUNK = 1 << 24  # values turned into float64 at a time


@dataclass(frozen=True)
class Scaling:
    """Learnt by `fit`, called on [N, *shape]; `back` undoes the methods up to robust.

    parts: shift, scale (broadcast against [N, *shape]); quantiles [Q, F]; basis [D, k], spread [k]; floor [].
    """

    method: str = "none"
    shape: tuple[int, ...] = ()
    keep_shape: bool = True
    parts: Mapping[str, Tensor] = field(default_factory=dict)

    @classmethod
    def fit(
        cls, x: np.ndarray, method: str, *, pictures: bool = False, plain: np.ndarray | None = None, nodes: int = 0
    ) -> Scaling:
        """Statistics of x [N, *shape]: per feature, for pictures [N, C, H, W] per channel, for graphs [N, V, F + E V] of
        the first `nodes` = F numbers of all nodes that are there, 0 and 1 and edges (by their largest) apart.

        plain [F] marks features that are on a good scale as they are (0/1) and are left alone by all but
        centre, pca and whiten. A constant feature is divided by 1.
        """
        shape = tuple(x.shape[1:])
        if method == "none":
            return cls("none", shape)
        if nodes:
            return cls(method, shape, True, _of_nodes(x, nodes))
        if method in ("pca", "whiten"):
            return _rotation(x, method, pictures)
        if pictures and method in ("robust", "quantile", "each"):
            x = x[:: -(-x.size // CHUNK)]  # ranks of this many values are as good as those of all
        if method == "quantile":
            parts = {"quantiles": _quantiles(x, pictures)}
        elif method == "each":
            low, high = own_range(x)
            floor = FLOOR * float(np.median(high - low))
            shift, scale = _statistics(_in_own_range(x, floor), "standardise", (0, 2, 3) if pictures else (0,))
            parts = {"shift": shift, "scale": scale, "floor": torch.tensor(floor, dtype=torch.float64)}
        else:
            shift, scale = _statistics(x, method, (0, 2, 3) if pictures else (0,))
            parts = {"shift": shift, "scale": scale}
        if plain is not None and plain.any() and method != "centre":
            parts["plain"] = torch.from_numpy(plain)
        return cls(method, shape, True, parts)

    @property
    def shape_out(self) -> tuple[int, ...]:
        """The shape of one scaled example."""
        return self.shape if self.keep_shape else (self.parts["basis"].shape[1],)

    def __call__(self, x: np.ndarray) -> Tensor:
        """x [N, *shape] of any number type -> scaled float32 [N, *shape_out]."""
        out = np.empty((len(x), *self.shape_out), dtype=np.float32)
        rows = max(1, CHUNK // max(1, int(np.prod(self.shape))))
        with np.errstate(over="ignore"):  # a value beyond float32 becomes Inf, for the caller to refuse
            for start in range(0, len(x), rows):
                out[start : start + rows] = self._scaled(x[start : start + rows])
        return torch.from_numpy(out)

    def _scaled(self, x: np.ndarray) -> np.ndarray:
        if self.method == "none":
            return x
        parts = {k: v.numpy() for k, v in self.parts.items()}
        x = _in_own_range(x, float(parts["floor"])) if self.method == "each" else x
        if self.method == "quantile":
            scaled = _normal_scores(x, parts["quantiles"])
        else:
            number = np.float32 if x.dtype == np.uint8 else np.float64
            scaled = (x.astype(number) - parts["shift"].astype(number)) / parts["scale"].astype(number)
        if "basis" in parts:
            scaled = scaled.reshape(len(x), -1) @ parts["basis"] / parts.get("spread", 1.0)
            return (scaled @ parts["basis"].T).reshape(x.shape) if self.keep_shape else scaled
        if "nodes" in parts:
            return np.where(np.any(x != 0, -1, keepdims=True), scaled, 0.0)
        return np.where(parts["plain"], x, scaled) if "plain" in parts else scaled

    def back(self, scaled: np.ndarray) -> np.ndarray:
        """The inverse for none, centre, standardise, minmax, robust: float64 [N, *shape] in the user's units."""
        if self.method == "none":
            return np.asarray(scaled, dtype=np.float64)
        return np.asarray(scaled, dtype=np.float64) * self.parts["scale"].numpy() + self.parts["shift"].numpy()

    def state(self) -> tuple[dict[str, Any], dict[str, Tensor]]:
        """JSON types and tensors from which `of` makes the same scaling."""
        json = {"method": self.method, "shape": list(self.shape), "keep_shape": self.keep_shape}
        return json, {k: v.contiguous() for k, v in self.parts.items()}

    @classmethod
    def of(cls, json: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> Scaling:
        return cls(json["method"], tuple(json["shape"]), json["keep_shape"], dict(tensors))


def _of_nodes(x: np.ndarray, nodes: int) -> dict[str, Tensor]:
    """Mean and standard deviation of the numbers of nodes; edges are divided by the greatest weight."""
    rows = x.reshape(-1, x.shape[-1])
    there = rows[np.any(rows != 0, 1)].astype(np.float64)
    shift, scale = np.zeros(x.shape[-1]), np.ones(x.shape[-1])
    counted = ~np.isin(there[:, :nodes], (0.0, 1.0)).all(0)
    shift[:nodes][counted] = there[:, :nodes][:, counted].mean(0)
    scale[:nodes][counted] = there[:, :nodes][:, counted].std(0)
    scale[nodes:] = np.abs(there[:, nodes:]).max(initial=0.0)
    scale = np.where(scale > 0, scale, 1.0)
    return {"shift": torch.from_numpy(shift), "scale": torch.from_numpy(scale), "nodes": torch.tensor([nodes])}


def own_range(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The ends [N] between which the values of each of x [N, ...] lie, but for a few."""
    flat = x.reshape(len(x), -1)
    low, high = np.quantile(flat[:, :: max(1, flat.shape[1] // LOOKED_AT)], ENDS, axis=1)
    return low, high


def _in_own_range(x: np.ndarray, floor: float) -> np.ndarray:
    """x [N, ...], each brought from its own range, or one of `floor`, to 0..1."""
    number = np.float32 if x.dtype == np.uint8 else np.float64
    low, high = (end.reshape(-1, *[1] * (x.ndim - 1)).astype(number) for end in own_range(x))
    return (x.astype(number) - low) / np.maximum(high - low, number(floor or 1.0))


def _statistics(x: np.ndarray, method: str, axes: tuple[int, ...]) -> tuple[Tensor, Tensor]:
    """Shift and scale, float64, broadcastable against x; a scale of 0 becomes 1."""
    mean, std = _moments(x, axes)
    if method == "centre":
        shift, scale = mean, np.ones_like(mean)
    elif method == "standardise":
        shift, scale = mean, std
    elif method == "minmax":
        shift = x.min(axis=axes, keepdims=True)[0].astype(np.float64)
        scale = x.max(axis=axes, keepdims=True)[0].astype(np.float64) - shift
    else:
        low, shift, high = np.quantile(x.astype(np.float64), (0.25, 0.5, 0.75), axis=axes, keepdims=True)[:, 0]
        scale = (high - low) / NORMAL_IQR
        scale = np.where(scale > 0, scale, std)  # more than half of the values are one value
    tiny = 1e-12 * np.maximum(np.abs(shift), 1e-300)  # rounding of a constant feature is no spread
    scale = np.where(np.isfinite(scale) & (scale > tiny), scale, 1.0)
    return torch.from_numpy(np.ascontiguousarray(shift)), torch.from_numpy(np.ascontiguousarray(scale))


def _moments(x: np.ndarray, axes: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation (divisor n) in float64 over `axes`, without a float64 copy of the whole."""
    if x.dtype == np.uint8 and axes == (0, 2, 3):
        return _moments_of_bytes(x)
    rows = max(1, CHUNK // max(1, int(np.prod(x.shape[1:]))))
    chunks = [x[i : i + rows] for i in range(0, len(x), rows)]
    n = int(np.prod([x.shape[a] for a in axes]))
    with np.errstate(over="ignore", invalid="ignore"):
        mean = np.asarray(sum(c.sum(axis=axes, keepdims=True, dtype=np.float64) for c in chunks) / n)
        square = np.asarray(sum(np.square(c - mean).sum(axis=axes, keepdims=True) for c in chunks) / n)
    if np.isfinite(square).all() or not np.isfinite(x).all():
        return mean[0], np.sqrt(square)[0]
    top = np.abs(x).max(axis=axes, keepdims=True)  # squares overflow: measured in units of the largest value
    mean, std = _moments(x / np.where(top > 0, top, 1.0), axes)
    return mean * top[0], std * top[0]


def _moments_of_bytes(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The same for bytes [N, C, H, W], by channel: from how often each of the 256 values is there."""
    counts = np.stack([np.bincount(x[:, c].ravel(), minlength=256) for c in range(x.shape[1])])
    share = counts / counts.sum(axis=1, keepdims=True)
    mean = share @ np.arange(256.0)
    square = (share * np.square(np.arange(256.0) - mean[:, None])).sum(axis=1)
    return mean[:, None, None], np.sqrt(square)[:, None, None]


def _quantiles(x: np.ndarray, pictures: bool) -> Tensor:
    """[Q, F] quantiles of each feature, or [Q, C] of each channel of pictures."""
    flat = (np.moveaxis(x, 1, -1).reshape(-1, x.shape[1]) if pictures else x.reshape(len(x), -1)).astype(np.float64)
    return torch.from_numpy(np.quantile(flat, np.linspace(0, 1, min(QUANTILES, max(2, len(x)))), axis=0))


def _normal_scores(x: np.ndarray, quantiles: np.ndarray) -> np.ndarray:
    """Each value's midrank among the quantiles as a normal score; beyond them, that of the last half rank."""
    columns = x if quantiles.shape[1] == x.shape[1] else x.reshape(len(x), -1)
    ranks = np.linspace(0, 1, len(quantiles))
    p = np.empty(columns.shape, dtype=np.float64)
    for j, q in enumerate(quantiles.T):
        # From both ends, so that a value that fills many ranks gets the middle of them.
        p[:, j] = 0.5 * (np.interp(columns[:, j], q, ranks) - np.interp(-columns[:, j], -q[::-1], -ranks[::-1]))
    half = 0.5 / len(quantiles)
    return torch.special.ndtri(torch.from_numpy(p.clip(half, 1 - half))).numpy().reshape(x.shape)


def _rotation(x: np.ndarray, method: str, pictures: bool) -> Scaling:
    """Principal axes of x, centred (pictures) or standardised (features may have different units) first."""
    shift, scale = _statistics(x, "centre" if pictures else "standardise", (0,))
    flat = ((x - shift.numpy()) / scale.numpy()).reshape(len(x), -1)
    n, d = flat.shape
    if min(n, d) > LARGEST_EIGEN:
        raise DataError(
            f"data.normalise = {method!r}",
            f"{n:,} training rows of {d:,} values each; at most {LARGEST_EIGEN:,} of either can be rotated",
            "choose standardise, or fewer values an example",
        )
    wide = d > n
    values, vectors = torch.linalg.eigh(torch.from_numpy(flat @ flat.T if wide else flat.T @ flat) / n)
    keep = torch.flip(torch.nonzero(values > FAINT * values[-1])[:, 0], (0,))
    values, vectors = values[keep], vectors[:, keep]
    if wide:  # axes of the rows' Gram matrix, carried over to the features
        vectors = torch.from_numpy(flat).T @ vectors / torch.sqrt(values * n)
    parts = {"shift": shift, "scale": scale, "basis": vectors.contiguous()}
    if method == "whiten":
        parts["spread"] = torch.sqrt(values)
    return Scaling(method, tuple(x.shape[1:]), method == "whiten" and pictures, parts)
