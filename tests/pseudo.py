"""A language in which every message of ours is marked, so that a text which is not marked stands
out.
"""

import gettext
import re

import pytest

from mnistlab import i18n

OPEN, CLOSE = "⟦", "⟧"
_INNERMOST = re.compile(f"{OPEN}[^{OPEN}{CLOSE}]*{CLOSE}")


class Marked(gettext.NullTranslations):
    """Says each message in brackets."""

    def gettext(self, message: str) -> str:
        return f"{OPEN}{message}{CLOSE}"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(msgid1 if n == 1 else msgid2)


def speak(monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on, the language that is spoken is the marked one."""
    monkeypatch.setattr(i18n, "translation", Marked)


def unmarked(text: str) -> list[str]:
    """The words of `text` (two letters or more) outside all brackets."""
    while (shorter := _INNERMOST.sub("", text)) != text:
        text = shorter
    return re.findall(r"[^\W\d_]{2,}", text)
