"""Laws of windows of a series and of the end that their targets are taken at."""

from __future__ import annotations

import pytest

from wellfit.nouns.flow import Spot, back
from wellfit.nouns.source import Source
from wellfit.nouns.windows import at_start, cut_at_start

TABLE = "frame = pd.DataFrame(rows)\nvalues = frame[['rain', 'temp']].values\nflow = frame['flow'].values\n"
LISTS = "xs, ys = [], []\nfor i in range(len(frame) - W):\n    xs.append(values[i:i + W])\n    ys.append({target})\n"
WAYS = {  # `AT` stands for the row of the target
    "two lists": TABLE + LISTS.replace("{target}", "flow[AT]"),
    "made tensors of": TABLE + LISTS.replace("{target}", "torch.tensor([flow[AT]]).float()"),
    "pairs": TABLE + "data = []\nfor i in range(len(frame) - W):\n    data.append((values[i:W + i], flow[AT]))\n",
    "names": TABLE + "xs, ys = [], []\nfor i in range(9):\n    w = values[i:i + W]\n    t = flow[AT]\n"
    "    xs.append(w)\n    ys.append(t)\n",
    "comprehensions": TABLE + "n = len(flow) - W\nX = np.stack([values[i:i + W] for i in range(n)])\n"
    "y = np.array([flow[AT] for i in range(n)])\n",
    "a column": "data = np.load('d.npy')\n" + LISTS.replace("values[", "data[").replace("i + W]", "i + W, :3]").replace(
        "{target}", "data[AT, 3]"),
    "of a table": "df = load()\nxs, ys = [], []\nfor i in range(len(df) - W):\n    xs.append(df[COLS].iloc[i:i + W].values)\n"
    "    ys.append(df['flow'].iloc[AT])\n",
    "a data set": "class D(Dataset):\n    def __init__(self, x, y, w):\n        self.x, self.y, self.w = x, y, w\n"
    "    def __getitem__(self, i):\n        return self.x[i:i + self.w], self.y[AT]\nd = D(rain, flow, 24)\n",
    "a function of two": "def windows(x, y):\n    xs, ys = [], []\n    for i in range(len(x) - W + 1):\n"
    "        xs.append(x[i:i + W])\n        ys.append(y[AT])\n    return xs, ys\nX, Y = windows(rain, flow)\n",
}  # fmt: skip


def found(text: str):
    source = Source("/code/train.py", text)
    return at_start(source, [source])


@pytest.mark.parametrize("way", WAYS)
def test_target_at_the_start_of_its_window_is_seen_and_at_its_end_or_later_left_alone(way):
    wrong = found(WAYS[way].replace("AT", "i"))
    assert wrong is not None
    assert "AT" in WAYS[way].splitlines()[wrong.lineno - 1]
    for right in ("i + W - 1", "i + W", "i + W + 3", "i:i + W"):
        assert found(WAYS[way].replace("AT", right)) is None


RIGHT = {
    "shifted before": TABLE.replace("frame['flow'].values", "frame['flow'].shift(-W).values")
    + LISTS.replace("{target}", "flow[i]"),
    "cut before": TABLE + "flow = flow[W:]\n" + LISTS.replace("{target}", "flow[i]"),
    "cut in the call": WAYS["a function of two"].replace("AT", "i").replace("rain, flow)", "rain[:-W], flow[W:])"),
    "padded in front": TABLE
    + "values = np.concatenate([np.zeros((W - 1, 2)), values])\n"
    + LISTS.replace("{target}", "flow[i]"),
    "over all targets": TABLE + LISTS.replace("{target}", "flow[i]").replace("len(frame) - W", "len(flow)"),
    "batches": TABLE
    + "for i in range(0, 900, B):\n    losses.append(step(values[i:i + B], flow[i:i + B]))\n    seen.append(rate[i])\n",
    "the series itself": TABLE + LISTS.replace("{target}", "values[i]"),
}


@pytest.mark.parametrize("way", RIGHT)
def test_rows_that_may_be_of_other_times_are_left_alone(way):
    assert found(RIGHT[way]) is None


@pytest.mark.parametrize("view", ["np.lib.stride_tricks.sliding_window_view(rain, W)", "rain.unfold(0, W, 1)"])
def test_series_cut_at_the_end_for_windows_of_another_is_seen(view):
    for cut, wrong in {
        "[:-W + 1]": True, "[:1 - W]": True, "[:len(X)]": True, "[:len(flow) - W + 1]": True, "[:X.shape[0]]": True,
        "[W - 1:]": False, "[W:]": False, "[:900]": False, "[W - 1:][:len(X)]": False,
    }.items():  # fmt: skip
        text = f"rain, flow = load()\nX = {view}\ny = flow{cut}\nX, y = X[:300], y[:300]\nuse(X[rows], y[rows])"
        source = Source("/code/train.py", text)
        call = next(source.calls("use"))
        seen = cut_at_start(back(Spot(source, call.args[0])), back(Spot(source, call.args[1])))
        assert (seen is not None) is wrong, cut
        assert seen is None or seen.line == 3
