"""Choices that need no more than a label."""

from mnistlab.choices.base import Choice
from mnistlab.i18n import N_

PRECISIONS = {
    "float32": Choice(label=N_("float32: full precision")),
    "bfloat16": Choice(label=N_("bfloat16: less precise, often faster")),
}
NORMALIZATIONS = {
    "none": Choice(label=N_("from 0 to 1")),
    "zscore": Choice(label=N_("z-scores")),
}
