"""Mask pictures: class codes as a PNG that a program reads as codes and a person sees in colours."""

from __future__ import annotations

import io

import numpy as np

# Okabe and Ito (2008), told apart by colour-blind eyes too; 0 is black, as the ground mostly is
COLOURS = ((0, 0, 0), (230, 159, 0), (86, 180, 233), (0, 158, 115), (240, 228, 66), (0, 114, 178), (213, 94, 0),
           (204, 121, 167))  # fmt: skip


def mask_png(codes: np.ndarray) -> bytes:
    """Codes uint8 [H, W] as a PNG with a palette: the values of its cells are the codes."""
    from PIL import Image

    image = Image.fromarray(np.ascontiguousarray(codes, dtype=np.uint8), "P")
    image.putpalette([v for k in range(256) for v in COLOURS[k % len(COLOURS)]])
    held = io.BytesIO()
    image.save(held, "PNG", optimize=True)
    return held.getvalue()
