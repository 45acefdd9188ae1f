"""What a link looks like where it is shared."""

import asyncio
import html
import re
from io import BytesIO
from threading import Event, Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route
from waiting import SECONDS, eventually

from mnistlab.config import TrainConfig
from mnistlab.executors import InlineExecutor
from mnistlab.run_names import run_name
from mnistlab.server import preview
from mnistlab.server.preview import LinkPreview, Previews
from mnistlab.server.routes import routes
from mnistlab.store import RunRecord, Store
from mnistlab.ui.kit.navigation import PAGES

CONFIG = TrainConfig(dataset="digits", arch="mlp", hidden=4, layers=1, max_steps=3, eval_every=1)
INDEX = '<!DOCTYPE html><html lang="en"><head><title>Streamlit</title></head><body></body></html>'


@pytest.fixture
def run(store: Store) -> RunRecord:
    return InlineExecutor(store).start(CONFIG)


def answer(
    store: Store, path: str, base: str = "", **headers: str
) -> tuple[int, bytes, dict[str, str]]:
    """(status, body, headers) of what the pages and routes over `store` answer."""

    async def index(request: Request) -> HTMLResponse:
        assert "accept-encoding" not in request.headers
        return HTMLResponse(INDEX, headers={"etag": '"index"'})

    app = Starlette(
        routes=[*routes(store, base), Route("/{path:path}", index)],
        middleware=[Middleware(LinkPreview, previews=Previews(store, base))],
    )
    known = {"host": "lab.example:8501", "accept-encoding": "gzip", **headers}
    address = urlsplit(path)
    scope = {
        "type": "http",
        "method": "GET",
        "scheme": "http",
        "path": address.path,
        "query_string": address.query.encode(),
        "headers": [
            (name.replace("_", "-").encode(), value.encode()) for name, value in known.items()
        ],
    }
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(app(scope, receive, send))
    return (
        sent[0]["status"],
        b"".join(message.get("body", b"") for message in sent),
        {name.decode(): value.decode() for name, value in sent[0]["headers"]},
    )


def tags(body: bytes) -> dict[str, str]:
    found = re.findall(r'<meta (?:property|name)="([^"]+)" content="([^"]*)">', body.decode())
    return {name: html.unescape(content) for name, content in found}


def test_a_link_to_a_run_tells_its_view_its_result_and_has_a_picture(
    store: Store, run: RunRecord
) -> None:
    path = f"/evaluation?run={run.id}&view=matrix&lang=en"
    status, body, headers = answer(store, path)
    told = tags(body)
    assert status == 200
    assert int(headers["content-length"]) == len(body)
    assert "etag" not in headers
    assert body.count(b"<title>") == 1
    assert b"<title>Confusion matrix \xc2\xb7 mnistlab</title>" in body
    assert run_name(CONFIG) in told["og:description"]
    assert run.final is not None
    share = run.final["correct"] / run.final["count"]
    assert f"{share:.2%}".replace("%", " %") in told["og:description"]
    picture = urlsplit(told["og:image"])
    assert (picture.scheme, picture.netloc) == ("http", "lab.example:8501")
    status, card, headers = answer(store, f"{picture.path}?{picture.query}")
    assert (status, headers["content-type"]) == (200, "image/png")
    assert Image.open(BytesIO(card)).size == (1200, 630)
    _, without, _ = answer(store, f"{picture.path}?page=evaluation&lang=en")
    assert card != without


def test_a_step_in_the_link_is_the_end_of_what_is_told(store: Store, run: RunRecord) -> None:
    _, body, _ = answer(store, f"/evaluation?run={run.id}&step=1")
    assert tags(body)["og:description"].endswith("after 1 step")


def test_behind_a_proxy_and_below_a_path_the_picture_has_the_browsers_address(store: Store) -> None:
    headers = {"x_forwarded_proto": "https", "x_forwarded_host": "school.example"}
    _, body, _ = answer(store, "/lab/data", "/lab", **headers)
    image = tags(body)["og:image"]
    assert image.startswith("https://school.example/lab/api/card.png?")
    _, card, _ = answer(store, image.removeprefix("https://school.example"), "/lab")
    assert Image.open(BytesIO(card)).size == (1200, 630)


def test_a_link_without_a_language_is_told_in_the_browsers(store: Store) -> None:
    _, body, headers = answer(store, "/evaluation", accept_language="zh;q=0.9,en;q=0.8")
    assert b'<html lang="zh-Hans">' in body
    assert tags(body)["og:locale"] == "zh_CN"
    assert "accept-language" in headers["vary"].lower()


def test_pictures_are_drawn_one_at_a_time_and_few_wait(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = Event()
    drawing: list[int] = []
    most: set[int] = set()

    def draw(*about: Any) -> bytes:
        drawing.append(1)
        most.add(len(drawing))
        assert go_on.wait(SECONDS)
        drawing.pop()
        return b"png"

    monkeypatch.setattr(preview, "card_png", draw)
    previews, done = Previews(store), list[int]()

    def ask() -> None:
        scope = {"type": "http", "method": "GET", "query_string": b"page=data", "headers": []}
        done.append(previews.card(Request(scope)).status_code)

    threads = [Thread(target=ask) for _ in range(preview.WAITING + 3)]
    for thread in threads:
        thread.start()
    eventually("those who are too many are told so", lambda: len(done) == 3)
    go_on.set()
    for thread in threads:
        thread.join(SECONDS)
    assert sorted(done) == [200] * preview.WAITING + [503] * 3
    assert most == {1}
    ask()
    assert done[-1] == 200


def test_a_preview_tells_not_whose_a_run_is_nor_its_title(store: Store, run: RunRecord) -> None:
    store.rename(run.id, "Zoë's secret")
    for path in (f"/evaluation?run={run.id}", f"/runs?run={run.id}", f"/?run={run.id}"):
        _, body, _ = answer(store, path)
        assert "secret" not in body.decode()


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ('/evaluation?run="><script>&view="><script>&lang="><script>&step="><script>', {}),
        ("/evaluation?run=abcdefabcdef", {}),  # which nobody has trained
        ("/evaluation", {"host": 'evil"><script>'}),
        ("/evaluation", {"x_forwarded_host": "a/b", "x_forwarded_proto": "javascript"}),
    ],
)
def test_hostile_and_unknown_links_have_the_pages_own_preview(
    store: Store, path: str, headers: dict[str, str]
) -> None:
    status, body, _ = answer(store, path, **headers)
    assert status == 200
    assert b"<script>" not in body
    assert tags(body)["og:title"] == "Evaluation · mnistlab"
    if headers:
        assert "og:image" not in tags(body)
    else:
        query = parse_qs(urlsplit(tags(body)["og:image"]).query)
        assert set(query) <= {"page", "lang", "run"}


def test_every_page_has_a_preview_and_nothing_else_does(store: Store) -> None:
    for name in PAGES:
        _, body, _ = answer(store, f"/{name}")
        assert tags(body)["og:title"].endswith(" · mnistlab")
    for path in ("/nothing", "/static/index.html"):
        with pytest.raises(AssertionError):  # it is asked for as the browser does
            answer(store, path)
