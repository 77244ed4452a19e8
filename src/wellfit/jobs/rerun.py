"""rerun: play a changed script once, watched and guarded, and write down what it printed and how its loss fell.

Run in a process of its own: `python -c "from wellfit.jobs.rerun import main; main()" ASK.json SAID.json`.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from wellfit.verbs.patch.guard import guard
from wellfit.verbs.spy import Watcher, play


def main() -> None:
    """ASK.json: {"script", "argv", "module", "root"}; SAID.json: {"printed", "curve", "status", "crash", "seconds"}."""
    ask, out = json.loads(Path(sys.argv[1]).read_text()), os.open(sys.argv[2], os.O_WRONLY | os.O_CREAT, 0o600)
    sys.dont_write_bytecode = True
    guard(Path(ask["root"]))
    watcher = Watcher(ask["script"])

    def report() -> None:
        p = watcher.program
        said = {"printed": [text for _, text in p.printed], "curve": p.curve, "status": p.status, "crash": p.crash,
                "seconds": p.seconds}  # fmt: skip
        os.write(out, json.dumps(said).encode())

    play(watcher, ask["script"], ask["argv"], ask["module"], at_exit=report)
    report()
