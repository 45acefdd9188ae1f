"""The page server's sockets."""

import socket
import sys

import pytest

from mnistlab.ui.kit.server import answer_at_once


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not tell a process its sockets")
def test_every_connection_answers_without_delay_those_there_and_those_to_come() -> None:
    def connected() -> socket.socket:
        browsers.append(socket.create_connection(server.getsockname()))
        return server.accept()[0]

    def waits(connection: socket.socket) -> bool:
        return connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 0

    browsers: list[socket.socket] = []
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        early = connected()
        assert waits(early), "the oracle: this is how a system begins"
        answer_at_once.clear()
        answer_at_once()
        late = connected()
        assert not waits(early)
        assert not waits(late)
        for connection in (early, late, *browsers):
            connection.close()
