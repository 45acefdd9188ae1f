"""Answers that are put together once for all who ask the same."""

import json
import time
from collections.abc import Callable
from hashlib import sha256
from threading import Lock
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from mnistlab.errors import MnistlabError, RunNotFound
from mnistlab.ui.kit.i18n import DEFAULT, LANGUAGES, speaking

Question = tuple[str, ...]  # what is asked about, and in which language
Answer = tuple[int, bytes, str]  # status, JSON, ETag
FRESH_SECONDS = 0.5  # for so long an answer serves everybody who asks the same


class Shared:
    """What is new while many watch."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._answers: dict[Question, tuple[float, Answer]] = {}

    def answer(
        self,
        request: Request,
        what: tuple[str, ...],
        make: Callable[[], dict[str, Any]],
        fresh: float = FRESH_SECONDS,
    ) -> Response:
        """What `make()` gives to whoever asks `what` within `fresh` seconds (`FRESH_SECONDS` at
        most), as JSON in their language: with an ETag, or 304 where the browser has just that.
        """
        language = request.query_params.get("lang", DEFAULT)
        language = language if language in LANGUAGES else DEFAULT
        with self._lock:
            status, body, etag = self._made((*what, language), make, fresh)
        headers = {"etag": etag}
        if request.headers.get("if-none-match") == etag:
            return Response(status_code=304, headers=headers)
        # one for each who asks: on its way, it is compressed in place
        return Response(body, status, headers, "application/json")

    def _made(self, question: Question, make: Callable[[], dict[str, Any]], fresh: float) -> Answer:
        now = time.monotonic()
        self._answers = {
            asked: (made, answer)
            for asked, (made, answer) in self._answers.items()
            if now - made < FRESH_SECONDS
        }
        if question not in self._answers or now - self._answers[question][0] >= fresh:
            with speaking(question[-1]):
                self._answers[question] = now, _answer(make)
        return self._answers[question][1]


def _answer(make: Callable[[], dict[str, Any]]) -> Answer:
    """What `make()` gives, or in words why it gives nothing."""
    try:
        status, content = 200, make()
    except RunNotFound as error:
        status, content = 404, {"error": str(error)}
    except MnistlabError as error:
        status, content = 503, {"error": str(error)}
    body = json.dumps(content, ensure_ascii=False, allow_nan=False).encode()
    return status, body, f'"{sha256(body).hexdigest()[:16]}"'
