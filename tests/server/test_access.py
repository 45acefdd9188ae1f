"""Which pages may open a websocket: those of this server, and those that the installation names."""

from collections.abc import Callable

import pytest
from starlette.datastructures import Headers
from streamlit import config

from mnistlab.server.access import is_own

FRIEND = "https://school.example"


@pytest.fixture
def option(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, object], None]:
    """Sets one of Streamlit's options for this test."""
    set_here: dict[str, object] = {}
    get = config.get_option
    monkeypatch.setattr(config, "get_option", lambda name: set_here.get(name, get(name)))
    return set_here.__setitem__


@pytest.mark.parametrize(
    ("origin", "host", "own"),
    [
        ("http://lab.example", "lab.example", True),
        ("https://lab.example:8501", "lab.example:8501", True),
        ("http://lab.example:1", "lab.example", False),
        ("http://localhost:3000", "localhost:8501", False),
        (FRIEND, "lab.example", False),
        ("null", "lab.example", False),
        ("http://[", "lab.example", False),
        ("http://a]b", "lab.example", False),
    ],
)
def test_a_page_is_own_where_its_host_and_port_are_this_servers(
    origin: str, host: str, own: bool
) -> None:
    assert is_own(Headers({"origin": origin, "host": host})) is own


def test_a_program_without_an_origin_is_no_page() -> None:
    assert is_own(Headers({"host": "lab.example"}))


def test_pages_that_the_installation_names_are_welcome(
    option: Callable[[str, object], None],
) -> None:
    stranger = Headers({"origin": FRIEND, "host": "lab.example"})
    option("server.corsAllowedOrigins", [FRIEND])
    assert is_own(stranger)
    option("server.corsAllowedOrigins", [])
    assert not is_own(stranger)
    option("server.enableCORS", False)
    assert is_own(stranger)
