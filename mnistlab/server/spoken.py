"""In which language a route answers: in that of the browser that asks. Pages choose their own."""

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from mnistlab.i18n import speaking, spoken_by


class BrowserLanguage:
    """Middleware: what is said in the answer to a request is in the browser's first language."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":  # a page's own connection stays open while its language changes
            await self.app(scope, receive, send)
            return
        first = Headers(scope=scope).get("accept-language", "").partition(",")[0]
        with speaking(spoken_by(first.partition(";")[0])):
            await self.app(scope, receive, send)
