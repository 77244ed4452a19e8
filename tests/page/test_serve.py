"""Where the page listens, and what is said where it cannot."""

from __future__ import annotations

import socket

import pytest

from wellfit.nouns.errors import RunError
from wellfit.page import serve
from wellfit.page.serve import PageError, address


@pytest.fixture
def taken():
    """A port of this machine that somebody listens on."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def test_a_port_that_is_named_and_taken_is_refused(tmp_path, taken):
    with pytest.raises(PageError, match=rf"port {taken} is taken\ndo:    name another with --port"):
        serve.serve(tmp_path, port=taken)


def test_the_next_port_is_taken_where_none_is_named(monkeypatch, taken):
    monkeypatch.setattr(serve, "PORT", taken)
    with serve._listening("127.0.0.1", None) as listening:
        assert taken < listening.getsockname()[1] < taken + serve.NEXT


@pytest.mark.parametrize(("host", "port"), [("192.0.2.1", 0), ("127.0.0.1", 70_000), ("127.0.0.1", -1)])
def test_an_address_that_is_not_this_machines_is_refused(tmp_path, host, port):
    with pytest.raises(PageError, match=r"leave --(host|port) out"):
        serve.serve(tmp_path, host, port)


def test_a_host_without_an_address_is_refused(tmp_path, monkeypatch):
    def unknown(*place, **more):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(PageError, match="Name or service not known"):
        serve.serve(tmp_path, "nowhere", 0)


def test_a_folder_that_is_not_there_is_refused_before_anything_is_opened(tmp_path):
    with pytest.raises(RunError, match="no such folder"):
        serve.serve(tmp_path / "nowhere", port=0)


def test_the_address_can_be_opened_as_it_is():
    assert address("127.0.0.1", 8642, "t") == "http://127.0.0.1:8642/?token=t"
    assert address("::1", 1, "t") == "http://[::1]:1/?token=t"
    assert "0.0.0.0" not in address("0.0.0.0", 1, "t")
