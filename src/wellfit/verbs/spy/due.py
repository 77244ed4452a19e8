"""Due: which steps are written down."""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from time import perf_counter

from wellfit.nouns.kept import by_reference
from wellfit.nouns.program import Program
from wellfit.verbs.spy.recorder import Recorder

DENSE = 48
"""Steps at the beginning of each phase that are all written down, so that the batches are different examples."""
GROWTH = 1.12
"""After them the gaps grow by this factor: some 50 more tapes for 10,000 steps."""
COSTLY = ((24, 0.75), (8, 2.0))
"""(steps of a phase, seconds beyond 5 % of the run): above both no more are written down (a step may be an episode)."""
MOST_TAPES = 160
RAGGED = 4
"""Smaller batches of one size after which they are taken for the last ones of each pass."""
ROUNDS, ROUND_GROWTH = 40, 1.05
"""Evaluations after which they are written down at growing gaps, so that there is time for the last ones."""
LOOKED_S, LOOKED = 0.15, 0.03
"""Seconds for writing down evaluations, and the share of the run beside them."""

CURVE = 6.0
"""Times as long where the whole curve of the evaluations counts."""


class Due:
    """Dense at the beginning of each phase, then at growing gaps, within a budget of time."""

    def __init__(self, program: Program, recorder: Recorder) -> None:
        self.program, self.recorder = program, recorder
        self.begun = perf_counter()
        self.looked_s, self.looked_from = 0.0, None  # cost of writing down evaluations
        self._phase_start = 0
        self._next = 0.0
        self._sizes: Counter[int] = Counter()
        self._rounds, self._round_at, self._round_next = 0, -1, 0.0

    def phase(self) -> None:
        """Another optimizer begins to train: dense again from here."""
        self._phase_start, self._next = self.program.steps, 0.0

    def examine(self) -> bool:
        """Look at values on this tape? The first steps of a phase, then ever fewer."""
        since = self.program.steps - self._phase_start
        return since < 3 or since % 16 == 0 or since > DENSE

    def step(self) -> bool:
        """Is the coming step to be written down?"""
        p = self.program
        since = p.steps - self._phase_start
        if len(p.tapes) >= MOST_TAPES and since >= 24:
            return False
        self._next = self._next or float(DENSE)
        if DENSE <= since < self._next:  # most steps
            return False
        beyond = self.recorder.spent_s - 0.05 * (perf_counter() - self.begun)
        if any(since >= steps and beyond > seconds for steps, seconds in COSTLY):
            return False
        if since >= self._next:
            self._next = max(self._next * GROWTH, since + 1.0)
        return True

    def other(self, size: int, usual: int) -> bool:
        """Is a batch of this size none of training's (in which the last batch of each pass may be smaller)?"""
        if size in (0, usual):
            return False
        self._sizes[size] += 1
        return size > usual or self._sizes[size] <= RAGGED

    def evaluation(self) -> bool:
        """Is there time left for writing an evaluation down? Then its cost counts from here."""
        now = self.program.steps
        if now != self._round_at:
            if self._rounds >= ROUNDS and now < self._round_next:
                return False
            self._rounds, self._round_at, self._round_next = self._rounds + 1, now, now * ROUND_GROWTH
        limit = LOOKED_S + LOOKED * (perf_counter() - self.begun)
        if self.looked_s >= limit and not (self.looked_s < CURVE * limit and self._curve_counts):
            return False
        self.looked_from = self.recorder.spent_s
        return True

    @cached_property
    def _curve_counts(self) -> bool:
        """Does the script's source say that it keeps its best weights in a way that loses them? Then the whole curve of
        its evaluations says what that costs."""
        return by_reference(self.program) is not None

    def evaluated(self) -> None:
        """Nothing is written down any more."""
        if self.looked_from is not None:
            self.looked_s, self.looked_from = self.looked_s + self.recorder.spent_s - self.looked_from, None
