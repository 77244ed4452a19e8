"""Laws of steps that a condition keeps from being taken, and of generators of batches that were not told to mix."""

from __future__ import annotations

import pytest

from wellfit.nouns.mixed import left_off
from wellfit.nouns.program import Program
from wellfit.nouns.seldom import unreached
from wellfit.nouns.source import Source
from wellfit.nouns.tape import Site

NEVER = {
    "object": """
class Trainer:
    def __init__(self, every, lr):
        self.every, self.lr = every, lr
    def epoch(self, loader):
        for i, x in enumerate(loader):
            loss(x).backward()
            if (i + 1) % self.every == 0:
                self.opt.step()
Trainer(500, lr=0.1).epoch(loader)  #!
""",
    "option": """
parser.add_argument("--accumulate", type=int, default=256)  #!
args = parser.parse_args()
for i, x in enumerate(loader):
    loss(x).backward()
    if i % args.accumulate == args.accumulate - 1:
        optimizer.step()
""",
    "constant": """
EVERY = 400  #!
scheduler = StepLR(optimizer, 3)
for i, x in enumerate(loader, 1):
    loss(x).backward()
    if i % 2 == 0:
        scheduler.step()
    if not i % EVERY:
        optimizer.step()
""",
    "no such remainder": """
every = 4
for i, x in enumerate(loader):
    loss(x).backward()
    if i % every == 4:  #!
        optimizer.step()
""",
}
ORDERED = {
    "object": """
class Catalogue:
    def __init__(self, x, size, rng, shuffle=False):
        self.x, self.size = x, size
        self.rng, self.shuffle = rng, shuffle
    def __iter__(self):
        order = np.arange(len(self.x))  #at
        if self.shuffle:
            self.rng.shuffle(order)
        for k in range(0, len(order), self.size):
            yield self.x[order[k : k + self.size]]
train = Catalogue(x, 20, rng)  #!
test = Catalogue(x, 20, rng)
""",
    "function": """
def batches(x, size, mix=True):
    order = torch.randperm(len(x)) if mix else torch.arange(len(x))  #at
    for k in range(0, len(x), size):
        yield x[order[k : k + size]]
for a in batches(x, 20, mix=False):  #!
    step(a)
""",
    "configured": """
CONFIG = {"keep_order": True}  #!
def batches(x, keep_order):
    order = list(range(len(x)))  #at
    if not keep_order:
        random.shuffle(order)
    yield from order
for a in batches(x, CONFIG["keep_order"]):
    step(a)
""",
}


def program(text: str) -> tuple[Program, Source]:
    source = Source("/code/train.py", text)
    return Program(source.path, sources={source.path: source}), source


def marked(source: Source, site: Site | None) -> bool:
    return site is not None and source.line(site.line).endswith("#!")


@pytest.mark.parametrize("way", NEVER)
def test_a_step_that_its_condition_never_allows_is_where_the_number_is_written(way):
    seen, source = program(NEVER[way])
    assert marked(source, unreached(seen))


def test_a_step_without_such_a_condition_says_nothing():
    assert unreached(program("for x in loader:\n    if x.ok:\n        optimizer.step()\n")[0]) is None


@pytest.mark.parametrize("way", ORDERED)
def test_a_flag_that_leaves_the_order_as_it_is_is_where_it_is_written_or_left_out(way):
    seen, source = program(ORDERED[way])
    at = Site(source.path, next(i for i, t in enumerate(source.lines, 1) if "#at" in t))
    assert marked(source, left_off(seen, at))


@pytest.mark.parametrize(
    ("off", "on"), [("rng)  #!", "rng, shuffle=True)"), ("mix=False", "mix=True"), (": True}", ": False}")]
)
def test_a_flag_that_is_on_says_nothing(off, on):
    text = next(t for t in ORDERED.values() if off in t).replace(off, on, 1)
    seen, source = program(text)
    at = Site(source.path, next(i for i, t in enumerate(source.lines, 1) if "#at" in t))
    assert left_off(seen, at) is None
