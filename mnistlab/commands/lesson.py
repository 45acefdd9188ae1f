"""The command `lesson check`: whether a lesson's file is one, before a class sees it."""

import logging
from argparse import Namespace
from pathlib import Path

from mnistlab.i18n import _, ngettext
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
    counts = (
        ngettext("{n} step", "{n} steps", len(found.steps)).format(n=len(found.steps)),
        ngettext("{n} question", "{n} questions", asked).format(n=asked),
        ngettext("{n} minute", "{n} minutes", found.minutes).format(n=found.minutes),
    )
    steps, questions, minutes = counts
    sentence = _("{title}: {steps}, {questions}, {minutes}.")
    print(sentence.format(title=found.title, steps=steps, questions=questions, minutes=minutes))
    return 0
