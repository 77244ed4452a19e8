"""Spy: play a stranger's script unchanged and understand what it trains, how, and on what."""

from __future__ import annotations

from wellfit.verbs.spy.play import play
from wellfit.verbs.spy.understand import understand
from wellfit.verbs.spy.watcher import Watcher

__all__ = ["Watcher", "play", "understand"]
