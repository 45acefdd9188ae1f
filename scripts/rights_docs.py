"""Write the tables of docs/rights.md from what the tests check, tests/rights.py.

python -m scripts.rights_docs
"""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))  # where the table is

from rights import PEOPLE, TABLE  # noqa: E402

FILE = ROOT / "docs" / "rights.md"
BEGIN = "<!-- what follows is written by: python -m scripts.rights_docs -->\n"


def document() -> str:
    """The whole page: what is there, with the tables as they are."""
    head, *_ = FILE.read_text(encoding="utf-8").partition(BEGIN)
    return head + BEGIN + "".join(map(_table, TABLE))


def _table(what: str) -> str:
    _, acts, may = TABLE[what]
    rows = [[act, *("yes" if who in may[act] else "–" for who in PEOPLE)] for act in acts]
    lines = [["", *PEOPLE.values()], ["---", *(":-:" for _ in PEOPLE)], *rows]
    return f"\n## {what}\n\n" + "".join(f"| {' | '.join(line)} |\n" for line in lines)


if __name__ == "__main__":
    FILE.write_text(document(), encoding="utf-8")
