"""Texts in the reader's language, from the gettext catalogues in `locale/`. The source is English.

Three ways to say something:

- `_("Start")` says it now, in the language that is spoken here: in pages, figures, exports and the
  command line, which show it at once;
- `N_("Start")` marks what a table holds; whoever shows it says `_(entry.label)`;
- `message("There is no run {id}.", id=run_id)` is a sentence that is said later, perhaps by another
  process and in another language: in errors, and in what is stored.

`python -m scripts.messages` brings the catalogues up to date; CONTRIBUTING.md shows how to
translate, and how to add a language.
"""

import gettext
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import lru_cache, wraps
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

LOCALE = Path(__file__).with_name("locale")
DOMAIN = "mnistlab"  # what our catalogues are called
LANGUAGES = {"en": "English", "zh": "简体中文"}
TAGS = {"en": "en", "zh": "zh-Hans"}  # as documents name their language (BCP 47)
DEFAULT = "en"
Result = TypeVar("Result")
_VARIABLES = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")  # in the order of gettext
_spoken: ContextVar[str] = ContextVar("language")
_elsewhere: list[Callable[[], str]] = []  # who is asked where nobody has said which language


def language() -> str:
    """The language that is spoken here, a key of `LANGUAGES`."""
    spoken = _spoken.get("")
    if not spoken and _elsewhere:
        spoken = _elsewhere[-1]()
    return spoken if spoken in LANGUAGES else DEFAULT


def listen_to(ask: Callable[[], str]) -> None:
    """From now on, `ask` says which language is spoken wherever `speaking` does not."""
    _elsewhere.append(ask)


def speak(code: str) -> None:
    """Speak the language `code` (a key of `LANGUAGES`) in this thread from here on."""
    _spoken.set(code)


@contextmanager
def speaking(code: str) -> Iterator[None]:
    """Within, texts are in the language `code`; in English where that is none of ours."""
    token = _spoken.set(code if code in LANGUAGES else DEFAULT)
    try:
        yield
    finally:
        _spoken.reset(token)


def as_here(work: Callable[..., Result]) -> Callable[..., Result]:
    """`work`, which speaks the language that is spoken here now, wherever it is called: in a thread
    of its own, for example.
    """
    code = language()

    @wraps(work)
    def in_our_language(*given: Any, **named: Any) -> Result:
        with speaking(code):
            return work(*given, **named)

    return in_our_language


def spoken_by(locale: str) -> str:
    """The language of somebody whose browser or terminal names `locale`: "zh" for "zh-CN" or
    "zh_TW.UTF-8"; English where it is none of ours.
    """
    code = locale.replace("_", "-").split("-")[0].split(".")[0].lower()
    return code if code in LANGUAGES else DEFAULT


def spoken_in(environment: Mapping[str, str]) -> str:
    """The language of a terminal with this `environment`, from the variables that gettext asks."""
    said = next(filter(None, (environment.get(name) for name in _VARIABLES)), "")
    codes = (re.split("[_.@-]", each)[0].lower() for each in said.split(":"))
    return next((code for code in codes if code in LANGUAGES), DEFAULT)


@lru_cache(maxsize=len(LANGUAGES))
def _translation(code: str) -> gettext.NullTranslations:
    if code == DEFAULT:
        return gettext.NullTranslations()
    return gettext.translation(DOMAIN, LOCALE, languages=[code])


def translation() -> gettext.NullTranslations:
    """The catalogue of the language that is spoken here."""
    return _translation(language())


def N_(text: str) -> str:
    """Marks a text for translation; whoever shows it translates it."""
    return text


def _(text: str) -> str:
    """`text` in the language that is spoken here."""
    return translation().gettext(text)


def translated(source: str, remarks: Iterable[str]) -> str:
    """The code `source` with its `remarks`, sentences of it, in the language that is spoken
    here.
    """
    for remark in remarks:
        source = source.replace(remark, _(remark))
    return source


def ngettext(one: str, many: str, count: int) -> str:
    """`one` or `many`, whichever `count` calls for, in the language that is spoken here."""
    return translation().ngettext(one, many, count)


def listed(parts: Iterable[object]) -> str:
    """`parts` side by side: "0, 3, 7"."""
    return _(", ").join(map(str, parts))


def clauses(parts: Iterable[object]) -> str:
    """As `listed`, of parts that have commas of their own: "CNN: 98, 99; LSTM: 97"."""
    return _("; ").join(map(str, parts))


def labelled(label: object, text: object) -> str:
    """`text` and what it is: "Feature maps: Kernels"."""
    return _("{label}: {text}").format(label=label, text=text)


def capital(text: str) -> str:
    """`text` with a capital letter at its beginning, and the rest of it as it is."""
    return f"{text[:1].upper()}{text[1:]}"


def sentence(text: str) -> str:
    """`text`, such as "kind of network", as a sentence: with a capital letter and a full stop."""
    return _("{sentence}.").format(sentence=capital(text))


def sentences(*those: str) -> str:
    """Several sentences one after another, without those that are empty: in Chinese, no blank
    stands between them.
    """
    said, *more = [each for each in those if each] or [""]
    for each in more:
        said = _("{what} {advice}").format(what=said, advice=each)
    return said


@dataclass(frozen=True)
class Message:
    """A sentence that is translated where it is shown, by `str`: its template and its values, which
    may be messages themselves, or tuples and lists, which are `listed`. `many`: the template for
    all counts but one, which the value `n` tells.
    """

    template: str
    values: Mapping[str, Any] = field(default_factory=dict, hash=False)
    many: str = ""

    def __str__(self) -> str:
        if self.many:
            said = ngettext(self.template, self.many, self.values["n"])
        else:
            said = _(self.template) if self.template else ""
        # what came from an old store has no values, and may have braces
        return said.format(**_shown(self.values)) if self.values else said


def _shown(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: listed(each) if isinstance(each, (tuple, list)) else each
        for name, each in values.items()
    }


Text: TypeAlias = str | Message  # a str is said as it is, in every language


def message(template: str, **values: Any) -> Message:
    """A sentence that is said later: `template`, which is found for translation where it stands in
    the source, with its `values`.
    """
    return Message(template, values)


def messages(one: str, many: str, n: int, **values: Any) -> Message:
    """As `message`, in the form that the count `n` calls for."""
    return Message(one, {"n": n} | values, many)


def stored(text: Text) -> str:
    """`text` as it is kept in the store or in a file: a message with its template and values, not
    in any language. The counterpart of `restored`.
    """
    return text if isinstance(text, str) else json.dumps(_plain(text), ensure_ascii=False)


def restored(text: str) -> Text:
    """What `stored` has made a str of. A sentence of an older version is said as it is."""
    if not text.startswith('{"template"'):
        return text
    return _message(json.loads(text))


def _plain(value: Any) -> Any:
    if isinstance(value, Message):
        plain: dict[str, Any] = {"template": value.template}
        if value.values:
            plain["values"] = {name: _plain(each) for name, each in value.values.items()}
        return plain | ({"many": value.many} if value.many else {})
    if isinstance(value, (tuple, list)):
        return [_plain(each) for each in value]
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)


def _message(plain: Any) -> Any:
    if isinstance(plain, list):
        return tuple(map(_message, plain))
    if not (isinstance(plain, dict) and "template" in plain):
        return plain
    values = {name: _message(each) for name, each in plain.get("values", {}).items()}
    return Message(plain["template"], values, plain.get("many", ""))
