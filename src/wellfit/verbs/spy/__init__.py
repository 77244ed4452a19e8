"""Spy: play a stranger's script unchanged and understand what it trains, how, and on what."""

from __future__ import annotations

from wellfit.verbs.spy.beforehand import beforehand
from wellfit.verbs.spy.ends import die
from wellfit.verbs.spy.places import here
from wellfit.verbs.spy.play import play, spoiled
from wellfit.verbs.spy.tick import after, now_and_then
from wellfit.verbs.spy.understand import understand
from wellfit.verbs.spy.undisturbed import undisturbed
from wellfit.verbs.spy.watcher import Watcher

__all__ = [
    "Watcher",
    "after",
    "beforehand",
    "die",
    "here",
    "now_and_then",
    "play",
    "spoiled",
    "understand",
    "undisturbed",
]
