"""Tiles: pictures of many sizes cut into tiles of one size that overlap, and put together again.

Along each axis tiles lie evenly; a picture smaller than a tile is continued by its mirror image. Each cell of a
picture counts once, in the tile that holds it deepest.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

OVERLAP = 32  # cells that neighbours share at least: the border of a tile sees less around it than its middle
USUAL = 128  # cells of a tile beside the overlap
WHOLE = 192  # pictures of one size with sides up to this are not cut
STEP = 16  # sides of tiles are multiples of it, so that they can be halved four times


@dataclass(frozen=True)
class Tiles:
    """Where each of N tiles of P pictures lies: picture, top, left [N]; sizes [P, 2]: height, width of each picture;
    names [P]: of its file; places [P]: what its file says of where on earth it lies, None for most."""

    picture: np.ndarray
    top: np.ndarray
    left: np.ndarray
    sizes: np.ndarray
    names: np.ndarray
    places: tuple[object, ...] = ()

    def __len__(self) -> int:
        return len(self.sizes)


def side_of(sizes: list[tuple[int, int]]) -> tuple[int, int]:
    """Height and width of the tiles for pictures of these sizes: their own, where they are all alike and small."""
    if len(set(sizes)) == 1 and max(sizes[0]) <= WHOLE:
        return sizes[0]
    length = int(np.median([min(s) for s in sizes]))
    n = max(1, round((length - OVERLAP) / USUAL))
    side = max(STEP, -(-(length + (n - 1) * OVERLAP) // (n * STEP)) * STEP)
    return side, side


def starts(length: int, side: int, overlap: int) -> np.ndarray:
    """Where tiles begin along an axis: as few as leave no gap and overlap by so much, evenly spread."""
    if length <= side:
        return np.zeros(1, dtype=np.int64)
    n = -(-(length - overlap) // (side - overlap))
    return np.round(np.linspace(0, length - side, n)).astype(np.int64)


def overlap_of(side: tuple[int, int]) -> int:
    """Cells that tiles of this height and width share with their neighbours."""
    return min(OVERLAP, min(side) // 4)


def places(size: tuple[int, int], side: tuple[int, int]) -> list[tuple[int, int]]:
    """(top, left) of each tile of a picture of this size, row by row."""
    overlap = overlap_of(side)
    return [
        (int(t), int(left)) for t in starts(size[0], side[0], overlap) for left in starts(size[1], side[1], overlap)
    ]


def cut(picture: np.ndarray, side: tuple[int, int]) -> np.ndarray:
    """A picture [..., H, W] as tiles [T, ..., *side] in the order of `places`."""
    height, width = picture.shape[-2:]
    picture = _continued(_continued(picture, side[0], -2), side[1], -1)
    return np.stack([picture[..., t : t + side[0], left : left + side[1]] for t, left in places((height, width), side)])


def _continued(picture: np.ndarray, length: int, axis: int) -> np.ndarray:
    """The picture continued by its mirror image to this length along an axis."""
    while (has := picture.shape[axis]) < length:
        pad = [(0, 0)] * picture.ndim
        pad[axis] = (0, min(length - has, max(has - 1, 1)))
        picture = np.pad(picture, pad, mode="reflect" if has > 1 else "edge")
    return picture


def owned(size: tuple[int, int], side: tuple[int, int]) -> np.ndarray:
    """bool [T, *side]: the cells of each tile that count in it; each cell of the picture counts in one tile."""
    overlap = overlap_of(side)
    along = [_owned(n, s, overlap) for n, s in zip(size, side)]
    return np.stack([a[:, None] & b for a in along[0] for b in along[1]])


def _owned(length: int, side: int, overlap: int) -> list[np.ndarray]:
    begin = starts(length, side, overlap)
    between = (begin[1:] + begin[:-1] + side) // 2  # the middle of each overlap
    low, high = np.r_[0, between], np.r_[between, length]
    return [(at >= a) & (at < b) for t, a, b in zip(begin, low, high) for at in [t + np.arange(side)]]


def joined(tiles: np.ndarray, size: tuple[int, int], side: tuple[int, int]) -> np.ndarray:
    """Tiles [T, K, *side] put together to [K, *size] float32: where they overlap, their mean, a cell weighing more the
    deeper it lies in its tile, so that no seam shows."""
    overlap = overlap_of(side)
    along = [_weights(n, s, overlap) for n, s in zip(size, side)]
    whole = np.zeros((tiles.shape[1], *size))
    weights = [a[:, None] * b for a in along[0] for b in along[1]]
    for tile, (t, left), weight in zip(tiles, places(size, side), weights):
        high, wide = min(side[0], size[0] - t), min(side[1], size[1] - left)
        whole[:, t : t + high, left : left + wide] += (tile * weight)[:, :high, :wide]
    return whole.astype(np.float32)


def settled(tiles: np.ndarray, size: tuple[int, int], side: tuple[int, int]) -> np.ndarray:
    """Tiles [T, K, *side] put together to [K, *size], each cell from the tile that it counts in: exactly what was cut."""
    whole = np.empty((tiles.shape[1], *size), tiles.dtype)
    for tile, (t, left), own in zip(tiles, places(size, side), owned(size, side)):
        high, wide = min(side[0], size[0] - t), min(side[1], size[1] - left)
        own = own[:high, :wide]
        whole[:, t : t + high, left : left + wide][:, own] = tile[:, :high, :wide][:, own]
    return whole


def _weights(length: int, side: int, overlap: int) -> np.ndarray:
    """[n, side]: the weight of each tile's cells along an axis, falling towards its ends; those that stand for one
    cell of the picture add up to 1."""
    begin = starts(length, side, overlap)
    if len(begin) == 1:
        return np.ones((1, side))
    at = np.arange(side)
    ramp = np.minimum(np.minimum(at + 0.5, side - at - 0.5) / overlap, 1.0)
    total = np.zeros(length)
    for t in begin:
        total[t : t + side] += ramp
    return np.stack([ramp / total[t : t + side] for t in begin])
