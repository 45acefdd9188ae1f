"""What the entries of all tables have in common."""

from collections.abc import Callable
from dataclasses import dataclass
from pkgutil import resolve_name
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One value of a setting. `settings` are the further settings that count where it is chosen."""

    label: str  # marked for translation: what the form says
    settings: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Named(Choice):
    """A choice that also has a short name, for tables, legends and the names of runs,
    marked for translation where it is a word.
    """

    name: str


def resolve(reference: str) -> Callable[..., Any]:
    """The function or class that "module:name" refers to, imported now: so a table can name what
    needs torch, and be read without it.
    """
    found: Callable[..., Any] = resolve_name(reference)
    return found
