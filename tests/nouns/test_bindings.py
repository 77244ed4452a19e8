"""Laws of which of several bindings of a name holds where it is used."""

from __future__ import annotations

import pytest

from wellfit.nouns.flow import Spot, back
from wellfit.nouns.lineage import lineage
from wellfit.nouns.source import Source

DATA = """
class Plots(Dataset):
    def __init__(self, n):
        self.x = measured(n)
        self.y = weighed(n)  #!
    def __getitem__(self, i):
        return self.x[i], self.y[i]
train = Plots(800)
test = Plots(200)
y = other()
"""
LOOP = "for x, y in DataLoader(train):\n    use(net(x), y)\n"
LATER = {
    "an assignment": "p, y = torch.cat(outputs), torch.cat(wanted)\n",
    "a comprehension": "pairs = [(net(x), y) for x, y in DataLoader(test)]\n",
    "a loop": "for x, y in DataLoader(test):\n    show(y)\n",
    "a list of them": "y = torch.cat([y for x, y in DataLoader(test)])\n",
}
PLACES = {
    "the comprehension around": "b = first()\na = [(x,\n      use(x, b)) for x, b in zip(xs,\n    ys)]  #!\nb = last()",
    "not of a comprehension before": "b = right()  #!\nc = [b for b in wrong()]\nuse(0, b)",
    "round a loop": "for k in range(3):\n    use(0, b)\n    b = right()  #!",
}


@pytest.mark.parametrize("later", LATER)
def test_loop_around_a_step_gives_its_targets_whatever_the_name_is_given_later(later):
    source = Source("/code/train.py", DATA + LOOP + LATER[later])
    wanted = next(source.calls("use")).args[1]
    steps = [s.line for s in lineage(source, wanted)]
    assert any("#!" in source.line(n) for n in steps)
    assert not any(
        "other()" in source.line(n) or n > source.text[: source.text.index("use(")].count("\n") for n in steps
    )
    assert "#!" in " ".join(source.line(s.line) for s in back(Spot(source, wanted)))


@pytest.mark.parametrize("place", PLACES)
def test_name_is_followed_to_the_binding_that_holds_there(place):
    source = Source("/code/train.py", PLACES[place])
    wanted = next(source.calls("use")).args[1]
    assert "#!" in source.line(back(Spot(source, wanted))[-1].line)
