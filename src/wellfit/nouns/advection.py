"""Advection: fields carried on by the motion seen last: one shift for the whole field, by cross-correlation.

The shift is where the correlation of the last field with an earlier one is highest (Leese et al. 1971, as in radar
nowcasting; by Fourier transforms).
"""

from __future__ import annotations

import numpy as np

FARTHEST = 0.25  # of a side: larger shifts between two fields are taken for chance


def shift_of(before: np.ndarray, after: np.ndarray) -> tuple[int, int]:
    """Rows and columns by which `after` [H, W] lies farther on than `before`; (0, 0) where nothing varies."""
    a, b = before - before.mean(), after - after.mean()
    if not a.any() or not b.any():
        return 0, 0
    shape = tuple(2 * s for s in a.shape)  # room around, so that what leaves does not come in on the other side
    alike = np.fft.irfft2(np.conj(np.fft.rfft2(a, shape)) * np.fft.rfft2(b, shape), shape)
    most = [max(1, int(FARTHEST * s)) for s in a.shape]
    rows, columns = (np.r_[0 : m + 1, -m:0] for m in most)
    part = alike[np.ix_(rows % shape[0], columns % shape[1])]
    i, j = np.unravel_index(int(part.argmax()), part.shape)
    return int(rows[i]), int(columns[j])


def carried(field: np.ndarray, shift: tuple[float, float]) -> np.ndarray:
    """field [..., H, W] moved by rows and columns, 0 where nothing comes in."""
    found = np.zeros_like(field)
    (h, w), (down, right) = field.shape[-2:], (round(s) for s in shift)
    if abs(down) >= h or abs(right) >= w:
        return found
    to = (slice(max(down, 0), h + min(down, 0)), slice(max(right, 0), w + min(right, 0)))
    source = (slice(max(-down, 0), h + min(-down, 0)), slice(max(-right, 0), w + min(-right, 0)))
    found[(..., *to)] = field[(..., *source)]
    return found
