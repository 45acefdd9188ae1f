"""Bring the catalogues of all languages up to date with the source, for translators.

    python -m scripts.messages            update each `mnistlab.po`, and compile it
    python -m scripts.messages --missing  also print what has to be translated

A message whose English changed keeps its old translation, marked as fuzzy: check it, and take the
mark away. What is fuzzy or missing is said in English.
"""

import argparse
import ast
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from mnistlab.i18n import DEFAULT, LANGUAGES, LOCALE

ROOT = Path(__file__).parents[1]
# for each function that marks messages, which of its arguments they are; None: the first
KEYWORDS = {
    "_": None,
    "N_": None,
    "ngettext": (1, 2),
    "message": None,
    "messages": (1, 2),
}
METHODS = [("**.py", "scripts.messages:calls"), ("**.html", "jinja2")]
FOLDERS = ("mnistlab", "pages")  # and app.py, beside them
WIDTH = 100


def source_messages() -> Catalog:
    """All messages of the source, each with the files that say it."""
    found = Catalog()
    for name, __, text, comments, ___ in extract_from_dir(
        ROOT, METHODS, keywords=KEYWORDS, directory_filter=_is_source
    ):
        found.add(text, None, [(name, 1)], auto_comments=comments)
    return found


def _is_source(folder: str) -> bool:
    return Path(folder).relative_to(ROOT).parts[:1] in ((), *((each,) for each in FOLDERS))


def calls(
    file: BinaryIO, keywords: dict[str, Any], tags: list[str], options: dict[str, Any]
) -> Iterator[tuple[int, str, tuple[str | None, ...], list[str]]]:
    """The calls of `keywords` in a Python `file`, also within f-strings, where Babel's own reader
    looks from Python 3.12 on only.
    """
    for node in ast.walk(ast.parse(file.read())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
            name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
            texts = tuple(
                each.value if isinstance(each, ast.Constant) else None for each in node.args
            )
            if name in keywords and texts and isinstance(texts[0], str):
                yield node.lineno, name, texts, []


def catalogue(language: str) -> Path:
    """Where the translations into `language` are."""
    return LOCALE / language / "LC_MESSAGES" / "mnistlab.po"


def read(language: str) -> Catalog:
    """The translations into `language`."""
    path = catalogue(language)
    if not path.exists():
        return Catalog(
            locale=language,
            domain="mnistlab",
            header_comment="# The translations of mnistlab. See scripts/messages.py.",
            project="mnistlab",
            version="1",
            copyright_holder="mnistlab contributors",
            fuzzy=False,
        )
    with path.open("rb") as file:
        return read_po(file, locale=language, domain="mnistlab")


def updated(language: str, source: Catalog) -> Catalog:
    """The translations into `language` of the messages of `source`, and of no others."""
    found = read(language)
    found.update(source, no_fuzzy_matching=False, update_header_comment=False)
    found.obsolete.clear()
    return found


def as_po(translations: Catalog) -> bytes:
    """The file for translators, which is the same for the same translations."""
    file = io.BytesIO()
    write_po(
        file,
        translations,
        width=WIDTH,
        sort_by_file=True,
        include_previous=True,
        include_lineno=False,
        omit_header=False,
    )
    return b"".join(line for line in file.getvalue().splitlines(True) if not line.startswith(DATED))


UNDATED = datetime(2000, 1, 1, tzinfo=UTC)  # or the same translations would make another file
DATED = (b'"POT-Creation-Date', b'"PO-Revision-Date', b'"Generated-By')


def as_mo(translations: Catalog) -> bytes:
    """The file that the program reads."""
    finished = Catalog(
        locale=translations.locale,
        domain=translations.domain,
        creation_date=UNDATED,
        revision_date=UNDATED,
        fuzzy=False,
    )
    for each in translations:
        if each.id and is_finished(each):
            finished.add(each.id, each.string)
    file = io.BytesIO()
    write_mo(file, finished)
    return file.getvalue()


def is_finished(translation: Message) -> bool:
    """Whether it counts: it is there, in all forms, and sure."""
    forms = translation.string
    forms = forms if isinstance(forms, (tuple, list)) else [forms]
    return all(forms) and not translation.fuzzy


def unfinished(translations: Catalog) -> list[str]:
    """The messages whose translation does not count."""
    return [str(each.id) for each in translations if each.id and not is_finished(each)]


def main() -> None:
    """See the module's docstring."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--missing", action="store_true", help="print what is not translated")
    arguments = parser.parse_args()
    source = source_messages()
    for language in LANGUAGES:
        if language == DEFAULT:
            continue
        found = updated(language, source)
        path = catalogue(language)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(as_po(found))
        path.with_suffix(".mo").write_bytes(as_mo(found))
        missing = unfinished(found)
        print(f"{LANGUAGES[language]}: {len(found)} messages, {len(missing)} to translate")
        if arguments.missing:
            print(*missing, sep="\n")


if __name__ == "__main__":
    main()
