"""Several processes that train one network: the same steps as one, and a killed one loses nothing but steps."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

import wellfit as wf
from wellfit.jobs.given import own_network
from wellfit.jobs.launch import Place, launch
from wellfit.nouns.errors import RecipeError
from wellfit.nouns.ranks import Rank, rank
from wellfit.nouns.world import World

CHOICES = {
    "training.epochs": 4,
    "training.lr": 0.002,
    "training.batch_size": 48,
    "augment.noise": 0.1,
    "watch.checkpoint_s": 0.01,
}
DEADLY = """
import os, signal
import torch.distributed as dist
from torch import nn

class Deadly(nn.Module):
    calls = 0
    def __init__(self, shape_in, shape_out):
        super().__init__()
        self.layers = nn.Sequential(nn.Flatten(), nn.LazyLinear(24), nn.Tanh(), nn.Linear(24, *shape_out))
    def forward(self, x):
        if dist.is_initialized() and os.environ["RANK"] == "1" and os.environ["TORCHELASTIC_RESTART_COUNT"] == "0":
            Deadly.calls += 1
            if Deadly.calls == 60:
                os.kill(os.getpid(), signal.SIGKILL)
        return self.layers(x)
"""


def fitted_by_two(folder: Path) -> Path:
    """The run of two processes, one of which is killed and started anew."""
    torchrun = ["torch.distributed.run", "--standalone", "--nproc-per-node", "2", "--max-restarts", "1"]
    fit = ["wellfit", "fit", "digits", "--out", "two", "--network", "deadly.py:Deadly", "--force", "--set"]
    words = [sys.executable, "-m", *torchrun, "-m", *fit, *(f"{k}={v}" for k, v in CHOICES.items())]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "NO_COLOR": "1"}
    done = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, timeout=400)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-3000:]
    assert "goes on in epoch" in done.stdout
    return folder / "two"


def curve(run: Path, name: str) -> list[tuple[int, float]]:
    held = [json.loads(line) for line in (run / "readings.jsonl").read_text().splitlines()]
    return [(r["step"], r["value"]) for r in held if r["name"] == name]


@pytest.mark.slow
def test_two_processes_one_of_them_killed_end_where_one_process_ends(tmp_path: Path):
    (tmp_path / "deadly.py").write_text(DEADLY)
    network = own_network(f"{tmp_path / 'deadly.py'}:Deadly")
    one = wf.fit("digits", network=network, force=True, out=tmp_path / "one", **CHOICES).path
    two = fitted_by_two(tmp_path)
    assert json.loads((two / "result.json").read_text())["status"] == "done"
    for name in ("valid_loss", "train_loss"):
        a, b = curve(one, name), curve(two, name)
        assert [step for step, _ in a] == [step for step, _ in b]
        assert [v for _, v in b] == pytest.approx([v for _, v in a], rel=1e-4)
    ours, theirs = load_file(one / "model.safetensors"), load_file(two / "model.safetensors")
    for key, value in ours.items():
        torch.testing.assert_close(theirs[key], value, rtol=1e-3, atol=1e-5)


def test_shares_of_the_ranks_put_together_are_the_whole_batch():
    for size in (1, 2, 3, 7):
        for n in (1, 2, 5, 12):
            rows = torch.arange(n)
            together = torch.cat([World(r, size).part(rows) for r in range(size)])
            assert together[:n].tolist() == rows.tolist()
            assert len({len(World(r, size).part(rows)) for r in range(size)}) == 1


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ({}, Rank(0, 1, 0)),
        ({"RANK": "3", "WORLD_SIZE": "8", "LOCAL_RANK": "1"}, Rank(3, 8, 1)),
        ({"SLURM_PROCID": "2", "SLURM_STEP_NUM_TASKS": "4", "SLURM_LOCALID": "0"}, Rank(2, 4, 0)),
        ({"SLURM_PROCID": "0", "SLURM_NTASKS": "4"}, Rank(0, 1, 0)),  # a shell inside an allocation
        ({"RANK": "0", "WORLD_SIZE": "1", "LOCAL_RANK": "0"}, Rank(0, 1, 0)),
    ],
)
def test_a_process_knows_which_it_is(monkeypatch: pytest.MonkeyPatch, said: dict[str, str], found: Rank):
    for word in list(os.environ):
        if word.startswith(("SLURM_", "OMPI_")) or word in ("RANK", "WORLD_SIZE", "LOCAL_RANK"):
            monkeypatch.delenv(word)
    for word, value in said.items():
        monkeypatch.setenv(word, value)
    assert rank() == found


def test_more_ranks_than_rows_of_a_batch_are_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("RANK", "0")
    monkeypatch.setenv("WORLD_SIZE", "9")
    with pytest.raises(RecipeError, match="9 processes"):
        wf.fit("iris", batch_size=8)


FAKE = {
    "srun": """echo "srun ${*:2}" >> "$LOG"
if [ "$3" = fit ]; then mkdir -p "$RUN"; echo $$ > "$RUN/pid"; touch "$RUN/recipe.toml"; exec sleep 20; fi""",
    "scontrol": 'echo "scontrol $*" >> "$LOG"',
    "scancel": 'echo "scancel $*" >> "$LOG"; kill -TERM "$(cat "$RUN/pid")"',
}


def test_the_batch_script_stops_before_its_limit_queues_again_and_goes_on(tmp_path: Path):
    script = launch(
        ["fit", "digits", "--out", "r", "--set", "training.epochs=3"], Place(gpus=2, more=("--partition=gpu",))
    )
    for line in ("--ntasks-per-node=2", "--gpus-per-node=2", "--partition=gpu", "--requeue", "--signal=B:USR1@180"):
        assert f"#SBATCH {line}\n" in script
    (tmp_path / "job.sh").write_text(script)
    log, bin_ = tmp_path / "log", tmp_path / "bin"
    bin_.mkdir()
    for name, body in FAKE.items():
        (bin_ / name).write_text(f"#!/bin/bash\n{body}\n")
        (bin_ / name).chmod(0o755)
    said = {"PATH": f"{bin_}:{os.environ['PATH']}", "LOG": str(log), "RUN": str(tmp_path / "r"), "SLURM_JOB_ID": "7"}
    environment = {**said, "SLURM_CPUS_PER_TASK": "1"}
    job = subprocess.Popen(["bash", "job.sh"], cwd=tmp_path, env=environment)
    until = time.monotonic() + 30
    while not (tmp_path / "r" / "recipe.toml").exists() and time.monotonic() < until:
        time.sleep(0.05)
    job.send_signal(signal.SIGUSR1)
    assert job.wait(30) == 0
    assert subprocess.run(["bash", "job.sh"], cwd=tmp_path, env=environment, timeout=30).returncode == 0
    first, stopped, queued, second = log.read_text().splitlines()
    assert first == "srun wellfit fit digits --set training.epochs=3 --out r"
    assert (stopped, queued) == ("scancel --signal=TERM 7.0", "scontrol requeue 7")
    assert second == "srun wellfit resume r"
