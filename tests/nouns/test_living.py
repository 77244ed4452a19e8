"""Does a run go on? Told by its files, by its process on this machine, by silence on another."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time

import pytest

from wellfit.nouns import living
from wellfit.nouns.errors import RunError


def test_a_run_goes_on_while_its_process_lives(tmp_path):
    living.begin(tmp_path)
    assert living.status(tmp_path, None) == "running"
    assert living.status(tmp_path, {"status": "running"}) == "running"
    assert living.status(tmp_path, {"status": "done"}) == "done"


def test_a_run_whose_process_is_gone_was_killed(tmp_path):
    code = "import sys; from pathlib import Path; from wellfit.nouns import living; living.begin(Path(sys.argv[1]))"
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)
    assert living.status(tmp_path, None) == "killed"


def test_another_process_with_an_old_number_is_not_taken_for_the_runs(tmp_path):
    living.begin(tmp_path)
    about = json.loads((tmp_path / living.PROCESS).read_text())
    if about["since"] is None:
        pytest.skip("this system does not say when a process began")
    (tmp_path / living.PROCESS).write_text(json.dumps(about | {"since": about["since"] - 1}))
    assert living.status(tmp_path, None) == "killed"


@pytest.mark.parametrize("content", ['{"pid": 1, "host": "elsewhere", "since": 5}', "{", "[]", '{"pid": "x"}'])
def test_of_a_process_elsewhere_or_unknown_only_silence_is_told(tmp_path, content):
    (tmp_path / living.PROCESS).write_text(content)
    readings = tmp_path / "readings.jsonl"
    readings.write_text("")
    assert living.status(tmp_path, None) == "running"
    long_ago = time.time() - 2 * living.QUIET_S
    os.utime(readings, (long_ago, long_ago))
    assert living.status(tmp_path, None) == "silent"


def test_a_request_to_stop_is_heard_once_and_forgotten_by_the_next_process(tmp_path):
    asked = living.Asked(tmp_path)
    assert not asked()
    living.ask_stop(tmp_path)
    asked._next = 0.0
    assert asked()
    assert asked()
    assert not (tmp_path / living.STOP).exists()
    living.ask_stop(tmp_path)
    living.begin(tmp_path)
    assert not living.Asked(tmp_path)()


def test_a_run_that_is_gone_cannot_be_stopped(tmp_path):
    with pytest.raises(RunError, match="press Ctrl-C"):
        living.ask_stop(tmp_path / "gone")
