"""What can be asked, in a lesson's file and by a teacher, and what an answer has to be.

Answers are JSON: a text, the number of a choice, a number, the 28×28 bytes of a drawing as
hexadecimal digits, [row, column] of a cell, [x, y] of a point.
"""

from mnistlab.questions.base import KINDS, MEASURES, Question, made, of_record
from mnistlab.questions.kinds import AnyQuestion, Axis, Cell, Choices, Drawing, Number, Point, Text

__all__ = [
    "KINDS",
    "MEASURES",
    "AnyQuestion",
    "Axis",
    "Cell",
    "Choices",
    "Drawing",
    "Number",
    "Point",
    "Question",
    "Text",
    "made",
    "of_record",
]
