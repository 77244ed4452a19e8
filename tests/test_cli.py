"""The commands: help, refusals, exit status; the jobs themselves are played by stand-ins."""

from __future__ import annotations

import errno
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from wellfit import cli
from wellfit.nouns.errors import CheckError, DataError
from wellfit.nouns.stage import Stage

COMMANDS = ("fit", "resume", "recipe", "summary", "predict", "runs", "report", "about")


@pytest.fixture
def call(capsys, monkeypatch):
    """(words) -> (exit status, standard output, standard error)"""
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.delenv("WELLFIT_DEBUG", raising=False)

    def run(*words: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as left:
            cli.main(words)
        return (int(left.value.code or 0), *capsys.readouterr())

    return run


def ending(status: str = "done") -> Stage:
    facts = {"status": status, "verdict": "well-fitted", "test": {}, "run": "runs/a", "report": "runs/a/report.html"}
    return Stage("test", "accuracy 0.98", None, facts)


@pytest.fixture
def told(monkeypatch):
    """What `story` was called with; it tells two stages and ends."""
    from wellfit.jobs import fit

    seen: dict = {}

    def story(source, **options) -> Iterator[Stage]:
        seen.update(source=source, **options)
        yield Stage("data", "digits: 1,797 pictures", None, {"n_train": 9})
        if "error" in seen:
            raise seen["error"]
        yield ending(seen.get("status", "done"))

    monkeypatch.setattr(fit, "story", story)
    return seen


def raising(error: BaseException):
    def job(*words: object) -> str:
        raise error

    return job


def test_help_lists_every_command_with_its_sentence(call):
    status, out, _ = call("--help")
    assert status == 0
    for command in COMMANDS:
        assert re.search(rf"│ {command} +[A-Z]", out), command


def test_no_command_at_all_is_answered_with_help(call):
    assert call()[:2] == call("--help")[:2]


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_every_command_has_an_example_and_says_every_option(call, command):
    status, out, _ = call(command, "--help")
    assert status == 0
    assert re.search(rf"^ +wellfit {command} ", out, re.M) or f"    wellfit {command}\n" in out
    for option in re.findall(r"│ (?:\*  )?(--[a-z-]+|[A-Z]{3,})(.*)│", out):
        assert len(option[1].split()) > 2, f"{option[0]} is not explained"


def test_the_version_is_the_packages(call):
    from wellfit import __version__

    assert call("--version")[:2] == (0, f"{__version__}\n")


@pytest.mark.parametrize(
    ("words", "nearest"),
    [(("fitt",), '"fit"'), (("fit", "--jsn"), "--json"), (("fit", "--tarjet", "a"), "--target"), (("run",), '"runs"')],
)
def test_a_misspelt_word_is_refused_with_the_nearest_right_one(call, words, nearest):
    status, out, err = call(*words)
    assert (status, out) == (2, "")
    assert f"Did you mean {nearest}?" in err
    assert "--help" in err.splitlines()[-1]


def test_a_word_too_many_is_refused(call):
    status, _, err = call("fit", "a", "b")
    assert status == 2
    assert "'b'" in err


def test_a_missing_word_is_refused(call):
    status, _, err = call("predict", "runs/a")
    assert status == 2
    assert "DATA" in err


def test_what_is_refused_is_three_lines_on_standard_error(call, told):
    told["error"] = DataError("the data x", "an empty file", "name another")
    status, _, err = call("fit", "x")
    assert (status, err) == (2, "asked: the data x\nfound: an empty file\ndo:    name another\n")


def test_a_failing_check_is_refused_after_its_checks_were_shown(call, told):
    told["error"] = CheckError("to train", "no gradient", "mend it")
    status, out, err = call("fit")
    assert status == 2
    assert out.startswith("data ")
    assert "found: no gradient" in err


def test_an_error_of_our_own_is_one_line_and_a_file_with_the_traceback(call, told):
    told["error"] = ZeroDivisionError("division by zero")
    status, _, err = call("fit")
    first, second = err.splitlines()
    assert status == 1
    assert "ZeroDivisionError: division by zero" in first
    file = Path(second.split()[-1])
    assert "Traceback" in file.read_text()
    file.unlink()


def test_debugging_shows_the_traceback_itself(call, told, monkeypatch):
    monkeypatch.setenv("WELLFIT_DEBUG", "1")
    told["error"] = ZeroDivisionError("division by zero")
    status, _, err = call("fit")
    assert status == 1
    assert err.startswith("Traceback")


@pytest.mark.parametrize(("error", "status"), [(KeyboardInterrupt(), 130), (BrokenPipeError(), 141)])
def test_being_stopped_is_quiet(call, monkeypatch, error, status):
    from wellfit.jobs import about

    monkeypatch.setattr(about, "about", raising(error))
    assert call("about", "cosine") == (status, "", "")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "runs/a/x"), "No space left on device"),
        (PermissionError(errno.EACCES, "Permission denied", "runs/a/x"), "Permission denied"),
        (MemoryError("unable to allocate 3 GiB"), "unable to allocate 3 GiB"),
    ],
)
def test_a_full_disk_a_closed_door_and_no_memory_are_said_plainly(call, told, error, words):
    told["error"] = error
    status, _, err = call("fit")
    assert status == 2
    assert [line.split(":")[0] for line in err.splitlines()] == ["asked", "found", "do"]
    assert words in err


def test_a_training_stopped_by_ctrl_c_ends_with_130(call, told):
    told["status"] = "interrupted"
    assert call("fit")[0] == 130
    assert call("fit", "--json")[0] == 130


def test_json_prints_one_document_and_nothing_else(call, told):
    status, out, err = call("fit", "--json")
    document = json.loads(out)
    assert (status, err) == (0, "")
    assert (document["status"], document["run"], document["report"]) == ("done", "runs/a", "runs/a/report.html")
    assert document["stages"][0] == {"stage": "data", "line": "digits: 1,797 pictures", "facts": {"n_train": 9}}


def test_json_of_what_is_refused_is_a_document_too(call, told):
    told["error"] = DataError("the data x", "an empty file", "name another")
    status, out, err = call("fit", "x", "--json")
    assert status == 2
    assert json.loads(out)["error"]["found"] == "an empty file"
    assert "found: an empty file" in err


def test_choices_after_one_set_all_count_and_lie_over_the_recipe(call, told, tmp_path):
    file = tmp_path / "r.toml"
    file.write_text("[training]\nepochs = 7\nlr = 0.5\n")
    words = [
        "--recipe",
        str(file),
        "--set",
        "training.epochs=9",
        "widths=[8,8]",
        "--set",
        "optimizer=sgd",
        "--skip-bad",
    ]
    assert call("fit", "iris", *words, "--target", "a", "b", "--force", "--out", "x")[0] == 0
    recipe = told["recipe"]
    assert (recipe.training.epochs, recipe.training.lr, recipe.training.optimizer) == (9, 0.5, "sgd")
    assert (recipe.network.widths, recipe.data.skip_bad, recipe.data.target) == ((8, 8), True, ("a", "b"))
    assert (told["source"], told["force"], told["out"]) == ("iris", True, Path("x"))


def test_digits_are_fitted_where_no_data_is_named(call, told):
    call("fit")
    assert told["source"] == "digits"


@pytest.mark.parametrize("command", ["resume", "report"])
def test_a_run_that_is_not_there_is_refused(call, command, tmp_path):
    status, out, err = call(command, str(tmp_path / "none"))
    assert (status, out) == (2, "")
    assert "found: no such folder" in err


def test_a_word_is_explained_from_its_own_docstring(call):
    status, out, _ = call("about", "grad-norm")
    assert status == 0
    assert out.startswith("grad-norm (probes)\n\nHow long the gradient is")


def test_an_unknown_word_is_refused_with_the_nearest(call):
    status, _, err = call("about", "cosin")
    assert status == 2
    assert "do:    write 'cosine'" in err
