"""The command `wellfit page`, its options and its view."""

from __future__ import annotations

from pathlib import Path

HOW = {"sort_key": 7, "usage": "Usage: wellfit page [DIR] [--port PORT] [--host HOST]"}


def page(folder: Path = Path("runs"), /, *, port: int | None = None, host: str = "127.0.0.1") -> int:
    """Look at runs in a browser while they train: curves, readings by layer, findings, buttons to stop and to explain.

    The address that is printed holds a token: who has it may look at these runs, stop and explain them, nobody else. Only
    run folders are read. Ctrl-C ends the page, never a training.

        wellfit page
        wellfit page results --port 9000
        wellfit page --host 0.0.0.0

    Parameters
    ----------
    folder
        A folder of runs, or one run. Default: runs.
    port
        Where to listen; 0 takes any free one. Default: the first free one from 8642 on.
    host
        The address to listen at. Default: 127.0.0.1, this machine alone.
    """
    from wellfit.page.serve import serve

    def told(address: str) -> None:
        print(f"page      {address}")
        if host not in ("127.0.0.1", "localhost", "::1"):
            print("          not encrypted: over networks you do not trust, take `ssh -L` (docs/page.md)")
        print("          Ctrl-C ends it; trainings go on", flush=True)

    serve(folder, host, port, told)
    return 0
