"""Laws of scaled copies that are never used, and of statistics that are taken over fill values."""

from __future__ import annotations

import pytest

from wellfit.nouns.program import Program
from wellfit.nouns.scaled import filled, unused
from wellfit.nouns.source import Source

COPIES = {
    "scaler": "scaled = scaler.transform(raw)\ndata = Table(codes, raw[rows])  #!\n",
    "by hand": "z = (raw - raw.mean(0)) / raw.std(0)\nx = torch.tensor(raw)  #!\n",
    "two at once": "a, b = s.fit_transform(raw), s.transform(other)\ndata = TensorDataset(tensor(raw), y)  #!\nuse(b)\n",
}
USED = [
    "scaled = scaler.transform(raw)\ndata = Table(codes, scaled[rows])\nprint(raw.shape)\n",
    "raw = scaler.transform(raw)\ndata = Table(raw)\n",
    "z = (raw - shift) / width\nfor a in z:\n    step(a)\nplot(raw)\n",
]
SEA = """
FILL = -999.0
def fields(n, sea):
    return np.stack([np.where(sea, draw(), FILL) for _ in range(n)])
class Scale:
    def __init__(self, sample):
        self.mean, self.std = float(sample.mean()), float(sample.std())
{made}
"""
FILLED = {
    "object": SEA.format(made="data = fields(9, sea)\nscale = Scale(data[:5])  #!"),
    "plain": "x[land] = -9999\nm, s = x[:50].mean(), x[:50].std()  #!\n",
    "functions": "x = np.where(sea, x, 1e20)\nm = np.mean(x)  #!\ns = np.std(x)\n",
}
MASKED = [
    SEA.format(made="data = fields(9, sea)\nscale = Scale(data[:5][:, sea])"),
    "x[land] = -9999\nm, s = x[x > -9000].mean(), x[x > -9000].std()\n",
    "x[land] = 0.0\nm, s = x.mean(), x.std()\n",
    "x[land] = -9999\nm, s = y.mean(), y.std()\n",
]


def program(text: str) -> Program:
    source = Source("/code/train.py", text)
    return Program(source.path, sources={source.path: source})


def marked(seen: Program, site) -> bool:
    return site is not None and seen.text(site).endswith("#!")


@pytest.mark.parametrize("way", COPIES)
def test_data_used_as_they_were_beside_a_scaled_copy_that_nobody_reads(way):
    seen = program(COPIES[way])
    assert marked(seen, unused(seen))


@pytest.mark.parametrize("text", USED)
def test_a_scaled_copy_that_is_read_says_nothing(text):
    assert unused(program(text)) is None


@pytest.mark.parametrize("way", FILLED)
def test_statistics_over_fill_values_are_where_the_data_are_handed_over(way):
    seen = program(FILLED[way])
    assert marked(seen, filled(seen))


@pytest.mark.parametrize("text", MASKED)
def test_statistics_over_what_is_there_say_nothing(text):
    assert filled(program(text)) is None
