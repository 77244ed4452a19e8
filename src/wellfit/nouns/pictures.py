"""Pictures in arrays: which arrays hold pictures, and where their channels are."""

from __future__ import annotations

import numpy as np

CHANNELS = (1, 2, 3, 4)


def are_pictures(x: np.ndarray) -> bool:
    """Whether x holds pictures: four axes, or three where the values are bytes or the sides are equal (>= 8)."""
    if x.ndim == 4:
        return True
    return x.ndim == 3 and (x.dtype == np.uint8 or x.shape[1] == x.shape[2] >= 8)


def channels_first(x: np.ndarray) -> np.ndarray:
    """Pictures [N, H, W], [N, H, W, C] or [N, C, H, W] as [N, C, H, W].

    The channel axis is the one of 1 to 4 entries; where both could be, the one that leaves a square, else the
    one of 1 or 3, else the first; where neither is, the shorter one.
    """
    if x.ndim == 3:
        return x[:, None]
    _, first, side, last = x.shape
    if first in CHANNELS and last in CHANNELS:
        is_last = first == side != last or (last in (1, 3) and first not in (1, 3))
    elif first in CHANNELS or last in CHANNELS:
        is_last = last in CHANNELS
    else:
        is_last = last < first
    return np.ascontiguousarray(x.transpose(0, 3, 1, 2)) if is_last else x


def fitted(picture: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """One picture [C, H, W] scaled until it covers `size` (height, width), then cut about its centre to it."""
    from PIL import Image, ImageOps

    number = picture.dtype if picture.dtype == np.uint8 else np.float32
    channels = [Image.fromarray(np.ascontiguousarray(c, dtype=number)) for c in picture]
    cut = np.stack([np.asarray(ImageOps.fit(c, (size[1], size[0]))) for c in channels])
    return (np.rint(cut) if picture.dtype.kind in "ui" else cut).astype(picture.dtype)
