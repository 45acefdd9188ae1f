"""Lessons: a way through the pages in steps, each a small YAML file. docs/lessons.md says how to
write one.
"""

from mnistlab.lessons.reading import read_lesson
from mnistlab.lessons.schema import Lesson, Link, Pages, Seen, Step
from mnistlab.lessons.shelf import Shelved, shelf

__all__ = ["Lesson", "Link", "Pages", "Seen", "Shelved", "Step", "read_lesson", "shelf"]
