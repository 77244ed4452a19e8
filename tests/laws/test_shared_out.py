"""A network that lies shared out over two processes (FSDP2) is trained as one process trains it, and its checkpoints are
read on any number of processes."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from test_quick import PLAYED
from two_ranks import CHOICES, EXACT, from_the_half, run_in, streamed, to_the_half

import wellfit as wf
from wellfit.nouns import shelf
from wellfit.nouns.errors import RunError
from wellfit.verbs import keep

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what one process did, and two after it (two_ranks.py)."""
    folder = tmp_path_factory.mktemp("shared out")
    wf.fit("wine", out=folder / "one", force=True, **CHOICES)
    to_the_half(run_in(folder / "one half"))
    (folder / "arrays").mkdir()
    x = np.random.default_rng(0).normal(size=(1500, 5)).astype(np.float32)
    for part, rows in {"train": slice(0, 1101), "valid": slice(1101, 1300), "test": slice(1300, 1500)}.items():
        np.save(folder / "arrays" / f"x_{part}.npy", x[rows])
        np.save(folder / "arrays" / f"y_{part}.npy", x[rows, 0] * 2 + x[rows, 1])
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    said = {**os.environ, "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "OMP_NUM_THREADS": "1"}
    words = [sys.executable, "-W", "error", str(Path(__file__).with_name("two_ranks.py")), str(folder)]
    ranks = [
        subprocess.Popen(words, env={**said, "RANK": str(r)}, cwd=folder, text=True, stderr=subprocess.PIPE)
        for r in (0, 1)
    ]
    told = [rank.communicate(timeout=400)[1] for rank in ranks]
    assert [rank.returncode for rank in ranks] == [0, 0], "\n".join(told)[-4000:]
    return folder


def same(found: dict[str, torch.Tensor], folder: Path) -> None:
    expected = load_file(folder / "one" / "model.safetensors")
    for name, value in found.items():
        torch.testing.assert_close(value, expected[f"network.{name}"], rtol=1e-3, atol=1e-5)


def test_two_processes_end_where_one_does_and_keep_the_whole_network(done: Path):
    found = load_file(done / "two" / "model.safetensors")
    same({k.removeprefix("network."): v for k, v in found.items() if k.startswith("network.")}, done)
    one, two = (wf.Run(done / which).readings for which in ("one", "two"))
    for name in ("train_loss", "valid_loss"):
        curves = [[r.value for r in run if r.name == name] for run in (one, two)]
        assert curves[1] == pytest.approx(curves[0], rel=1e-4)
    first = [{r.where: r.value for r in run if r.name == "grad_norm" and r.step == 0} for run in (one, two)]
    assert first[0]  # steps are looked at, whole
    assert first[1] == pytest.approx(first[0], rel=1e-4)
    assert wf.open(done / "two").predict(torch.zeros(3, 13).numpy()) is not None


def test_a_checkpoint_of_two_is_read_by_one_and_the_other_way_round(done: Path):
    assert not (done / "two half" / keep.CHECKPOINT).exists()
    assert len(list((done / "two half").glob("checkpoint-*/*.safetensors"))) == 2
    same(from_the_half(wf.Run(done / "two half")), done)
    same(load_file(done / "one to two.safetensors"), done)
    same(load_file(done / "two to two.safetensors"), done)


def test_steps_of_two_are_played_as_the_ordinary_ones_and_end_where_one_process_does(done: Path):
    for found in (json.loads((done / f"played {rank}.json").read_text()) for rank in (0, 1)):
        assert set(shelf.names("optimizers")) < set(found)
        assert {name: row["far"] for name, row in found.items() if not row["far"] < 1e-4} == {}
        assert {name: row["why"] for name, row in found.items() if row["why"]} == {"unused": "unused"}
        exact = {name: row["same"] for name, row in found.items() if "same" in row}
        assert all(exact.values())
        assert set(EXACT) < set(exact)
        assert {row["played"] for name, row in found.items() if name != "unused"} == {PLAYED}


def test_a_training_of_two_goes_on_with_the_random_state_of_each(done: Path):
    for rank in (0, 1):
        assert json.loads((done / f"goes on {rank}.json").read_text()) == [True, True]


def test_each_rank_reads_its_rows_of_a_streamed_batch_without_gaps_or_repeats(done: Path):
    expected, rows = streamed(done)
    found = load_file(done / "from a file.safetensors")
    for name, value in expected.items():
        torch.testing.assert_close(found[name], value, rtol=1e-3, atol=1e-5)
    shares = [json.loads((done / f"read {rank}.json").read_text()) for rank in (0, 1)]
    assert sorted(rows) == list(range(1101))
    assert sorted({*shares[0], *shares[1]}) == sorted(rows)
    uneven = 1  # the last batch has five rows: one of them is run twice, and counted once
    assert [len(s) for s in shares] == [len(rows) // 2 + uneven] * 2


def test_a_damaged_checkpoint_of_several_is_refused_in_three_lines(done: Path):
    broken = next((done / "two half").glob("checkpoint-*/shard-00002*"))
    kept = broken.read_bytes()
    broken.write_bytes(kept[: len(kept) // 2])
    try:
        with pytest.raises(RunError, match="damaged"):
            from_the_half(wf.Run(done / "two half"))
    finally:
        broken.write_bytes(kept)


def test_every_network_and_optimizer_is_trained_shared_out_as_in_one_piece(done: Path):
    found = json.loads((done / "found.json").read_text())
    assert set(found["optimizers"]) == set(shelf.names("optimizers"))
    assert set(found["networks"]) | {"vae", "gan", "flow"} == set(shelf.names("networks"))
    for kind in found.values():
        assert {name: far for name, far in kind.items() if far > 1e-4} == {}
