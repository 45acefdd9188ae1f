"""The command `lesson check`: whether a lesson's file is one, before a class sees it."""

import logging
from argparse import Namespace
from pathlib import Path

from mnistlab.lessons import read_lesson


def lesson(arguments: Namespace) -> int:
    """Check the file, its links and its locked controls. Raises `LessonError`."""
    logging.disable(logging.WARNING)  # Streamlit's, which misses its server
    try:
        from mnistlab.ui.kit.lessons.opened import KnownPages  # knows what each page takes

        found = read_lesson(Path(arguments.file), KnownPages())
    finally:
        logging.disable(logging.NOTSET)
    asked = sum(step.question is not None for step in found.steps)
    print(f"{found.title}: {len(found.steps)} steps, {asked} questions, {found.minutes} minutes.")
    return 0
