"""The JSON view: one strict document."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from fake import checked, story

from wellfit.nouns.errors import CheckError
from wellfit.views.document import document
from wellfit.views.document import story as told


def test_the_document_holds_every_stage_but_moments_and_the_result_on_top():
    facts, refusal = told(story())
    assert refusal is None
    assert (facts["status"], facts["verdict"], facts["run"]) == ("done", "well-fitted", "runs/a")
    assert facts["test"]["accuracy"]["value"] == 0.98
    assert [s["stage"] for s in facts["stages"]] == ["data", "inputs", "network", "check", "check", "verdict", "test"]


def test_a_refused_job_keeps_its_checks_and_says_why():
    def refused():
        yield checked("error")
        raise CheckError("to train", "it cannot", "mend it")

    facts, refusal = told(refused())
    assert isinstance(refusal, CheckError)
    assert facts["status"] == "refused"
    assert facts["error"] == {
        "asked": "to train",
        "found": "it cannot",
        "do": "mend it",
    }
    assert facts["stages"][0]["facts"]["severity"] == "error"


def test_the_document_is_strict_json_whatever_the_facts():
    facts = {
        "nan": math.nan,
        "inf": [math.inf],
        "np": np.float32(2),
        "array": np.arange(3),
        "path": Path("a"),
        3: (1, 2),
    }

    def refuse(word):
        pytest.fail(f"{word} is no JSON")

    read = json.loads(document(facts), parse_constant=refuse)
    assert read == {"nan": None, "inf": [None], "np": 2.0, "array": [0, 1, 2], "path": "a", "3": [1, 2]}
