"""Trial: a set of edits applied to copies of the user's files, and one run of the program with them."""

from __future__ import annotations

import ast
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from wellfit.nouns.edit import Edit, applied, decoded
from wellfit.verbs.patch.folder import inside_of, mirrored

TIMES, BESIDE_S = 3.0, 10.0
"""A patched program may run this many times as long as the script did, and so many seconds more."""
START = "import sys; sys.path.append({!r}); from wellfit.jobs.rerun import main; main()"
PACKAGE = str(Path(__file__).parents[3])


@dataclass(frozen=True)
class Started:
    """How the script was started: its path or module, arguments, folder, and when (seconds since the epoch)."""

    script: str
    argv: list[str]
    module: bool
    cwd: str
    since: float


@dataclass(frozen=True)
class Ran:
    """What a run gave: lines printed, (step, loss), seconds, exit status; trouble: why it counts for nothing, else ""."""

    printed: list[str] = field(default_factory=list)
    curve: list[tuple[int, float]] = field(default_factory=list)
    seconds: float = 0.0
    status: int = 0
    trouble: str = ""


def changed(edits: Sequence[Edit]) -> dict[str, tuple[str, str, str]]:
    """File -> (text before, text after, encoding). Raises ValueError, SyntaxError, OSError where an edit cannot be made
    or what it makes does not parse."""
    found = {}
    for file in dict.fromkeys(e.file for e in edits):
        before, encoding = decoded(Path(file).read_bytes())
        after = applied(before, [e for e in edits if e.file == file])
        ast.parse(after.encode(encoding))
        found[file] = (before, after, encoding)
    return found


def run(started: Started, edits: Sequence[Edit], seconds: float, slower: float, status: int = 0) -> Ran:
    """The program with these edits, run once in a folder of its own. seconds: how long the script itself ran; slower:
    how many times longer the edit makes it by intent; status: how the script itself ended."""
    try:
        texts = {file: after.encode(encoding) for file, (_, after, encoding) in changed(edits).items()}
    except (ValueError, SyntaxError, OSError) as error:
        return Ran(trouble=f"the edit does not parse ({error})")
    script, cwd = Path(started.script).absolute(), Path(started.cwd)
    folders = [cwd] if started.module else [cwd, script.parent]
    outside = [f for f in texts if not any(folder in Path(f).parents for folder in folders)]
    if outside:
        return Ran(trouble=f"{outside[0]} lies outside the script's folder")
    with tempfile.TemporaryDirectory(prefix="wellfit-", ignore_cleanup_errors=True) as made:
        root = Path(made).resolve() / "copy"
        mirrored(root, folders, texts, started.since)
        (root / "tmp").mkdir(exist_ok=True)
        name = started.script if started.module else str(inside_of(root, script))
        ask, said = root.parent / "ask.json", root.parent / "said.json"
        ask.write_text(json.dumps({"script": name, "argv": started.argv, "module": started.module, "root": str(root)}))
        return _child(ask, said, inside_of(root, cwd), root / "tmp", slower * TIMES * seconds + BESIDE_S, status)


def _child(ask: Path, said: Path, cwd: Path, tmp: Path, limit: float, status: int) -> Ran:
    paths = [os.path.abspath(p) for p in os.environ.get("PYTHONPATH", "").split(os.pathsep) if p]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "TMPDIR": str(tmp), "PYTHONDONTWRITEBYTECODE": "1"}
    child = subprocess.Popen(
        [sys.executable, "-c", START.format(PACKAGE), str(ask), str(said)], cwd=cwd, env=env, start_new_session=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        child.wait(limit)
    except subprocess.TimeoutExpired:
        return Ran(trouble=f"it had not ended after {limit:.0f} s", seconds=limit)
    finally:
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
    try:
        gave = json.loads(said.read_text())
    except (OSError, ValueError):
        return Ran(trouble=f"it ended with status {child.returncode} and said nothing")
    trouble = gave["crash"] or (f"it ended with status {gave['status']}" if gave["status"] not in (0, status) else "")
    return Ran(gave["printed"], [tuple(p) for p in gave["curve"]], gave["seconds"], gave["status"], trouble)
