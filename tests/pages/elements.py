"""What a page shows, read back out of it: its Plotly charts, and the code of a twin."""

import base64
import json
import re
from typing import Any

import numpy as np
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Block


def components(page: AppTest) -> list[Any]:
    """The page's own components: without the button that copies a link, which every page has."""
    return [each for each in page.get("bidi_component") if "copy_link" not in each.proto.id]


def beside_error(page: AppTest) -> list[str | None]:
    """The keys of what stands just above and just below the only error of the page."""
    (error,) = page.error
    elements = [each for each in page.main if not isinstance(each, Block)]
    place = elements.index(error)
    return [getattr(each, "key", None) for each in elements[place - 1 : place + 2 : 2]]


def charts(page: AppTest) -> list[Any]:
    """The page's Plotly charts."""
    return [element.proto for element in page.get("plotly_chart")]


def traces(page: AppTest, place: int = 0) -> list[dict[str, Any]]:
    """The traces of a chart."""
    return json.loads(charts(page)[place].spec)["data"]


def numbers(packed: dict[str, Any]) -> np.ndarray:
    """An array as Plotly packs it."""
    shape = tuple(int(size) for size in packed.get("shape", "-1").split(","))
    return np.frombuffer(base64.b64decode(packed["bdata"]), packed["dtype"]).reshape(shape)


def code_of(page: AppTest) -> str:
    """The code that the page shows, without its line numbers."""
    (body,) = [element.proto.body for element in page.get("html") if "<pre" in element.proto.body]
    lines = re.findall(
        r"<span aria-hidden[^>]*>\d+</span>(.*?)</(?:span|mark)>(?=<span "
        r"style=\"display:block|<mark|</code>)",
        body,
    )
    text = "\n".join(re.sub(r"<[^>]+>", "", line).rstrip(" ") for line in lines)
    for entity, character in (
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", '"'),
        ("&#x27;", "'"),
        ("&amp;", "&"),
    ):
        text = text.replace(entity, character)
    return text + "\n"


def marked(page: AppTest) -> list[str]:
    body = next(element.proto.body for element in page.get("html") if "<pre" in element.proto.body)
    return [re.sub(r"<[^>]+>", "", line) for line in re.findall(r"<mark [^>]*>(.*?)</mark>", body)]
