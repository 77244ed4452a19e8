"""Serve: listens on an address with a token, until Ctrl-C."""

from __future__ import annotations

import errno
import os
import platform
import secrets
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

from wellfit.nouns.errors import WellfitError

PORT, NEXT = 8642, 20
"""The first port that is tried where none is named, and how many."""
TOKEN = "WELLFIT_PAGE_TOKEN"
"""Environment variable that sets the token, for an address that stays the same."""


class PageError(WellfitError):
    """An address that cannot be listened on."""


def serve(root: Path, host: str = "127.0.0.1", port: int | None = None, told: Callable[[str], Any] = print) -> None:
    """Serve the runs under `root` until Ctrl-C; `told` is given the address.

    port: None takes the first free one from 8642 on, 0 any. Raises RunError where there is no such folder, PageError
    where the port is taken or the host is none of this machine's.
    """
    import uvicorn

    from wellfit.page.app import app
    from wellfit.page.explaining import Explaining

    explaining = Explaining()
    token = os.environ.get(TOKEN) or secrets.token_urlsafe(24)
    answers = app(root, token, lambda: server.should_exit, explaining)
    listening = _listening(host, port)
    config = uvicorn.Config(
        answers, log_level="error", access_log=False, lifespan="off", server_header=False, timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    told(address(host, listening.getsockname()[1], token))
    try:
        server.run(sockets=[listening])
    except KeyboardInterrupt:  # uvicorn hands it on when it has shut down
        pass
    finally:
        listening.close()
        explaining.end()


def address(host: str, port: int, token: str) -> str:
    """What to open in a browser."""
    if host in ("0.0.0.0", "::", ""):
        host = platform.node() or "localhost"
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/?token={token}"


def _listening(host: str, port: int | None) -> socket.socket:
    ports = range(PORT, PORT + NEXT) if port is None else (port,)
    for one in ports:
        try:
            return _bound(host, one)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                why = error.strerror or str(error)
                raise PageError(f"a page at {host}, port {one}", why, "leave --host out, or name another") from None
    said = f"port {port} is taken" if port is not None else f"ports {PORT} to {PORT + NEXT - 1} are taken"
    raise PageError(f"a page at {host}", said, "name another with --port, or --port 0 for any free one")


def _bound(host: str, port: int) -> socket.socket:
    if not 0 <= port < 2**16:
        raise PageError(f"a page at port {port}", "ports go from 0 to 65535", "leave --port out, or name another")
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except (socket.gaierror, UnicodeError) as error:
        raise PageError(f"a page at {host}, port {port}", str(error), "leave --host out, or name another") from None
    listening = socket.socket(family, kind, protocol)
    try:
        if os.name == "posix":
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(place)
        listening.listen(128)
    except BaseException:
        listening.close()
        raise
    return listening
