"""Laws of how the doctor meets a script: signals, modules, its own files; each ends as it would without the doctor."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from programs import HEALTHY, PAIRS, run

LOOP = HEALTHY.replace(PAIRS["zero-grad-missing"][1], "").replace("range(16)", "range(10**9)")
LOOP = LOOP.replace("print(epoch, repr(loss.item()))", "print(epoch, flush=True)")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_a_signal_gives_the_report_and_ends_the_script_as_it_would(number, tmp_path):
    script, out = tmp_path / "train.py", tmp_path / "out.json"
    script.write_text(LOOP)
    command = [sys.executable, "-m", "wellfit.jobs.doctor", "--json", str(out), "--budget", "1", str(script)]
    env = {**os.environ, "OMP_NUM_THREADS": "1"}
    pipes: dict = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "env": env}
    heard = lambda: signal.signal(number, signal.SIG_DFL)  # a job in the background is started deaf to Ctrl-C
    with subprocess.Popen(command, **pipes, preexec_fn=heard) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == "0\n"
        running.send_signal(number)
        _, said = running.communicate(timeout=120)
    assert running.returncode == -number
    assert ("KeyboardInterrupt" in said) == (number == signal.SIGINT)
    assert json.loads(out.read_text())["findings"][0]["fault"] == "zero-grad-missing"
    assert "zero-grad-missing" in said


def test_a_script_meets_the_doctor_on_its_own_terms(tmp_path):
    """One script for many: --steps, its own --json and --help, its excepthook, its file deleted, directory changed,
    atexit, stdin, a fork, its crash."""
    text = (
        "import argparse, atexit, os, sys\n"
        "ask = argparse.ArgumentParser(add_help=False)\nask.add_argument('--json')\nask.add_argument('--help')\n"
        "print(ask.parse_args(), sys.stdin.read(), __file__ == os.path.abspath(sys.argv[0]), __name__)\n"
        "atexit.register(print, 'at exit')\n"
        "sys.excepthook = lambda kind, error, tb: print('hook', kind.__name__, tb.tb_lineno, file=sys.stderr)\n"
        "os.remove(__file__)\nos.mkdir('elsewhere')\nos.chdir('elsewhere')\n"
        "child = os.fork()\nif not child:\n    os._exit(7)\nprint(os.waitpid(child, 0)[1])\n"
    ) + HEALTHY.replace(PAIRS["zero-grad-missing"][1], "")
    text += "raise ValueError('own')\n"
    lines = text.count("\n")
    given = {"capture_output": True, "text": True, "input": "typed", "timeout": 120}
    done = {}
    for kind, front in (("bare", []), ("watched", ["-m", "wellfit", "doctor", "--json", "o.json", "--steps", "90"])):
        folder = tmp_path / kind
        folder.mkdir()
        (folder / "train.py").write_text(text)
        command = [sys.executable, *front, "train.py", "--json", "x", "--help", "y"]
        done[kind] = subprocess.run(command, cwd=folder, **given)  # type: ignore[call-overload]
    bare, watched = done["bare"], done["watched"]
    assert watched.stdout == bare.stdout
    assert watched.returncode == bare.returncode == 1
    assert f"hook ValueError {lines}" in watched.stderr
    said = json.loads((tmp_path / "watched" / "o.json").read_text())
    assert said["steps"] == 90
    assert said["findings"][0]["fault"] == "zero-grad-missing"
    assert "loss.backward()" in watched.stderr  # the line of a file that is gone


def test_never_trained_is_said_and_what_cannot_be_written_is_refused_before_the_run(tmp_path):
    done, said = run("print('no training')\n", tmp_path)
    assert "no optimizer stepped" in done.stderr
    assert (said["status"], said["trained"]) == (
        "healthy",
        False,
    )  # the form that fault corpora ask for knows three words
    assert said["steps"] == 0
    front = [sys.executable, "-m", "wellfit", "doctor", "--json", str(tmp_path / "no" / "out.json")]
    refused = subprocess.run([*front, str(tmp_path / "train.py")], capture_output=True, text=True, timeout=120)
    assert refused.returncode == 2
    assert "there is no such folder" in refused.stderr
    assert "no training" not in refused.stdout
