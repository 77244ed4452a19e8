"""Law of plain data sets: a random transform is found, left out where asked, and nothing else is touched."""

from __future__ import annotations

import random
import time

import numpy as np
import torch
from torch.utils.data import Dataset, Subset

from wellfit.nouns.plain import Switch, examples, plain, switches, written
from wellfit.nouns.program import LoaderSeen, Program
from wellfit.nouns.source import Source


class Compose:
    def __init__(self, steps):
        self.steps = steps

    def __call__(self, x):
        for step in self.steps:
            x = step(x)
        return x


class Flip:
    def __call__(self, x):
        return x.flip(0) if random.random() < 0.5 else x


def halved(x):
    return x / 2


def noisy(x):
    return x + torch.from_numpy(np.random.normal(size=len(x)))


class Rows(Dataset):
    def __init__(self, transform=None, augment=False):
        self.x, self.transform, self.augment = torch.arange(40.0).view(10, 4), transform, augment

    def __len__(self):
        return 10

    def __getitem__(self, i):
        x = self.x[i] if self.transform is None else self.transform(self.x[i])
        if self.augment:
            x = x * random.uniform(0.5, 2)
        return x, int(i)


def test_random_steps_are_found_and_fixed_ones_are_kept():
    rows = Rows(Compose([Flip(), halved, noisy]))
    found, bare = switches(rows)
    assert [s.kind for s in found] == ["Flip", "noisy"]
    assert torch.equal(bare[3][0], rows.x[3] / 2)
    assert len(rows.transform.steps) == 3
    assert isinstance(rows.transform.steps[0], Flip)


def test_a_flag_and_a_lone_function_are_switches_through_a_subset_too():
    found, bare = switches(Subset(Rows(noisy, augment=True), [2, 3, 4]))
    assert [s.kind for s in found] == ["noisy", "augment"]
    assert torch.equal(bare[1][0], torch.arange(12.0, 16.0))
    found, bare = switches(Subset(Rows(halved, augment=True), [2, 3, 4]))
    assert [s.kind for s in found] == ["augment"]
    assert torch.equal(bare[0][0], torch.arange(8.0, 12.0) / 2)


def test_without_anything_random_there_is_nothing_to_leave_out():
    assert switches(Rows(halved)) is None


def test_the_random_generators_go_on_as_if_nobody_had_asked():
    random.seed(1), np.random.seed(1), torch.manual_seed(1)
    wanted = random.random(), np.random.rand(), torch.rand(())
    random.seed(1), np.random.seed(1), torch.manual_seed(1)
    rows = Rows(Compose([Flip(), noisy]))
    switches(rows)
    examples(rows, [0, 1], torch.utils.data.default_collate)
    assert (random.random(), np.random.rand(), torch.rand(())) == wanted


class Slow(Rows):
    def __getitem__(self, i):
        asked.append(i)
        time.sleep(0.02)
        return super().__getitem__(i % 10)

    def __len__(self):
        return 200


asked: list[int] = []


def test_examples_that_come_slowly_are_hardly_asked_for():
    loader = torch.utils.data.DataLoader(Slow(noisy), batch_size=10, shuffle=True)
    program = Program("a.py", loaders=[LoaderSeen(None, 10, 200, "RandomSampler", False, loader=loader)])
    assert plain(program, torch.zeros(10, 4), torch.zeros(10, dtype=torch.int64), 0.5) is None
    assert len(asked) <= 3


FLAGGED = """
class Chirps(Dataset):
    def augment(self, x):
        if torch.rand(()) < 0.5:
            x = {first}  # first
        x = torch.roll(x, int(torch.randint(-4, 5, ())))
        return x * (0.8 + 0.4 * torch.rand(()))

    def __getitem__(self, i):
        x = self.x[i]
        if self.train:
            x = self.augment(x)  # call
        return x, self.y[i]
"""


def test_a_flag_that_switches_a_function_on_is_shown_at_its_only_flip_else_at_its_call():
    program = lambda source: Program("/t.py", sources={"/t.py": source})
    at = lambda source: program(source).text(written(program(source), Switch("train", True, id)))
    assert at(Source("/t.py", FLAGGED.format(first="x.flip(0)"))).endswith("# first")
    assert at(Source("/t.py", FLAGGED.format(first="-x"))).endswith("# call")
