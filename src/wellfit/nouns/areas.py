"""Areas: how masks and answers overlap, picture by picture, and what is counted in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from wellfit.nouns.task import Judged
from wellfit.nouns.tiles import joined, settled

TINY = 1e-12


@dataclass(frozen=True)
class Areas:
    """Of P pictures and C classes, in cells: both, said, true [P, C]; there is an answer for `asked` [P] of them."""

    both: np.ndarray
    said: np.ndarray
    true: np.ndarray
    asked: np.ndarray

    def __len__(self) -> int:
        return len(self.asked)

    def dice(self, classes: Sequence[int]) -> np.ndarray:
        """[P]: the mean over these classes of 2 both / (said + true) (Dice 1945), NaN where a picture has and gets none
        of them."""
        some = lambda x: x[:, list(classes)]
        size = some(self.said) + some(self.true)
        each = np.where(size > 0, 2 * some(self.both) / np.maximum(size, 1), np.nan)
        there = np.isfinite(each)
        return np.where(there.any(1), np.nansum(each, 1) / np.maximum(there.sum(1), 1), np.nan)

    def mean_dice(self, classes: Sequence[int], weights: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """[r]: the mean over pictures, weights [r, m] of pictures rows [m]."""
        each = self.dice(classes)[rows]
        there = np.isfinite(each)
        total = weights @ there
        return np.where(total > 0, weights @ np.where(there, each, 0.0) / np.maximum(total, TINY), np.nan)

    def iou(self, c: int, weights: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """[r]: intersection over union (Jaccard 1912) of a class, over all cells together as in PASCAL VOC."""
        both, said, true = (weights @ x[rows, c] for x in (self.both, self.said, self.true))
        union = said + true - both
        return np.where(union > 0, both / np.maximum(union, TINY), np.nan)

    def mean_iou(self, weights: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """[r]: the mean over the classes that occur."""
        each = np.stack([self.iou(c, weights, rows) for c in range(self.true.shape[1])])
        there = np.isfinite(each)
        return np.where(there, each, 0.0).sum(0) / np.maximum(there.sum(0), 1)

    def right(self, weights: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """[r]: share of the cells that are right."""
        return weights @ self.both.sum(1)[rows] / np.maximum(weights @ self.asked[rows], TINY)


def counted(classes: Sequence[str]) -> list[int]:
    """Classes that the mean Dice is of: all but one named background."""
    return [c for c, name in enumerate(classes) if name != "background"]


def pictures_of(judged: Judged) -> np.ndarray:
    """[N]: the number of the picture that each judged row is a tile of, counted up within these rows."""
    rows = rows_of(judged)
    tiles = judged.data.raw.tiles
    return np.arange(len(rows)) if tiles is None else np.unique(tiles.picture[rows], return_inverse=True)[1]


def rows_of(judged: Judged) -> np.ndarray:
    """[N]: row numbers in the source."""
    rows = getattr(judged.data, judged.part).rows
    return rows if judged.index is None else rows[judged.index]


def areas_of(judged: Judged, said: np.ndarray | None = None) -> Areas:
    """Areas of codes said [N, *cells] against the truth, the tiles of a picture together; without them, of the answers,
    which are put together first, as for a prediction."""
    c, of = judged.answers.shape[1], pictures_of(judged)
    table = np.zeros((int(of.max(initial=-1)) + 1, c, c), dtype=np.int64)
    for k in range(len(table)):
        own = np.flatnonzero(of == k)
        true = whole(judged, own, judged.truth[own][:, None])[0]
        if said is None:
            guess = whole(judged, own, judged.answers[own], blend=True).argmax(0)
        else:
            guess = whole(judged, own, said[own][:, None])[0]
        there = true >= 0
        table[k] = np.bincount(true[there] * c + guess[there], minlength=c * c).reshape(c, c)
    return Areas(np.einsum("pcc->pc", table), table.sum(1), table.sum(2), table.sum((1, 2)))


def brightness_rival(judged: Judged) -> tuple[np.ndarray, str]:
    """(codes [N, *cells], in words): the commonest class of the training rows everywhere, or, of two classes of pictures,
    Otsu's threshold of each picture's brightness, whichever has the higher Dice on the training pictures."""
    data, y = judged.data, judged.data.train.y.numpy()
    counts = np.bincount(y[y >= 0], minlength=len(data.classes))
    always = int(counts.argmax())
    constant = np.full(judged.truth.shape, always)
    words = f"always {data.classes[always]!r}, the commonest class in training"
    if len(counts) != 2 or data.raw.kind != "pictures":
        return constant, words
    train = Judged(np.zeros((len(y), 2, 1, 1)), y, data, "train")
    bright = otsu(train, 1 - always)
    scores = [np.nanmean(areas_of(train, s).dice(counted(data.classes))) for s in (bright, np.full(y.shape, always))]
    if not scores[0] > scores[1]:
        return constant, words
    return otsu(
        judged, 1 - always
    ), "Otsu's threshold of each picture's brightness, the smaller side for the rarer class"


def otsu(judged: Judged, rare: int) -> np.ndarray:
    """Codes [N, *cells]: each picture parted at the brightness that leaves the least variance within both sides (Otsu
    1979), over its tiles together; the side with fewer cells is the rarer class."""
    rows, of = rows_of(judged), pictures_of(judged)
    grey = np.asarray(judged.data.raw.inputs)[rows].astype(np.float32).mean(1)
    found = np.full(judged.truth.shape, 1 - rare)
    for k in range(int(of.max(initial=-1)) + 1):
        own = of == k
        there = judged.truth[own] >= 0
        light = grey[own] > threshold(grey[own][there])
        fewer = light if light[there].mean() <= 0.5 else ~light
        found[own] = np.where(fewer, rare, 1 - rare)
    return found


def threshold(values: np.ndarray, bins: int = 256) -> float:
    """Otsu's threshold of values, from a histogram."""
    if not values.size or np.ptp(values) == 0:
        return float(values.max(initial=0.0))
    counts, edges = np.histogram(values, bins)
    middle, n = (edges[1:] + edges[:-1]) / 2, counts.cumsum()
    power = (counts * middle).cumsum()
    low, high = power / np.maximum(n, 1), (power[-1] - power) / np.maximum(n[-1] - n, 1)
    return float(edges[1:][(n * (n[-1] - n) * (low - high) ** 2).argmax()])


def shown(judged: Judged, pick: np.ndarray, dices: np.ndarray) -> dict[str, np.ndarray]:
    """Some pictures with truth and answer, put together from their tiles, as arrays of one size."""
    raw, rows, of = judged.data.raw, rows_of(judged), pictures_of(judged)
    inputs, found, names = np.asarray(raw.inputs), [], []
    top = float(max(inputs.max(), 1e-12))
    for k in pick:
        own = np.flatnonzero(of == k)
        x = whole(judged, own, inputs[rows[own]].astype(np.float32) / top)
        said = whole(judged, own, judged.answers[own], blend=True).argmax(0)
        found.append((x, whole(judged, own, judged.truth[own][:, None]), said[None]))
        names.append(str(raw.ids[rows[own[0]]]) if raw.ids is not None else f"row {rows[own[0]] + 1:,}")
    high, wide = (max(x.shape[axis] for x, _, _ in found) for axis in (1, 2))

    def fit(values: list[np.ndarray], fill: float) -> np.ndarray:
        room = [[(0, 0), (0, high - v.shape[1]), (0, wide - v.shape[2])] for v in values]
        return np.stack([np.pad(v, r, constant_values=fill) for v, r in zip(values, room)])

    return {
        "mask_pictures": fit([x for x, _, _ in found], np.nan).astype(np.float16),
        "mask_truth": fit([y for _, y, _ in found], -1)[:, 0].astype(np.int16),
        "mask_said": fit([s for _, _, s in found], -1)[:, 0].astype(np.int16),
        "mask_dice": dices[pick],
        "mask_names": np.array(names, dtype=str),
    }


def whole(judged: Judged, own: np.ndarray, parts: np.ndarray, blend: bool = False) -> np.ndarray:
    """One picture [K, H, W] from parts [T, K, h, w] of the judged rows own [T], each cell from the tile that it counts
    in, or a mean of tiles where they overlap (blend)."""
    tiles = judged.data.raw.tiles
    if tiles is None:
        return parts[0]
    high, wide = tiles.sizes[tiles.picture[rows_of(judged)[own[0]]]]
    put = joined if blend else settled
    return put(parts, (int(high), int(wide)), (parts.shape[2], parts.shape[3]))
