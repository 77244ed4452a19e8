"""Laws of encodings by the target: a row's feature is not made of its own target, and what is done right is left alone."""

from __future__ import annotations

import pytest

from wellfit.nouns.encodings import given_back, unheeded
from wellfit.nouns.source import Source

FOLDS = """
def level(frame, prior, weight=1.0):
    stats = frame.groupby("shop")["price"].agg(["sum", "count"])
    return (stats["sum"] + weight * prior) / (stats["count"] + weight)

y = train["price"].to_numpy()
for fit, use in KFold(5).split(train):
    held = train.index[use]
    means = level({rows}, prior)
    train.loc[held, "shop_level"] = train.loc[held, "shop"].map(means)
"""
ARRAYS = """
for k, (tr, va) in enumerate(list(folds.split(x))):
    sums = np.bincount(shop{pick}, weights=price{pick}) / np.bincount(shop{pick})
    told[va] = sums[shop[va]]
"""
FITTED = """
for {names}, va in StratifiedKFold(5).split(x, y):
    model.fit({given})
    told[va] = model.predict_proba(x[va])[:, 1]
"""
REST = """
y = train["price"]
for _, use in KFold(5).split(train):
    rest = train.drop(index=train.index[use])
    train.loc[train.index[use], "level"] = train["shop"].iloc[use].map(rest.groupby("shop")["price"].mean())
"""
NUMBERS = """
y = table["price"]
for k, (_, use) in enumerate(KFold(5).split(table)):
    table.loc[use, "fold"] = k
"""


@pytest.mark.parametrize(("text", "line"), [
    (FOLDS.format(rows="train"), "level(train"),
    (ARRAYS.format(pick=""), "bincount"),
    (FITTED.format(names="_", given="x, y"), "model.fit"),
])  # fmt: skip
def test_folds_whose_training_rows_are_never_looked_at_are_found(text, line):
    source = Source("train.py", text)
    found = unheeded(source)
    assert found is not None
    assert line in source.line(found.call.lineno)


@pytest.mark.parametrize("text", [
    FOLDS.format(rows="train.iloc[fit]"), ARRAYS.format(pick="[tr]"), FITTED.format(names="tr", given="x[tr], y[tr]"), REST,
    NUMBERS,
])  # fmt: skip
def test_folds_that_leave_their_own_rows_out_are_left_alone(text):
    assert unheeded(Source("train.py", text)) is None


@pytest.mark.parametrize("text", [
    'train["level"] = train["shop"].map(train.groupby("shop")["price"].mean())',
    'goal = "price"\ntrain["level"] = train.groupby("shop")[goal].transform("mean")',
    'means = train.groupby("shop").price.mean()\ntrain["level"] = train.shop.map(means)',
    'means = train.groupby("shop").agg(level=("price", "mean"))\ntrain = train.merge(means, on="shop")',
    'means = np.bincount(shop, weights=price) / np.bincount(shop)\nlevel = means[shop]',
])  # fmt: skip
def test_means_given_back_to_their_own_rows_are_found(text):
    found = given_back(Source("train.py", text + '\ny = train["price"].to_numpy()'))
    assert found is not None
    assert found[2] == "price"


@pytest.mark.parametrize("text", [
    'test["level"] = test["shop"].map(train.groupby("shop")["price"].mean())',
    'train["spread"] = train.groupby("shop")["weight"].transform("mean")',
    'train["number"] = train.groupby("shop")["price"].transform("count")',
    'train["before"] = train.groupby("shop")["price"].transform(lambda p: p.shift().expanding().mean())',
    'print(train.groupby("shop")["price"].mean())',
])  # fmt: skip
def test_other_statistics_by_group_are_left_alone(text):
    assert given_back(Source("train.py", text + '\ny = train["price"].to_numpy()')) is None
