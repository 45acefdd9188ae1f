"""A language in which every text that is marked for translation looks marked: ⟦Start⟧. Whatever a
page or a figure says besides is not marked, or glued together, and would be English in every
language.
"""

import gettext
import html
import json
import re
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel
from streamlit.testing.v1 import AppTest

from mnistlab import i18n
from mnistlab.lessons import Lesson
from mnistlab.ui.kit import texts
from mnistlab.ui.kit.lessons import opened

OPEN, CLOSE = "⟦", "⟧"
_INNERMOST = re.compile(f"{OPEN}[^{OPEN}{CLOSE}]*{CLOSE}")
NAMES = {  # that no language changes
    *("MNIST", "KMNIST", "PNG", "CSV", "CHW", "HWC", "SNE", "PCA", "CNN", "LSTM", "GRU", "RNN"),
    *("MLP", "LeNet", "Adam", "cpu", "True", "False", "cos", "max", "tanh", "torch", "uint"),
}
# names of layers, of their parameters, of arguments and methods of PyTorch
CODE = {
    *("input", "conv", "relu", "pool", "flatten", "linear", "out", "softmax", "rows", "lstm"),
    *("last", "weight", "bias", "norm", "drop", "batch", "size", "shuffle", "sampler", "padding"),
    *("optimizer", "zero", "grad", "ToTensor", "Normalize", "DataLoader", "data", "run", "test"),
    *("log", "eval", "train", "model", "detach", "step", "backward", "loss", "item", "requires"),
}
# what Plotly, Vega-Lite and Streamlit are told, and say to nobody
TOLD = {
    *("own", "domain", "reversed", "outside", "top", "center", "tozero", "finished", "accuracy"),
    *("zoom", "scales", "event", "select", "constant", "maps", "left", "right", "freedraw"),
    *("stretch", "canvas", "index", "style", "css", "eee", "middle", "bottom", "zero", "free"),
}
KNOWN = NAMES | CODE | TOLD | {word for name in i18n.LANGUAGES.values() for word in name.split()}
# what is kept once it was said in a language
KEPT = (
    *("run_names:_run_name", "export.script:_script", "export.network_code:_layers_in"),
    "ui.kit.lessons.opened:_read",
)
# PyTorch's own words, quoted
QUOTED = ("Trying to backward through the graph a second time",)
# fields of Streamlit's messages that nobody reads
UNREAD = {
    *("id", "key", "form_id", "element_id", "icon", "url", "page", "page_script_hash"),
    *("query_string", "style", "component_name", "theme", "config", "alignment", "css", "js"),
    *("language", "data_type", "arrow_mixed_data", "instructions", "tag", "selection_mode"),
    *("file_urls", "type", "hash", "md5", "binary_data", "gap", "color", "mime", "js_content"),
    *("css_content", "html_content", "spec_hash", "arrow_data", "widget_id", "fragment_id"),
    *("format", "direction", "variant", "default_page"),
}
# keys of figures and of what components are told which nobody reads
QUIET = {
    *("type", "field", "mark", "$schema", "mode", "color", "stroke", "fill", "symbol", "dash"),
    *("bdata", "dtype", "shape", "key", "id", "url", "src", "orient", "anchor", "xanchor", "font"),
    *("yanchor", "family", "align", "baseline", "ref", "xref", "yref", "axis", "scale", "name_id"),
    *(
        "colorscale",
        "template",
        "layer_type",
        "transition",
        "expr",
        "filter",
        "format",
        "formatType",
    ),
    *("hoverinfo", "visible", "barmode", "tickformat", "exponentformat", "uirevision", "method"),
    *(
        "textposition",
        "insidetextanchor",
        "side",
        "sort",
        "rangemode",
        "fillmode",
        "resolve",
        "select",
        "name_of",
    ),
    *("domain", "position", "hoveron", "legendgroup", "interpolate", "as", "op", "param", "views"),
    *("stage", "kind", "status", "curve", "active", "source", "file", "script", "lead"),
    *("code", "sprite", "data_url", "weights", "datasets", "stages", "operators", "query", "path"),
}
SPOKEN_FIELDS = {"title", "words", "audience", "choices", "right", "rows", "columns", "unit"}
TAG = re.compile(r"<(style|script|code|pre)\b.*?</\1>|<svg\b.*?>|<[^>]*?>", re.DOTALL)
SPOKEN = re.compile(r"\b(?:alt|title|aria-label|placeholder)=\"([^\"]*)\"")
NOT_WORDS = re.compile(
    r"(?<=\])\([^)]*\)|`[^`]*`|\$\$.*?\$\$|\$[^$]*\$|:material/\w+:|:\w+-(?:badge|background)|https?://\S+|%\{[^}]*\}|data:\S+"
    r"|#[0-9a-f]{6}\b|\b[0-9a-f]{12}\b|\b[0-9a-f]{32}\b|rgba?\([^)]*\)|[\w+/=]{60,}",
    re.DOTALL,
)


class Marked(gettext.NullTranslations):
    """Says each message in brackets."""

    def gettext(self, message: str) -> str:
        return f"{OPEN}{message}{CLOSE}" if message.strip() else message

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(msgid1 if n == 1 else msgid2)


def speak(monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on, the language that is spoken is the marked one."""
    install(monkeypatch.setattr)


def install(put: Callable[[Any, str, Any], None] = setattr) -> None:
    """As `speak`, in a process that speaks nothing else."""
    sections, read_lesson = texts.sections, opened.read_lesson

    def marked_sections(language: str, page: str) -> dict[str, str]:
        return {name: _marked_lines(text) for name, text in sections(language, page).items()}

    def marked_lesson(path: Path, *pages: Any) -> Lesson:
        lesson: Lesson = _marked(read_lesson(path, *pages))
        return lesson

    put(i18n, "_translation", lambda code: Marked())
    # what was kept before is not said now, nor is this afterwards
    for place in KEPT:
        path, name = place.split(":")
        module = import_module(f"mnistlab.{path}")
        put(module, name, getattr(module, name).__wrapped__)
    put(texts, "sections", marked_sections)
    put(opened, "read_lesson", marked_lesson)


def _marked_lines(text: str) -> str:
    return "\n".join(map(_marked_line, text.splitlines()))


def _marked_line(line: str) -> str:
    link = re.fullmatch(r"(\s*- \[)(.+)(\]\([^)]*\))", line)
    if link:
        return f"{link[1]}{OPEN}{link[2]}{CLOSE}{link[3]}"
    return f"{OPEN}{line}{CLOSE}" if re.search("[A-Za-z]{3,}", line) else line


def _marked(value: Any, spoken: bool = False) -> Any:
    """A lesson, or a part of it, with what its file says marked."""
    if isinstance(value, BaseModel):
        fields = type(value).model_fields
        parts = {name: _marked(getattr(value, name), name in SPOKEN_FIELDS) for name in fields}
        return value.model_copy(update=parts)
    if isinstance(value, tuple):
        return tuple(_marked(each, spoken) for each in value)
    return _marked_lines(value) if spoken and isinstance(value, str) else value


def unmarked(text: str) -> list[str]:
    """The words of `text` (two letters or more) outside all brackets."""
    while (shorter := _INNERMOST.sub(" ", text)) != text:
        text = shorter
    return re.findall(r"[^\W\d_]{2,}", text)


def strange(text: str) -> list[str]:
    """As `unmarked`, of Markdown or HTML, without `NAMES`."""
    spoken = " ".join(SPOKEN.findall(text))
    bare = NOT_WORDS.sub(" ", TAG.sub(" ", html.unescape(f"{text} {spoken}")))
    return [word for word in unmarked(bare) if word not in NAMES and len(word) > 2]


def said(page: AppTest) -> Iterator[str]:
    """Every text that `page` sends to the browser for somebody to read."""
    for node in page._tree:
        if hasattr(getattr(node, "proto", None), "ListFields"):
            yield from _read(node.proto)


def _read(message: Any) -> Iterator[str]:
    for field, value in message.ListFields():
        if field.name in UNREAD:
            continue
        values = value if field.is_repeated else [value]
        if field.type == field.TYPE_MESSAGE:
            for each in values:
                if hasattr(each, "ListFields"):
                    yield from _read(each)
        elif field.type == field.TYPE_STRING:
            for each in values:
                yield from _comments(each) if field.name == "code_text" else _texts(each)


def _comments(code: str) -> list[str]:
    return re.findall(r"#(.*)", code)


def _texts(text: str) -> Iterator[str]:
    """`text`, or, where it is JSON, what is said in it."""
    if text[:1] in "{[":
        try:
            yield from _within(json.loads(text))
            return
        except ValueError:
            pass
    yield text


def _within(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, each in value.items():
            if key not in QUIET:
                yield from _within(each)
    elif isinstance(value, list):
        for each in value:
            yield from _within(each)
    elif isinstance(value, str):
        yield from _texts(value)


def english_in(page: AppTest) -> set[str]:
    """What `page` says in English in every language."""
    return {text[:200] for text in said(page) if is_english(text) and not is_script(text)}


def is_script(text: str) -> bool:
    """Whether it is the script of a component, its file, or a picture."""
    return text.endswith((".js", ".css")) or text.lstrip().startswith(
        ("//", "/*", "export ", "<svg", "var ", "const ")
    )


def is_english(text: str) -> bool:
    """Whether `text` says something in English in every language."""
    return bool(set(strange(text)) - KNOWN) and not text.startswith(QUOTED)
