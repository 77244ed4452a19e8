"""explain: a trained network looked into, part by part; each part a file beside this one, and one page of them all."""

from __future__ import annotations

from collections.abc import Callable

from wellfit.nouns.errors import ShelfError, nearest
from wellfit.nouns.explained import Part
from wellfit.nouns.look import Look
from wellfit.verbs.explain.atlas import atlas
from wellfit.verbs.explain.attribution import attribution
from wellfit.verbs.explain.blocks import blocks
from wellfit.verbs.explain.examples import examples
from wellfit.verbs.explain.features import features
from wellfit.verbs.explain.landscape import landscape
from wellfit.verbs.explain.layers import layers
from wellfit.verbs.explain.page import PAGE, write_page, write_part

__all__ = ["PAGE", "PARTS", "parts_named", "usual", "write_page", "write_part"]

_ORDER: tuple[Callable[[Look], Part], ...] = (attribution, examples, layers, features, landscape, blocks, atlas)
PARTS = {f.__name__: f for f in _ORDER}
"""Word after --what -> what finds it, in the order of the page."""
USUAL = ("attribution", "examples", "layers")


def usual(look: Look) -> tuple[str, ...]:
    """What is found where nothing is asked for: what takes seconds and such data allow."""
    if look.data is None:
        return ("layers",)
    return USUAL[1:] if look.way == "text" else USUAL


def parts_named(words: tuple[str, ...]) -> list[tuple[str, Callable[[Look], Part]]]:
    """The parts asked for, in the page's order; the usual ones for (). Raises ShelfError for an unknown word."""
    for word in words:
        if word not in PARTS and word != "all":
            close = nearest(word, PARTS)
            do = f"write {close}" if close else "take one of them, or all"
            raise ShelfError(f"--what {word}", f"known are {', '.join(PARTS)}", do)
    wanted = tuple(PARTS) if "all" in words else words or USUAL
    return [(w, f) for w, f in PARTS.items() if w in wanted]
