"""Data larger than memory: the same rows, the same preparation and the same training as in memory, in flat memory."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import time
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

import wellfit.verbs.train as loop
from wellfit.nouns import scratch as room
from wellfit.nouns.allowance import bytes_of, settled
from wellfit.nouns.errors import DataError, RecipeError
from wellfit.nouns.feed import Feed, blocks_order, mixing, read_ahead, waited
from wellfit.nouns.reading import Track
from wellfit.nouns.recipe import Recipe
from wellfit.nouns.scratch import scratch
from wellfit.verbs.build import build
from wellfit.verbs.load import load
from wellfit.verbs.propose import propose

N = 6000


def frame(n: int = N) -> pd.DataFrame:
    """Numbers, gaps, categories with a rare level, dates, and a target."""
    rng = np.random.default_rng(0)
    x = rng.normal(5, 3, size=(n, 3))
    held = pd.DataFrame(x, columns=["a", "b (cm)", "c"])
    held.loc[rng.random(n) < 0.1, "c"] = np.nan
    held["kind"] = rng.choice(["red", "green", "blue"], n, p=[0.5, 0.3, 0.2])
    held.loc[:7, "kind"] = "rare"
    held["day"] = pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 900, n), unit="D")
    held["y"] = x[:, 0] + (held["kind"] == "red") * 2 + 0.1 * rng.normal(size=n)
    held["split"] = rng.choice(["train", "valid", "test"], n, p=[0.7, 0.15, 0.15])
    return held


@pytest.fixture(scope="module")
def parquet(tmp_path_factory):
    path = tmp_path_factory.mktemp("streamed") / "t.parquet"
    frame().to_parquet(path, row_group_size=1000)
    return path


def read(path, **choices):
    return load(path, Recipe.of({"data.target": "y"} | {f"data.{k}": v for k, v in choices.items()}).data)


def test_a_streamed_table_gives_the_rows_and_the_preparation_of_one_in_memory(parquet):
    whole, pieces = read(parquet), read(parquet, memory="2MB")
    assert whole.train.feed is None
    told = lambda data: [replace(c, fill=0.0) for c in data.preparation.columns]  # medians are those of a sample
    assert told(pieces) == told(whole)
    names = list(whole.preparation.input_names)
    exact = [i for i, name in enumerate(names) if name != "c"]
    for part in ("train", "valid", "test"):
        a, b = getattr(whole, part), getattr(pieces, part)
        assert np.array_equal(a.rows, b.rows)
        torch.testing.assert_close(a.x[:, exact], b.x[:, exact], rtol=1e-6, atol=1e-6)
        torch.testing.assert_close(a.x, b.x, rtol=0, atol=0.1)
        torch.testing.assert_close(a.y, b.y, rtol=1e-6, atol=1e-6)
    assert pieces.facts["missing"] == whole.facts["missing"]
    assert pieces.facts["target"]["y"] == pytest.approx(whole.facts["target"]["y"])


def case_of(data, **choices):
    given = {"training.epochs": 2, "training.batch_size": 64, "training.lr": 1e-3, "network.widths": [16]}
    recipe = Recipe.of(given | {"network.options.embedding": "none"} | choices)
    return build(propose(recipe, data)[0], data)


def trained(case):
    for moment in loop.train(case):
        last = moment
    return case.network.state_dict(), last


def test_the_same_order_gives_the_same_weights_bit_for_bit_as_in_memory(parquet, monkeypatch):
    data = read(parquet, memory="200kB")
    feed = data.train.feed
    assert feed is not None
    assert 2 * feed.rows < len(data.train)  # several pools in an epoch
    streamed, last = trained(case_of(data))
    here = replace(data, train=replace(data.train, x=data.train.x.clone(), feed=None))
    monkeypatch.setattr(loop, "order_of", feed.order)
    memory, _ = trained(case_of(here))
    assert all(torch.equal(streamed[k], memory[k]) for k in memory)
    assert "data_wait_frac" in {r.name for r in last.readings}


def test_a_training_goes_on_in_the_middle_of_a_streamed_epoch(parquet):
    data = read(parquet, memory="200kB")
    straight, _ = trained(case_of(data))
    case = case_of(data)
    steps = iter(range(10**6))
    for moment in loop.train(case, rest=lambda: next(steps) == 37):
        if not moment.readings:
            state = moment.state()
            break
    again = case_of(data)
    for _ in loop.train(again, state=state):
        pass
    assert all(torch.equal(v, straight[k]) for k, v in again.network.state_dict().items())


@pytest.mark.parametrize(("n", "block", "pool"), [(10_000, 10, 32), (1003, 7, 8), (5, 10, 2)])
def test_an_order_by_blocks_has_every_row_once_and_is_a_function_of_seed_and_epoch(n, block, pool):
    order = blocks_order(n, block, pool, 3, 1)
    assert torch.equal(order.sort().values, torch.arange(n))
    assert torch.equal(order, blocks_order(n, block, pool, 3, 1))
    assert n < 10 or not torch.equal(order, blocks_order(n, block, pool, 3, 2))


def test_rows_that_lie_sorted_are_mixed_over_pools_of_blocks():
    n, batch = 100_000, 256
    full = torch.randperm(n, generator=torch.Generator().manual_seed(0))
    assert mixing(full, batch) > 0.99
    assert mixing(torch.arange(n), batch) < 0.01
    assert mixing(blocks_order(n, 100, 32, 0, 0), batch) > 0.9
    assert mixing(blocks_order(n, 100, 1, 0, 0), batch) < 0.7  # whole blocks alone do not mix


def test_copies_fall_on_one_side_and_shares_are_as_asked(tmp_path):
    held = frame(4000).drop(columns="split")
    held = pd.concat([held, held.iloc[::7]], ignore_index=True).sample(frac=1, random_state=0)
    held.to_parquet(path := tmp_path / "copies.parquet", index=False)
    data = read(path, memory="1MB", split="random", valid_frac=0.1, test_frac=0.2)
    seen = [set(map(tuple, held.iloc[s.rows].astype(str).to_numpy())) for s in (data.train, data.valid, data.test)]
    assert not any(seen[a] & seen[b] for a, b in ((0, 1), (0, 2), (1, 2)))
    assert len(data.test) / len(held) == pytest.approx(0.2, abs=0.03)
    other = read(path, memory="1MB", split="random", valid_frac=0.1, test_frac=0.2, seed=1)
    assert len(np.intersect1d(other.test.rows, data.test.rows)) < 0.5 * len(data.test)


def test_classes_that_the_sample_does_not_show_are_learnt_too(tmp_path):
    rng = np.random.default_rng(0)
    held = pd.DataFrame({"a": rng.normal(size=9000), "y": rng.choice(["no", "yes"], 9000)})
    held.loc[[4001, 4003, 4005, 4007, 4009, 4011, 4013, 4015], "y"] = "seldom"
    held.to_parquet(path := tmp_path / "classes.parquet")
    data = read(path, memory="100kB")
    assert data.classes == ("no", "seldom", "yes")
    assert sum(sum(c) for c in data.facts["class_counts"].values()) == 9000
    assert sum(c[1] for c in data.facts["class_counts"].values()) == 8


def test_arrays_in_files_are_streamed_to_the_same_numbers(tmp_path):
    rng = np.random.default_rng(0)
    x = rng.normal(3, 2, size=(3000, 5)).astype(np.float32)
    for part, rows in {"train": slice(0, 2000), "valid": slice(2000, 2500), "test": slice(2500, 3000)}.items():
        np.save(tmp_path / f"x_{part}.npy", x[rows])
        np.save(tmp_path / f"y_{part}.npy", x[rows, 0] * 2 + x[rows, 1])
    none = Recipe.of({}).data
    whole, pieces = load(tmp_path, none), load(tmp_path, Recipe.of({"data.memory": "60kB"}).data)
    assert pieces.train.feed is not None
    for part in ("train", "valid", "test"):
        torch.testing.assert_close(getattr(whole, part).x, getattr(pieces, part).x, rtol=1e-6, atol=1e-6)
        torch.testing.assert_close(getattr(whole, part).y, getattr(pieces, part).y, rtol=1e-6, atol=1e-6)
    assert np.array_equal(pieces.raw.inputs[np.array([2600, 3])], x[[2600, 3]])  # type: ignore[index]


@pytest.mark.parametrize("version", [2, 3])
@pytest.mark.parametrize("shape", [(5,), (9, 8, 3)])
def test_a_zarr_store_of_arrays_is_streamed_to_the_same_numbers(tmp_path, version: int, shape: tuple[int, ...]):
    zarr = pytest.importorskip("zarr")
    rng = np.random.default_rng(0)
    x = rng.normal(3, 2, size=(600, *shape)).astype(np.float32)
    store = zarr.create_group(str(tmp_path / "a.zarr"), zarr_format=version)
    for part, rows in {"train": slice(0, 400), "valid": slice(400, 500), "test": slice(500, 600)}.items():
        store.create_array(f"x_{part}", data=x[rows], chunks=(64, *shape))
        store.create_array(f"y_{part}", data=x[rows].reshape(len(x[rows]), -1)[:, 0] * 2, chunks=(64,))
    source = str(tmp_path / "a.zarr")
    whole, pieces = load(source, Recipe.of({}).data), load(source, Recipe.of({"data.memory": "60kB"}).data)
    assert pieces.train.feed is not None or len(shape) == 1
    assert whole.raw.kind == pieces.raw.kind == ("pictures" if len(shape) == 3 else "array")
    for part in ("train", "valid", "test"):
        torch.testing.assert_close(getattr(whole, part).x, getattr(pieces, part).x, rtol=1e-5, atol=1e-5)
        torch.testing.assert_close(getattr(whole, part).y, getattr(pieces, part).y, rtol=1e-5, atol=1e-5)
    wanted = np.array([420, 3])
    assert np.array_equal(pieces.raw.inputs[wanted], whole.raw.inputs[wanted])  # type: ignore[index]


def pictures_in(folder, sizes=((12, 12),)):
    """A tree of pictures in three classes, split by folders; one of seven grey."""
    from PIL import Image

    rng = np.random.default_rng(0)
    for part, n in {"train": 80, "valid": 15, "test": 15}.items():
        for k, name in enumerate(("bog", "fen", "mire")):
            place = folder / part / name
            place.mkdir(parents=True)
            for i in range(n):
                side = sizes[i % len(sizes)]
                x = np.clip(rng.normal(80 * k + 40, 20, size=(*side, 3)), 0, 255).astype(np.uint8)
                Image.fromarray(x[:, :, 0] if i % 7 == 0 else x).save(place / f"{i:03d}.png")
    return folder


@pytest.mark.parametrize("sizes", [((12, 12),), ((12, 12), (16, 10), (12, 12))])
def test_a_tree_of_pictures_is_streamed_to_the_same_numbers(tmp_path, sizes):
    tree = pictures_in(tmp_path / "tree", sizes)
    whole, pieces = load(tree, Recipe.of({}).data), load(tree, Recipe.of({"data.memory": "30kB"}).data)
    assert pieces.train.feed is not None
    assert whole.train.feed is None
    assert pieces.classes == whole.classes
    for part in ("train", "valid", "test"):
        a, b = getattr(whole, part), getattr(pieces, part)
        torch.testing.assert_close(a.x, b.x, rtol=1e-5, atol=1e-5)
        assert torch.equal(a.y, b.y)
    assert np.array_equal(pieces.raw.inputs[np.array([70, 3])], whole.raw.inputs[np.array([70, 3])])  # type: ignore[index]
    resized = {f.fault for f in pieces.findings} & {"pictures-resized", "pictures-grey"}
    assert resized == {f.fault for f in whole.findings} & {"pictures-resized", "pictures-grey"}
    assert pieces.preparation.resize == whole.preparation.resize


def test_streamed_pictures_are_trained_on_as_in_memory_bit_for_bit(tmp_path, monkeypatch):
    data = load(pictures_in(tmp_path / "tree"), Recipe.of({"data.memory": "30kB"}).data)
    given = {"training.epochs": 2, "training.batch_size": 16, "training.lr": 1e-3, "network.name": "dense"}
    case = lambda data: build(propose(Recipe.of(given), data)[0], data)
    streamed, _ = trained(case(data))
    here = replace(data, train=replace(data.train, x=data.train.x.clone(), feed=None))
    monkeypatch.setattr(loop, "order_of", data.train.feed.order)  # type: ignore[union-attr]
    memory, _ = trained(case(here))
    assert all(torch.equal(streamed[k], memory[k]) for k in memory)


def test_a_picture_that_cannot_be_read_is_named_though_the_tree_is_streamed(tmp_path):
    tree = pictures_in(tmp_path / "tree")
    broken = tree / "train" / "fen" / "007.png"
    broken.write_bytes(broken.read_bytes()[:-60])
    with pytest.raises(DataError, match=r"train/fen/007\.png"):
        load(tree, Recipe.of({"data.memory": "30kB"}).data)
    whole = Recipe.of({"data.memory": "30kB", "data.skip_bad": True}).data
    with pytest.raises(DataError, match=r"data\.skip_bad"):
        load(tree, whole)


FLAT = """
import sys
import numpy as np, pandas as pd, torch
from wellfit.nouns.recipe import Recipe
from wellfit.verbs.build import build
from wellfit.verbs.load import load
from wellfit.verbs.propose import propose
from wellfit.verbs.train import train

def fit(rows):
    rng = np.random.default_rng(0)
    held = pd.DataFrame(rng.normal(size=(rows, 20)), columns=[f"c{i}" for i in range(20)])
    held.assign(y=held.c0).to_parquet(sys.argv[1], row_group_size=12_000)
    del held
    open("/proc/self/clear_refs", "w").write("5")  # the highest mark is set back (proc(5))
    data = load(sys.argv[1], Recipe.of({"data.memory": "2MB", "data.target": "y"}).data)
    given = {"training.epochs": 1, "training.batch_size": 1024, "training.lr": 1e-3, "network.widths": [8]}
    case = build(propose(Recipe.of(given | {"network.options.embedding": "none"}), data)[0], data)
    for _ in train(case):
        pass
    line = next(l for l in open("/proc/self/status") if l.startswith("VmHWM"))
    return int(line.split()[1]) * 1024

fit(2_000)
print(fit(12_000), fit(120_000))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="peak memory is read from /proc")
def test_memory_stays_flat_for_a_table_ten_times_larger_than_is_allowed(tmp_path):
    """20 MB of a table with 2 MB allowed, beside 2 MB: what is held more is order, row numbers and answers, 20 bytes a
    row, and what the allocator keeps."""
    command = [sys.executable, "-c", textwrap.dedent(FLAT), str(tmp_path / "flat.parquet")]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    small, large = map(int, said)
    assert large - small < 0.5 * 120_000 * 21 * 8, f"{(large - small) / 1e6:.0f} MB more"


FLAT_PICTURES = """
import sys
from pathlib import Path
import numpy as np
from PIL import Image
from wellfit.nouns.recipe import Recipe
from wellfit.verbs.build import build
from wellfit.verbs.load import load, sample
from wellfit.verbs.propose import propose
from wellfit.verbs.train import train

sample.LEAST_BYTES = 0  # 100 rows are looked at, in place of up to 1,000

def fit(folder, n):
    rng = np.random.default_rng(0)
    for part, many in (("train", n), ("valid", 12), ("test", 12)):
        for name in ("bog", "fen"):
            place = Path(folder, part, name)
            place.mkdir(parents=True)
            for i in range(many // 2):
                x = rng.integers(0, 255, (64, 64, 3), dtype=np.uint8)
                Image.fromarray(x).save(place / f"{i:05d}.bmp")
    open("/proc/self/clear_refs", "w").write("5")  # the highest mark is set back (proc(5))
    data = load(folder, Recipe.of({"data.memory": "1MB"}).data)
    assert data.train.feed is not None
    given = {"training.epochs": 1, "training.batch_size": 32, "training.lr": 1e-3, "network.name": "dense"}
    for _ in train(build(propose(Recipe.of(given | {"network.widths": [4]}), data)[0], data)):
        pass
    line = next(l for l in open("/proc/self/status") if l.startswith("VmHWM"))
    return int(line.split()[1]) * 1024

fit(sys.argv[1] + "/warm", 120)
print(fit(sys.argv[1] + "/small", 120), fit(sys.argv[1] + "/large", 720))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="peak memory is read from /proc")
def test_memory_stays_flat_for_pictures_many_times_larger_than_is_allowed(tmp_path):
    """600 pictures more, 7 MB as bytes and 29 MB as the numbers that a network takes, with 1 MB allowed."""
    command = [sys.executable, "-c", textwrap.dedent(FLAT_PICTURES), str(tmp_path)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    small, large = map(int, said)
    assert large - small < 0.4 * 600 * 64 * 64 * 3 * 4, f"{(large - small) / 1e6:.0f} MB more"


def test_what_needs_all_rows_is_refused_where_memory_is_said_and_too_small(parquet):
    with pytest.raises(DataError, match="which needs all rows at once"):
        read(parquet, memory="100kB", weight="a")
    with pytest.raises(RecipeError, match="memory"):
        Recipe.of({"data.memory": "much"})
    with pytest.raises(RecipeError, match="memory"):
        Recipe.of({"data.memory": "0GB"})


def test_sizes_are_read_as_people_write_them():
    assert bytes_of("2GB") == 2 * 10**9
    assert bytes_of("1.5 GiB") == 3 * 2**29
    assert bytes_of("500kb") == 500_000
    assert 0 < bytes_of(settled("auto")) < 2**50


def test_a_disk_without_room_is_said_before_anything_is_written(monkeypatch, tmp_path):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(room.os, "posix_fallocate", full)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with pytest.raises(DataError, match="No space left"):
        scratch((1000, 10), 0)


def test_a_file_of_scratch_holds_what_was_written_after_its_pages_are_let_go():
    held = scratch((1000, 10), 0)
    held.tensor[:] = torch.arange(10_000).float().view(1000, 10)
    held.release()
    held.fetch(10, 20)
    assert float(held.tensor[999, 9]) == 9999


def test_a_source_that_is_slower_than_training_is_waited_for_and_said():
    feed = Feed(scratch((4, 1), 2**20), 1)

    def slow():
        for i in range(3):
            time.sleep(0.02)
            yield i

    assert list(read_ahead(slow(), feed)) == [0, 1, 2]
    share = feed.taken(feed.waited_s * 2)
    assert share == pytest.approx(0.5)
    steps = np.arange(2.0)
    said = waited(Track("data_wait_frac", steps, steps, np.array([0.5, 0.5])))
    assert said is not None
    assert "50%" in said.summary
    assert waited(Track("data_wait_frac", steps, steps, np.array([0.01, 0.02]))) is None


def test_an_error_while_reading_ahead_is_raised_where_rows_are_used():
    def broken():
        yield 1
        raise DataError("rows", "a damaged page", "copy the file anew")

    feed = Feed(scratch((4, 1), 2**20), 1)
    with pytest.raises(DataError, match="damaged page"):
        list(read_ahead(broken(), feed))


def test_predictions_of_a_large_table_are_those_of_all_rows_at_once(tmp_path, monkeypatch):
    from wellfit.jobs import predict
    from wellfit.nouns.blocks import Blocks
    from wellfit.verbs.load import large

    held = frame(500)
    held.to_parquet(path := tmp_path / "p.parquet")

    class Doubled:
        """Answers twice the first column."""

        def outputs(self, raw):
            return raw["a"].to_numpy()[:, None] * 2

    monkeypatch.setattr(large, "LARGE", 1000)
    raw = large.opened(str(path), Recipe.of({}).data, to_learn=False)
    assert raw is not None
    assert isinstance(raw.inputs, Blocks)
    monkeypatch.setattr(predict, "PIECE", 3000)
    found = predict._outputs(Doubled(), raw)  # type: ignore[arg-type]
    assert np.array_equal(found[:, 0], held["a"].to_numpy() * 2)
