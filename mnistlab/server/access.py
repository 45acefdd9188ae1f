"""What is closed to visitors, where Streamlit leaves it open."""

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit.web.server.server_util import allow_all_cross_origin_requests, is_allowed_origin

METRICS = "/_stcore/metrics"  # Streamlit's own; /metrics has what matters of them


class OwnPages:
    """Lets only pages of this server, and of `server.corsAllowedOrigins`, open a websocket.

    Streamlit would also take any page of the visitor's own machine, whatever its port, and ask the
    internet for this machine's address before it refuses a stranger. A program that is no browser
    sends no origin, and may connect. Streamlit's metrics, which it counts together anew for whoever
    asks, are not found.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket" and not is_own(Headers(scope=scope)):
            await send({"type": "websocket.close", "code": 1008})  # before it is open: status 403
        elif scope["type"] == "http" and scope["path"].endswith(METRICS):
            await PlainTextResponse("Not found", 404)(scope, receive, send)
        else:
            await self.app(scope, receive, send)


def is_own(headers: Headers) -> bool:
    """Whether a page that the browser names as its origin may connect."""
    origin = headers.get("origin")
    if origin is None or allow_all_cross_origin_requests():
        return True
    place = place_of(origin)
    return bool(place) and (place == headers.get("host") or is_allowed_origin(origin))


def place_of(origin: str) -> str:
    """Host and port of an address; "" if it is none."""
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return ""
