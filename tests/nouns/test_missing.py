"""Laws of missing values: the call that makes them, not the last one that they went through."""

from __future__ import annotations

import pytest
import torch

from wellfit.nouns.flow import Spot, back
from wellfit.nouns.missing import made
from wellfit.nouns.source import Source

SCALED = "z = (table - table.mean()) / table.std()\nx = torch.tensor(z.values)\nuse(x)\n"
# ruff: noqa: E501
HEAD = "import numpy as np\nimport pandas as pd\nimport torch\n"
TABLES = {
    "a window": "table['week'] = table['load'].rolling(7).mean() #!\n",
    "a shift in a function": "def lags(df):\n    for k in (1, 2):\n        df[f'l{k}'] = df['load'].shift(k) #!\n    return df\ntable = lags(read())\n",
    "a pipe": "def lags(df):\n    return df.assign(a=df['load'].diff()) #!\ntable = read().pipe(lags)\n",
    "a join": "other = read()\ntable = table.merge(other, on='day', how='left') #!\n",
    "a division of two columns": "table['rate'] = table['hits'] / table['tries'] #!\n",
    "a logarithm": "table['size'] = np.log(table['area']) #!\n",
    "a mark of one's own": "table.loc[table.load < 0, 'load'] = np.nan #!\n",
    "after one that was mended": "table['a'] = table['load'].shift(1).fillna(0)\ntable['b'] = table['load'].shift(1) #!\n",
    "told what to put there": "table['a'] = table['load'].shift(1, fill_value=0)\ntable['b'] = table['load'].pct_change() #!\n",
    "a window whose first rows are cut": "table['w'] = table['load'].rolling(7).mean()\ntable = table.iloc[6:]\n"
    "table['rate'] = table['a'] / table['b'] #!\n",
    "cleaned before": "table['w'] = table['load'].rolling(7).mean()\ntable = table.dropna()\ntable['rate'] = table['a'] / table['b'] #!\n",
}  # fmt: skip


def line(text, x):
    source = Source("/code/train.py", text)
    chain = back(Spot(source, next(source.calls("use")).args[0]))
    site = made(chain, [source], x)
    return source.line(site.line) if site is not None else None


@pytest.mark.parametrize("way", TABLES)
def test_call_that_makes_them(way):
    x = torch.randn(8, 3)
    x[2, 1] = torch.nan  # in some rows: no statistic of the column is to blame
    found = line(f"{HEAD}table = read()\n{TABLES[way]}{SCALED}", x)
    assert found is not None
    assert "#!" in found


def test_whole_column_is_the_deviation_that_is_0():
    x = torch.randn(8, 3)
    x[:, 1] = torch.nan
    assert line(f"{HEAD}table = read()\n{SCALED}", x) == SCALED.splitlines()[0]


def test_nothing_that_can_make_them():
    assert (
        line(f"{HEAD}table = read()\nx = torch.tensor(table.values)\nuse(x)\n", torch.tensor([[1.0], [torch.nan]]))
        is None
    )
