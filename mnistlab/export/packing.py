"""Zip files that are the same whenever they are made, and the tables in them."""

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

Entry = tuple[str, bytes]  # name in the zip, content
SINCE = (1980, 1, 1, 0, 0, 0)  # of every entry: what zip files begin with


def write_zip(path: Path, entries: Iterable[Entry]) -> None:
    """Write a zip file, entry after entry; it is there once all of it is. Equal entries give equal
    bytes. Raises `OSError`.
    """
    part = path.with_name(path.name + ".part")
    try:
        with ZipFile(part, "w", ZIP_DEFLATED) as archive:
            for name, content in entries:
                entry = ZipInfo(name, SINCE)
                entry.create_system, entry.external_attr = 3, 0o644 << 16
                archive.writestr(entry, content, ZIP_DEFLATED)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def json_of(value: Mapping[str, Any] | Sequence[Any]) -> bytes:
    """As a JSON file, in UTF-8."""
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True).encode()


def csv_of(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """As a CSV file with a header line, in UTF-8. No cell is a formula: names in it are chosen by
    people, and whoever opens it may be their teacher.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([_harmless(value) for value in row] for row in chain([columns], rows))
    return text.getvalue().encode()


def _harmless(value: Any) -> Any:
    """A text that a spreadsheet would take for a formula, as a text."""
    return f"'{value}" if isinstance(value, str) and value[:1] in "=+-@\t\r" and value else value
