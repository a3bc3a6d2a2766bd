"""Connections that a server accepts do not wait for acknowledgements."""

import socket
import sys

import pytest

from ui.shell import sockets


@pytest.mark.skipif(sys.platform != "linux", reason="looks the open sockets up in /proc")
def test_an_accepted_connection_sends_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        sockets.send_at_once()
        with socket.create_connection(server.getsockname()):
            accepted, _ = server.accept()
            with accepted:
                assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
