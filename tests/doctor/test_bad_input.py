"""Laws of how the doctor meets trouble: what it cannot do is refused in three lines before anything runs; what a script
does wrong looks as it does without the doctor."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from wellfit.jobs import doctor
from wellfit.jobs.verdict import Verdict
from wellfit.nouns.errors import RunError
from wellfit.nouns.program import Program

CRASHES = """
import warnings
import torch
from torch import nn
from torch.nn import functional as F
net = nn.Linear(4, 3)
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
def mine():
    warnings.warn("mine", stacklevel=2)
mine()
for step in range(2):
    out = net(torch.ones(8, 4))
    F.mse_loss(out, torch.ones(8, 1))
    F.softmax(out)
    F.cross_entropy(out, torch.zeros(8).long()).backward()
    optimizer.step()
torch.optim.lr_scheduler.StepLR(optimizer, 3).step()
try:
    F.cross_entropy(net(torch.ones(8, 4)), torch.zeros(7).long())
except ValueError as error:
    raise RuntimeError("own") from error
"""
PROCESSES = """
import multiprocessing as mp
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from package.helper import double
if __name__ == "__main__":
    torch.manual_seed(0)
    data = TensorDataset(torch.randn(60, 3), torch.randint(0, 2, (60,)))
    net = nn.Linear(3, 2)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    for epoch in range(2):
        for x, y in DataLoader(data, batch_size=20, num_workers=1):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(net(x), y)
            loss.backward()
            optimizer.step()
            print("o" * 2**20, repr(loss.item()))
    with mp.get_context("spawn").Pool(1) as pool:
        print(__package__, __spec__.name, pool.map(double, [1, 2]))
"""
RANKS = """
import os
import sys
import torch
import torch.distributed as dist
from torch import nn
dist.init_process_group("gloo", init_method="file://" + sys.argv[1], rank=int(os.environ["RANK"]), world_size=2)
torch.manual_seed(0)
x, y = torch.randn(100, 4), torch.randint(0, 2, (100,))
net = nn.parallel.DistributedDataParallel(nn.Linear(4, 2))
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
for rows in torch.arange(100).split(10):
    loss = nn.functional.cross_entropy(net(x[rows]), y[rows])
    loss.backward()
    optimizer.step()
dist.destroy_process_group()
"""


def both(command: list[str], folder: Path) -> list[subprocess.CompletedProcess[str]]:
    """What a script gives bare, and what it gives watched."""
    env = {**os.environ, "OMP_NUM_THREADS": "1"}
    fronts = ([], ["-m", "wellfit.jobs.doctor", "--no-trials"])
    commands = [[sys.executable, *front, *command] for front in fronts]
    return [subprocess.run(c, cwd=folder, env=env, capture_output=True, text=True, timeout=300) for c in commands]


def test_traceback_and_warnings_are_those_without_the_doctor(tmp_path):
    (tmp_path / "train.py").write_text(CRASHES)
    bare, watched = both(["train.py"], tmp_path)
    assert bare.returncode == watched.returncode == 1
    assert bare.stderr.count("UserWarning") == 4
    assert "direct cause" in bare.stderr
    assert watched.stderr.startswith(bare.stderr)
    assert "train.py · " in watched.stderr[len(bare.stderr) :]


def test_module_of_a_package_with_workers_spawned_processes_and_megabytes_runs_as_it_does(tmp_path):
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "train.py").write_text(PROCESSES)
    (tmp_path / "package" / "helper.py").write_text("def double(x):\n    return 2 * x\n")
    bare, watched = both(["-m", "package.train"], tmp_path)
    assert bare.stdout.endswith("package package.train [2, 4]\n")
    assert watched.stdout == bare.stdout
    assert "training   6 steps of 20 examples" in watched.stderr


@pytest.mark.skipif(not torch.distributed.is_available(), reason="torch was built without distributed")
def test_several_ranks_give_one_report(tmp_path):
    (tmp_path / "train.py").write_text(RANKS)
    out, running = tmp_path / "out.json", []
    for rank in "01":
        env = {**os.environ, "OMP_NUM_THREADS": "1", "RANK": rank, "WORLD_SIZE": "2", "LOCAL_RANK": rank}
        front = ["-m", "wellfit.jobs.doctor", "--no-trials", "--json", str(out)]
        command = [sys.executable, *front, "train.py", str(tmp_path / "store")]
        running.append(subprocess.Popen(command, cwd=tmp_path, env=env, stderr=subprocess.PIPE, text=True))
    said = [one.communicate(timeout=300)[1] for one in running]
    assert [one.returncode for one in running] == [0, 0]
    assert ["wellfit doctor" in text for text in said] == [True, False]
    assert "ranks seen: 2 of 2" in said[0]
    assert json.loads(out.read_text())["findings"][0]["fault"] == "zero-grad-missing"


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("nowhere.py", None, "No such file"),
        ("broken.py", b"print('x'\n", "line 1"),
        ("latin.py", b"x = 'caf\xe9'\n", "does not parse"),
        ("binary.py", b"\0\0", "does not parse"),
    ],
)
def test_script_that_is_none_is_refused(name, text, found, tmp_path):
    if text is not None:
        (tmp_path / name).write_bytes(text)
    with pytest.raises(RunError, match=found):
        doctor.main([str(tmp_path / name)])


@pytest.mark.parametrize("words", [["-m", "no_such_package.train"], ["-m", "wellfit.no_such_module"]])
def test_module_that_is_none_is_refused(words):
    with pytest.raises(RunError, match=r"No module named|none of that name"):
        doctor.main(words)


@pytest.mark.parametrize("words", [["--budget", "-5"], ["--budget", "soon"], ["--steps", "0"], ["--report"], []])
def test_option_that_makes_no_sense_is_refused(words, capsys):
    with pytest.raises(SystemExit) as left:
        doctor.main([*words, "train.py"] if words else [])
    assert left.value.code == 2
    assert "wellfit doctor: error" in capsys.readouterr().err


def test_file_that_cannot_be_written_costs_one_line(tmp_path, capsys):
    told = Verdict(Program("train.py"))
    for _ in range(2):
        doctor._write(tmp_path, told)
    assert len(told.program.trouble) == 1
    assert "failed" in told.program.trouble[0]
    doctor._page(told, doctor.Wanted(page=tmp_path / "gone" / "page.html"))
    assert "was not written" in capsys.readouterr().err
