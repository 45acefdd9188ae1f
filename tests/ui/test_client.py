"""Who asks for a run: a browser is one person, however many tabs it has."""

from streamlit.web.server.starlette.starlette_app_utils import generate_xsrf_token_string

from mnistlab.ui.kit.state import client_name

TOKEN = bytes(range(16))


def test_all_tabs_of_a_browser_have_one_name_that_does_not_tell_its_token():
    cookies = [generate_xsrf_token_string(TOKEN) for _ in range(2)]
    assert cookies[0] != cookies[1], "the token is disguised anew each time"
    name = client_name(cookies[0], None)
    assert name == client_name(cookies[1], "192.0.2.1")
    assert TOKEN.hex() not in name


def test_two_browsers_at_one_address_have_two_names():
    one, other = generate_xsrf_token_string(), generate_xsrf_token_string()
    assert client_name(one, "192.0.2.1") != client_name(other, "192.0.2.1")


def test_whoever_has_no_cookie_goes_by_the_address():
    names = [client_name(cookie, "192.0.2.1") for cookie in ("", "2|nonsense", "x")]
    assert len(set(names)) == 1
    assert names[0] != client_name("", "192.0.2.2") != client_name("", None)
