"""Measure what each mistake does, for the page that shows it before anybody has tried it.

    python -m scripts.mistake_results

Takes a minute, and needs no MNIST: the experiments are on the small digits.
"""

import json

from mnistlab.experiments.mistakes import MISTAKES, run_pair
from mnistlab.ui.mistakes.measured import FILE, as_record


def main() -> None:
    records = {}
    # memory first: of a process that has computed before, less is new
    for name in sorted(MISTAKES, key=lambda name: "memory" not in MISTAKES[name].compare):
        mistake, pair = MISTAKES[name], run_pair(name)
        if not pair.as_claimed:
            raise SystemExit(f"{name} does not come out as the page explains it.")
        records[name] = {
            "correct": as_record(mistake, pair.correct),
            "mistaken": as_record(mistake, pair.mistaken),
        }
    lines = (f"{json.dumps(name)}: {json.dumps(record)}" for name, record in records.items())
    FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
