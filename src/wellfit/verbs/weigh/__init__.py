"""Weigh: what a search found: which axes matter, where they are best, and how much of the winner's lead was luck."""

from wellfit.verbs.weigh.axes import Weight, axes, sentence
from wellfit.verbs.weigh.luck import Luck, luck

__all__ = ["Luck", "Weight", "axes", "luck", "sentence"]
