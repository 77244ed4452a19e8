"""What the page answers: to whom, from which files, and whatever state a run is in."""

from __future__ import annotations

import json
import math
import os
import re
import shutil

import pytest
from fake_page import TOKEN, TestClient, a_run, visitor

from wellfit.nouns import living
from wellfit.nouns.errors import RunError
from wellfit.nouns.reading import Reading
from wellfit.page.app import app
from wellfit.page.files import content
from wellfit.page.guard import form_key

ADDRESSES = ("/", "/events", "/run/a", "/curves/a", "/follow/a", "/report/a", "/explained/x/a", "/compare?run=a", "/no")


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("token", [None, "", "wrong", TOKEN[:-1], TOKEN + "x", "é"])
def test_nobody_is_answered_without_the_token(tmp_path, address, token):
    a_run(tmp_path / "a")
    client = TestClient(app(tmp_path, TOKEN), base_url="http://127.0.0.1:8642")
    answer = client.get(address, params=None if token is None else {"token": token})
    assert answer.status_code == 403
    assert "the token in the address is missing or wrong" in answer.text
    assert "iris" not in answer.text


def test_the_token_is_taken_out_of_the_address_and_kept_in_a_cookie(tmp_path):
    client = TestClient(app(tmp_path, TOKEN), base_url="http://127.0.0.1:8642")
    answer = client.get("/compare", params={"token": TOKEN, "run": ["a b", "c"]}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/compare?run=a+b&run=c")
    assert {"HttpOnly", "SameSite=Lax"} <= set(answer.headers["set-cookie"].split("; "))
    assert client.get("/").status_code == 200


def test_the_token_leads_to_no_other_site(tmp_path):
    client = TestClient(app(tmp_path, TOKEN), base_url="http://127.0.0.1:8642")
    for path in ("//example.org/", "/\\example.org/"):
        answer = client.get(f"http://127.0.0.1:8642{path}?token={TOKEN}", follow_redirects=False)
        assert re.match(r"/[^/\\]", answer.headers["location"])


def test_the_token_is_taken_as_a_bearer_too(tmp_path):
    client = TestClient(app(tmp_path, TOKEN))
    assert client.get("/", headers={"authorization": f"Bearer {TOKEN}"}).status_code == 200


def test_every_answer_forbids_what_a_page_of_ours_does_not_do(tmp_path):
    a_run(tmp_path / "a")
    client = visitor(tmp_path)
    for address in ("/", "/run/a", "/curves/a", "/nowhere", "/static/live.js"):
        headers = client.get(address).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"


def test_runs_are_listed_with_status_and_figures(tmp_path):
    a_run(tmp_path / "ended")
    a_run(tmp_path / "going on", ended=False, started=2.0)
    a_run(tmp_path / "study" / "trial 1")
    (a_run(tmp_path / "broken").path / "recipe.toml").write_text("= no toml")
    (a_run(tmp_path / "killed", ended=False).path / living.PROCESS).unlink()
    os.utime(tmp_path / "killed/readings.jsonl", (1, 1))
    os.utime(tmp_path / "killed/environment.json", (1, 1))
    text = visitor(tmp_path).get("/").text
    order = re.findall(r'<a href="/run/([^"]+)"', text)
    assert order[0] == "going%20on"
    assert set(order[1:]) == {"ended", "study/trial%201", "broken", "killed"}
    assert sorted(re.findall(r'class="status (\w+)"', text)) == ["damaged", "done", "done", "running", "silent"]
    assert "accuracy 0.9000 [0.8000, 0.9500]" in text


def test_a_run_that_is_named_itself_is_listed_alone(tmp_path):
    a_run(tmp_path / "a")
    assert '"/run/a"' in visitor(tmp_path / "a").get("/").text


def test_a_folder_without_runs_says_how_to_make_one(tmp_path):
    assert "wellfit fit digits" in visitor(tmp_path).get("/").text


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(RunError, match="no such folder"):
        app(tmp_path / "nowhere", TOKEN)


def test_a_run_is_shown_with_findings_and_recipe_and_nothing_of_a_users_is_markup(tmp_path):
    a_run(tmp_path / "<i>x</i>")
    text = visitor(tmp_path).get("/run/%3Ci%3Ex%3C%2Fi%3E").text
    text = text or visitor(tmp_path).get("/").text
    assert "<i>x" not in text
    text = visitor(a_run(tmp_path / "plain").path).get("/run/plain").text
    for words in ("Learning rate too high", "&lt;b&gt;step&lt;/b&gt;", "lower it", "lr = 0.1", "well-fitted"):
        assert words in text
    assert 'data-name="update_ratio" data-where="head" data-limit="0.03"' in text


def test_curves_come_with_gaps_where_values_are_not_finite(tmp_path):
    run = a_run(tmp_path / "a", ended=False)
    run.append([Reading("train_loss", math.nan, 40, 4.0)])
    found = visitor(tmp_path).get("/curves/a").json()
    tracks = {(t["name"], t["where"]): t for t in found["tracks"]}
    assert tracks["train_loss", ""]["values"][-1] is None
    assert tracks["update_ratio", "head"]["steps"] == [10, 20, 30]
    assert re.fullmatch(r"\d+-\d+", found["cursor"])


OUTSIDE = ("../secret", "..%2fsecret", "%2e%2e/secret", "a/../../secret", "/etc", "a/..", "", ".", "a%00", "link")


@pytest.mark.parametrize("kind", ["run", "curves", "follow", "report", "stop", "explained/x", "explained/..%2fx"])
@pytest.mark.parametrize("name", OUTSIDE)
def test_nothing_outside_the_run_folders_is_read(tmp_path, kind, name):
    root = tmp_path / "runs"
    a_run(root / "a")
    secret = a_run(tmp_path / "secret", **{"data.source": "secret-of-another"})
    secret.write("report.html", b"secret-of-another")
    (root / "link").symlink_to(secret.path)
    client = visitor(root)
    if kind == "stop":
        answer = client.post(f"/{kind}/{name}", data={"key": form_key(TOKEN)})
        assert not (secret.path / "stop").exists()
    else:
        answer = client.get(f"/{kind}/{name}")
    assert "secret-of-another" not in answer.text
    assert answer.status_code == 404 or answer.text.startswith("event: gone")
    assert "link" not in client.get("/").text.replace("<link", "")


@pytest.mark.parametrize("file", ["report.html", "recipe.toml", "readings.jsonl", "findings.json", "explained/x.html"])
def test_a_link_out_of_a_run_is_not_followed(tmp_path, file):
    run = a_run(tmp_path / "runs" / "a")
    secret = tmp_path / "secret"
    secret.write_text('{"name": "secret-of-another", "value": 1, "step": 1, "epoch": 1}\n')
    link = run.path / file
    link.parent.mkdir(exist_ok=True)
    link.unlink(missing_ok=True)
    link.symlink_to(secret)
    client = visitor(tmp_path / "runs")
    for address in ("/run/a", "/curves/a", "/report/a", "/explained/x/a", "/"):
        assert "secret-of-another" not in client.get(address).text


def test_a_folder_of_explanations_that_is_a_link_is_not_followed(tmp_path):
    run, secret = a_run(tmp_path / "runs" / "a"), tmp_path / "secret"
    secret.mkdir()
    (secret / "x.html").write_text("secret-of-another")
    (run.path / "explained").symlink_to(secret)
    assert "secret" not in visitor(tmp_path / "runs").get("/explained/x/a").text


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_in_place_of_a_file_does_not_hold_the_page_up(tmp_path):
    os.mkfifo(tmp_path / "report.html")
    assert content(tmp_path, "report.html") is None


def test_report_and_explanations_are_shown_where_they_reach_nothing(tmp_path):
    run = a_run(tmp_path / "a")
    run.write("report.html", b"<h1>Report</h1>")
    (run.path / "explained").mkdir()
    (run.path / "explained" / "grad_cam.html").write_text("<h1>Seen</h1>")
    client = visitor(tmp_path)
    assert "/explained/grad_cam/a" in client.get("/run/a").text
    for address, words in (("/report/a", "Report"), ("/explained/grad_cam/a", "Seen")):
        answer = client.get(address)
        assert words in answer.text
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("sandbox allow-scripts; default-src 'none'")
        assert "allow-same-origin" not in policy
        assert "connect-src" not in policy


def test_a_run_is_stopped_by_the_pages_own_form(tmp_path):
    run = a_run(tmp_path / "a", ended=False)
    client = visitor(tmp_path)
    key = re.search(r'name="key" value="(\w+)"', client.get("/run/a").text)
    assert key is not None
    answer = client.post("/stop/a", data={"key": key[1]}, headers={"origin": "http://127.0.0.1:8642"})
    assert answer.status_code == 200  # back on the run's page
    assert (run.path / living.STOP).exists()


@pytest.mark.parametrize(
    ("key", "headers"),
    [("", {}), ("wrong", {}), (None, {"origin": "http://evil.example"}), (None, {"origin": "null"}),
     (None, {"sec-fetch-site": "cross-site"}), (None, {"sec-fetch-site": "same-site"}), ("x" * 20_000, {})],
)  # fmt: skip
def test_no_other_sites_form_stops_a_run(tmp_path, key, headers):
    run = a_run(tmp_path / "a", ended=False)
    answer = visitor(tmp_path).post("/stop/a", data={"key": form_key(TOKEN) if key is None else key}, headers=headers)
    assert answer.status_code == 403
    assert not (run.path / living.STOP).exists()


def test_a_get_stops_nothing_and_an_ended_run_is_left_alone(tmp_path):
    run, client = a_run(tmp_path / "a"), visitor(tmp_path)
    assert client.get("/stop/a").status_code == 404
    client.post("/stop/a", data={"key": form_key(TOKEN)})
    assert not (run.path / living.STOP).exists()


@pytest.mark.parametrize("file", ["recipe.toml", "environment.json", "findings.json", "result.json", "data.json"])
@pytest.mark.parametrize("rubbish", [b"", b"{", b"\xff\xfe", b"null", b"[3]", b'"x"', b"[" * 100_000, b'{"test": 3}'])
def test_a_damaged_file_costs_nothing_but_what_it_held(tmp_path, file, rubbish):
    run = a_run(tmp_path / "a")
    (run.path / file).write_bytes(rubbish)
    a_run(tmp_path / "b")
    client = visitor(tmp_path)
    assert {client.get(a).status_code for a in ("/", "/run/a", "/curves/a", "/run/b")} == {200}


def test_a_run_of_another_version_is_shown(tmp_path):
    run = a_run(tmp_path / "a")
    (run.path / "recipe.toml").write_text('[training]\nepochs = "many"\n[future]\nx = 1\n')
    run.write_json(
        "findings.json", [{"fault": "new-fault", "severity": "grave", "readings": [{"x": 1}], "limit": "high"}]
    )
    run.write_json("result.json", {"status": "done", "verdict": "fine", "test": {"skill": 0.5}})
    text = visitor(tmp_path).get("/run/a").text
    assert "New fault" in text
    assert "fine" in text


def test_a_run_that_is_deleted_is_missed_without_harm(tmp_path):
    run, client = a_run(tmp_path / "a"), visitor(tmp_path)
    assert client.get("/run/a").status_code == 200
    shutil.rmtree(run.path)
    answer = client.get("/run/a")
    assert answer.status_code == 404
    assert "it is not there (any more)" in answer.text
    assert client.get("/follow/a").text.startswith("event: gone")


def test_a_page_that_comes_back_gets_what_it_missed(tmp_path):
    run = a_run(tmp_path / "a", ended=False)
    looked = [False]

    def leaving() -> bool:  # the server goes after one look
        looked[0], before = True, looked[0]
        return before

    client = TestClient(app(tmp_path, TOKEN, leaving), base_url="http://127.0.0.1:8642")
    client.get("/", params={"token": TOKEN})
    cursor = client.get("/curves/a").json()["cursor"]
    run.append([Reading("valid_loss", 0.25, 40, 4.0)])
    looked[0] = False
    text = client.get("/follow/a", headers={"last-event-id": cursor}).text
    kind, place, data = text.split("\n")[:3]
    assert (kind, place[:4]) == ("event: readings", "id: ")
    assert json.loads(data.removeprefix("data: "))[0] | {"unit": ""} == {
        "name": "valid_loss", "where": "", "unit": "", "steps": [40], "epochs": [4.0], "values": [0.25],
    }  # fmt: skip
    assert "event: parts" in text
    looked[0] = False
    assert "event: rows" in client.get("/events").text
