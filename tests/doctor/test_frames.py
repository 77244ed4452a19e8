"""Laws of how the doctor follows programs whose loop is a library's: it is silent where they are healthy, and names the
user's line, not the library's; those of libraries that are not there are skipped."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from programs import HEALTHY, run

STEP = """        optimizer.zero_grad()
        loss = loss_fn(net(x[rows]), y[rows])
        loss.backward()
        optimizer.step()
"""
CLOSURE = """        def closure():
            global loss
            optimizer.zero_grad()
            loss = loss_fn(net(x[rows]), y[rows])
            loss.backward()
            return loss
        optimizer.step(closure)
"""
BY_HAND = """        net.zero_grad()
        loss = loss_fn(net(x[rows]), y[rows])
        loss.backward()
        with torch.no_grad():
            for w in net.parameters():
                w -= 0.3 * w.grad
"""
FIT = """import wellfit as wf
run = wf.fit("digits", epochs=2)
print(run.test["accuracy"]["value"])
"""


def test_a_closure_that_is_called_once_is_a_step_as_any_other(tmp_path):
    assert STEP in HEALTHY
    done, said = run(HEALTHY.replace(STEP, CLOSURE).replace("lr=0.01", "lr=5.0"), tmp_path, "--budget", "20")
    assert [f["fault"] for f in said["findings"] if f["severity"] == "error"] == ["lr-too-high"]
    assert "trained again on copies" in done.stderr
    assert "of their norm" in said["findings"][0]["evidence"]
    assert "nan" not in said["findings"][0]["evidence"]


def test_weights_moved_by_hand_are_no_missing_step(tmp_path):
    text = HEALTHY.replace(STEP, BY_HAND).replace("optimizer = torch.optim.Adam(net.parameters(), lr=0.01)\n", "")
    assert "optimizer" not in text
    done, said = run(text, tmp_path, "--no-trials")
    assert "moved in another way" in done.stderr
    assert said["status"] == "healthy"
    assert [f for f in said["findings"] if f["severity"] == "error"] == []


def test_fit_itself_is_healthy(tmp_path):
    done, said = run(FIT, tmp_path, "--no-trials")
    assert said["status"] == "healthy", done.stderr
    assert said["steps"] > 0
