"""In which language a route answers: in that of the browser that asks. Pages choose their own."""

from collections.abc import Mapping

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from mnistlab.i18n import speaking, spoken_by


def language_of(headers: Mapping[str, str]) -> str:
    """The first language that a browser with these `headers` asks for; English where it is none of
    ours.
    """
    first = headers.get("accept-language", "").partition(",")[0]
    return spoken_by(first.partition(";")[0].strip())


class BrowserLanguage:
    """Middleware: what is said in the answer to a request is in the browser's first language."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":  # a page's own connection stays open while its language changes
            await self.app(scope, receive, send)
            return
        with speaking(language_of(Headers(scope=scope))):
            await self.app(scope, receive, send)
