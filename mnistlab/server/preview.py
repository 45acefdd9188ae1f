"""What a link to a page looks like where it is shared: a title, a sentence and a picture, in the
head of the HTML, for programs that run no scripts.

Whoever asks learns of a run what its link opens for everybody: its settings and its accuracy, but
not whose it is, nor what they call it.
"""

import asyncio
import html
import re
from dataclasses import dataclass
from functools import lru_cache
from threading import BoundedSemaphore, Lock
from urllib.parse import urlencode

from starlette.datastructures import Headers, MutableHeaders, QueryParams
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mnistlab.analysis.intervals import percent
from mnistlab.data import load_dataset
from mnistlab.errors import MnistlabError
from mnistlab.events import Evaluated
from mnistlab.figures.card import card_png
from mnistlab.i18n import DEFAULT, TAGS, _, language, ngettext, speaking
from mnistlab.run_names import run_name
from mnistlab.server.spoken import language_of
from mnistlab.store import RunRecord, Store
from mnistlab.ui.kit.addresses import views_of
from mnistlab.ui.kit.navigation import PAGES
from mnistlab.ui.kit.url import EVERYWHERE

CARD = "/api/card.png"
LOCALES = {"en": "en_GB", "zh": "zh_CN"}  # as Open Graph names languages
WAITING = 8  # requests for pictures; the server has some forty threads for all of its routes
KEPT = "public, max-age=600"  # a run may still be trained
# Streamlit's placeholders shimmer while a page loads: without a graphics card, drawing that takes
# more of a browser than the page itself
STILL = '<style>[data-testid="stSkeleton"] { animation: none !important }</style>'
_HOST = re.compile(r"[\w.-]+(:\d{1,5})?|\[[0-9a-fA-F:.]+\](:\d{1,5})?")


@dataclass(frozen=True)
class LinkedView:
    """What a link shows: a `page` (a key of `PAGES`), and the view, the run, the step and the
    language that it names, if they make sense.
    """

    page: str
    view: str = ""
    run: str = ""
    step: int | None = None
    lang: str = DEFAULT

    @classmethod
    def of(cls, page: str, query: QueryParams, otherwise: str = DEFAULT) -> "LinkedView":
        """As the `query` says; in the language `otherwise`, if it names none."""

        def named(name: str) -> str:
            try:
                EVERYWHERE[name].parse(query.get(name, ""))
            except ValueError:
                return ""
            return query[name]

        view = query.get("view", "")
        return cls(
            page,
            view if view in views_of(page) else "",
            named("run") if "run" in query else "",
            int(named("step")) if named("step") else None,
            named("lang") or otherwise,
        )

    @property
    def title(self) -> str:
        """The view, or else the page, in the reader's language."""
        named = views_of(self.page)[self.view].label if self.view else PAGES[self.page].label
        return _(named)

    def query(self) -> str:
        """As the query of an address."""
        names = {"page": self.page, "view": self.view, "run": self.run, "step": self.step}
        named = {name: value for name, value in names.items() if value not in ("", None)}
        return urlencode(named | {"lang": self.lang})


@dataclass(frozen=True)
class Summary:
    """What a preview tells of a run: its settings, and its test accuracy over the steps."""

    name: str
    curve: tuple[tuple[int, float], ...] = ()  # (step, share)

    @property
    def result(self) -> str:
        """The accuracy at the end of the curve, in words; "" without one."""
        if not self.curve:
            return ""
        step, accuracy = self.curve[-1]
        return ngettext(
            "{accuracy} accuracy after {step:,} step",
            "{accuracy} accuracy after {step:,} steps",
            step,
        ).format(accuracy=percent(accuracy), step=step)


class Previews:
    """The previews of links into the pages over `store`, which are below the path `base`."""

    def __init__(self, store: Store, base: str = "") -> None:
        self.store, self.base = store, base
        self._drawing, self._waiting = Lock(), BoundedSemaphore(WAITING)

    def summary(self, shared: LinkedView) -> Summary | None:
        """What there is to tell of the run that is shared, up to its step."""
        if not shared.run:
            return None
        try:
            run: RunRecord = self.store.find(shared.run)
            events = [event for _seq, event in self.store.events(run.id, [Evaluated])]
        except MnistlabError:  # the page itself says what is wrong
            return None
        curve = [(each.step, each.test_accuracy) for each in events if isinstance(each, Evaluated)]
        if run.final is not None:
            curve.append((run.step, run.final["correct"] / run.final["count"]))
        last = shared.step
        kept = [point for point in curve if last is None or point[0] <= last]
        return Summary(run_name(run.config), tuple(kept))

    def card(self, request: Request) -> Response:
        """The picture of a link. One is drawn at a time, for whoever else is asked for pages,
        weights and curves meanwhile; those who ask while `WAITING` others do come again.
        """
        if not self._waiting.acquire(blocking=False):
            return Response(status_code=503, headers={"Retry-After": "5"})
        try:
            with self._drawing:
                return self._card(request)
        finally:
            self._waiting.release()

    def _card(self, request: Request) -> Response:
        query = request.query_params
        page = query.get("page", "")
        shared = LinkedView.of(page if page in PAGES else "", query)
        with speaking(shared.lang):
            summary = self.summary(shared)
            picture = card_png(
                shared.title,
                summary.name if summary else _("How a neural network learns to see"),
                summary.result if summary else "",
                summary.curve if summary else (),
                _digits(),
            )
        return Response(picture, media_type="image/png", headers={"Cache-Control": KEPT})

    def head(self, shared: LinkedView, origin: str) -> str:
        """The tags for the head of the HTML; `origin`: "https://example.org", or "" if unknown."""
        with speaking(shared.lang):
            summary = self.summary(shared)
            page = f"{shared.title} · mnistlab"
            about = _("Train a real network on real handwriting, and look inside it.")
            sentence = (
                " · ".join(filter(None, (summary.name, summary.result))) if summary else about
            )
            tags = {
                "og:type": "website",
                "og:site_name": "mnistlab",
                "og:title": page,
                "og:description": sentence,
                "og:locale": LOCALES.get(language(), LOCALES[DEFAULT]),
            }
            if origin:
                tags["og:image"] = f"{origin}{self.base}{CARD}?{shared.query()}"
                tags |= {"og:image:width": "1200", "og:image:height": "630"}
                tags["og:image:alt"] = sentence
            lines = [f"<title>{html.escape(page)}</title>"]
            lines += [_meta("property", name, content) for name, content in tags.items()]
            lines.append(_meta("name", "description", sentence))
            lines.append(_meta("name", "twitter:card", "summary_large_image"))
            return "\n".join(lines)


@lru_cache(maxsize=1)
def _digits() -> bytes:
    """Some digits that people wrote."""
    return bytes(load_dataset("digits").test_images[:15].numpy().tobytes())


def _meta(kind: str, name: str, content: str) -> str:
    return f'<meta {kind}="{name}" content="{html.escape(content)}">'


def origin_of(scope: Scope) -> str:
    """Scheme and host as the visitor's browser has them, also behind a proxy; "" if they make no
    sense.
    """
    headers = Headers(scope=scope)
    scheme = headers.get("x-forwarded-proto", scope.get("scheme", "http")).split(",")[0].strip()
    host = headers.get("x-forwarded-host", headers.get("host", "")).split(",")[0].strip()
    if scheme not in ("http", "https") or not _HOST.fullmatch(host):
        return ""
    return f"{scheme}://{host}"


class LinkPreview:
    """Puts the preview of a page into its HTML, and placeholders that stand still."""

    def __init__(self, app: ASGIApp, previews: Previews) -> None:
        self.app, self.previews = app, previews

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        page = self._page(scope)
        if page is None:
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        query = QueryParams(scope.get("query_string", b""))
        shared = LinkedView.of(page, query, language_of(headers))
        head = await asyncio.to_thread(self.previews.head, shared, origin_of(scope))
        # the whole of it, and as it is, so that something can be put into it
        asked = [pair for pair in scope["headers"] if pair[0].lower() not in _CHANGES_BODY]
        written = _Written(send, f"{head}\n{STILL}", TAGS[shared.lang])
        await self.app({**scope, "headers": asked}, receive, written)

    def _page(self, scope: Scope) -> str | None:
        """The page that is asked for; None if something else is."""
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            return None
        base = self.previews.base
        path: str = scope["path"]
        if not path.startswith(f"{base}/"):
            return None
        name = path.removeprefix(base).strip("/")
        return name if name in PAGES else None


_CHANGES_BODY = {b"accept-encoding", b"if-none-match", b"if-modified-since", b"range"}


class _Written:
    """Sends a response on, with `head` in it if it is HTML."""

    def __init__(self, send: Send, head: str, lang: str) -> None:
        self.send, self.head, self.lang = send, head, lang
        self.start: Message | None = None
        self.body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            kind = Headers(raw=message["headers"]).get("content-type", "")
            if kind.startswith("text/html"):
                self.start = message
                return
        elif self.start is not None and message["type"] == "http.response.body":
            self.body += message.get("body", b"")
            if not message.get("more_body"):
                await self._finish(self.start)
            return
        await self.send(message)

    async def _finish(self, start: Message) -> None:
        text = self.body.decode()
        text = re.sub(r"<title>.*?</title>", "", text, count=1, flags=re.DOTALL)
        text = text.replace("</head>", f"{self.head}\n</head>", 1)
        text = text.replace('<html lang="en">', f'<html lang="{self.lang}">', 1)
        body = text.encode()
        headers = MutableHeaders(raw=start["headers"])
        if self.body:  # a HEAD has none, and keeps the length of the file
            headers["content-length"] = str(len(body))
        headers.add_vary_header("Accept-Language")
        for name in ("etag", "last-modified"):  # of the file, which has no run in it
            if name in headers:
                del headers[name]
        await self.send(start)
        await self.send({"type": "http.response.body", "body": body if self.body else b""})
