"""Open thousands of links that nobody makes in good faith, and send widget states that no widget
has, and say what was not answered in words.

    python -m scripts.hostile [--links 3000] [--states 300] [--first 0]

Each page runs in this process, over a store of its own with a few runs. The same numbers make the
same links; the test suite opens a few of them. Exit status 1 if anything went wrong. (What
Streamlit prints of widget states that it cannot read itself does not count.)
"""

import argparse
import logging
import sys
from dataclasses import replace

from mnistlab.store import Store
from scripts.own_site import store_alone


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--links", type=int, default=3000, metavar="N")
    parser.add_argument("--states", type=int, default=300, metavar="N")
    parser.add_argument("--first", type=int, default=0, metavar="N", help="number of the first one")
    chosen = parser.parse_args()
    with store_alone() as store:
        return attack(store, chosen.first, chosen.links, chosen.states)


def attack(store: Store, first: int, links: int, states: int) -> int:
    """Send so many of each, and print what went wrong."""
    from hostile import Attack

    from mnistlab.ui.embeddings import controls, maps

    logging.getLogger("streamlit").setLevel(logging.ERROR)
    for name in ("MAP", "TRAINING", "SETTINGS"):  # t-SNE of a few points
        setattr(maps, name, replace(getattr(maps, name), counts=(60,)))
    controls.ITERATIONS = (500,)
    opened = Attack(store)
    faults = [fault for seed in range(first, first + links) for fault in opened.open_link(seed)]
    faults += [fault for seed in range(first, first + states) for fault in opened.forge(seed)]
    for fault in faults:
        print(fault, end="\n\n")
    print(f"{links:,} links and {states:,} widget states: {len(faults)} not answered in words.")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
