"""The page server's sockets, and the addresses of what it tells a browser beside the pages."""

import socket
import sys
from dataclasses import replace

import pytest

from mnistlab.presets import PRESETS
from mnistlab.store import Store
from mnistlab.ui.kit import server as page_server
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


def test_addresses_of_weights_are_there_where_the_server_has_them(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = replace(store.request(PRESETS["speedrun"]), started=1_000.5)
    monkeypatch.setattr(page_server, "_live_routes", [])
    assert page_server.weights_address(run) is None
    assert page_server.untrained_address("speedrun") is None
    page_server.announce_live_routes("/lab/api")
    address = page_server.weights_address(run)
    assert address == f"/lab/api/runs/{run.id}/weights/{{step}}?started=1000.500"
    again = page_server.weights_address(replace(run, started=1_000.6))
    assert again != address, "deleted and trained again: its weights may differ"
    untrained = page_server.untrained_address("speedrun")
    assert untrained == f"/lab/api/untrained/speedrun/weights?run={PRESETS['speedrun'].run_id}"
