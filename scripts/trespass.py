"""Do thousands of things by chance with a student's rights to what is somebody else's, through the
store, the routes and the pages, and say whether any of it changed.

    python -m scripts.trespass [--acts 10000] [--first 0] [--pages 0.05]

All of it happens in this process, over a store of its own with two classes, a visitor, and runs in
every state. The same numbers make the same acts; the test suite does a few hundred. Exit status 1
if something of others changed, or if an exception was no sentence.
"""

import argparse
import sys
import time
from collections import Counter

from mnistlab.store import Store
from scripts.own_site import store_alone


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--acts", type=int, default=10_000, metavar="N")
    parser.add_argument("--first", type=int, default=0, metavar="N", help="number of the first one")
    parser.add_argument("--pages", type=float, default=0.05, help="the share of acts on pages")
    chosen = parser.parse_args()
    with store_alone() as store:
        return trespass(store, chosen.first, chosen.acts, chosen.pages)


def trespass(store: Store, first: int, acts: int, pages: float) -> int:
    """Do so many, and print what came of it."""
    from trespass import Trespass, prepare

    prepare()
    student, ways = Trespass(store), Counter[str]()
    begin = time.monotonic()
    for seed in range(first, first + acts):
        act = student.act(seed, pages)
        ways[act.partition(":")[0]] += 1
        if (changed := student.others()) != student.before:
            tables = [name for name in changed if changed[name] != student.before[name]]
            print(f"Act {seed}, {act}, changed of others: {', '.join(tables)}.")
            return 1
    for fault in student.told:
        print(fault, end="\n\n")
    done = ", ".join(f"{count:,} by the {way}" for way, count in ways.items())
    print(
        f"{acts:,} acts with a student's rights in {time.monotonic() - begin:.0f} s ({done}): "
        f"nothing of others changed; {len(student.told)} not answered in words."
    )
    return 1 if student.told else 0


if __name__ == "__main__":
    sys.exit(main())
