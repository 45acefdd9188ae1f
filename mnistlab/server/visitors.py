"""What visitors leave with the server: the files that they send, and the sessions that they leave.
Both are bounded here, where Streamlit leaves them to the next visitor.
"""

from collections import Counter

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit.runtime import Runtime
from streamlit.runtime.memory_session_storage import MemorySessionStorage
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager

from mnistlab.i18n import _

UPLOADS = "/_stcore/upload_file/"  # Streamlit's route: then the session, then the file
MEGABYTE = 2**20
SESSION_BYTES, ALL_BYTES = 60 * MEGABYTE, 1_000 * MEGABYTE  # of files in memory


class UploadLimit:
    """Refuses files where one visitor, or all together, have sent too many. A file is in memory for
    as long as its page is open.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._coming: Counter[str] = Counter()  # session -> bytes on their way

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope.get("path", "")
        if scope["type"] != "http" or scope["method"] != "PUT" or UPLOADS not in path:
            await self.app(scope, receive, send)
            return
        session = path.partition(UPLOADS)[2].partition("/")[0]
        headers = Headers(scope=scope)
        # a length beside chunks means nothing
        length = "" if "transfer-encoding" in headers else headers.get("content-length", "")
        refusal = self._refusal(session, length)
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        self._coming[session] += int(length)
        try:
            await self.app(scope, receive, send)
        finally:
            self._coming[session] -= int(length)
            self._coming += Counter()  # without those of whom nothing is on its way

    def _refusal(self, session: str, length: str) -> PlainTextResponse | None:
        if not length.isdecimal():
            return PlainTextResponse(_("Say how long the file is (Content-Length)."), 411)
        held = held_bytes()
        if held[session] + self._coming[session] + int(length) > SESSION_BYTES:
            return PlainTextResponse(
                _(
                    "This page has sent too many files. Close it, open it again, and send this "
                    "file alone."
                ),
                413,
            )
        if held.total() + self._coming.total() + int(length) > ALL_BYTES:
            return PlainTextResponse(
                _("The server's room for files is taken. Try again in a few minutes."), 413
            )
        return None


def held_bytes() -> Counter[str]:
    """Session -> bytes of its files in memory."""
    files = Runtime.instance().uploaded_file_mgr
    assert isinstance(files, MemoryUploadedFileManager)
    return Counter(
        {
            session: sum(len(file.data) for file in list(sent.values()))
            for session, sent in list(files.file_storage.items())
        }
    )


def forget_sessions() -> None:
    """Let go of the sessions whose time is over. Streamlit keeps them for two minutes, in which a
    browser may come back, and then until the next visitor comes.
    """
    sessions = Runtime.instance()._session_mgr
    storage = getattr(sessions, "_session_storage", None)
    if isinstance(storage, MemorySessionStorage):
        storage._cache.expire()  # type: ignore[attr-defined]
