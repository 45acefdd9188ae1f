"""Every chart by keyboard: arrow keys walk its cells, points or bars, and each is said."""

import json
from functools import cache
from pathlib import Path

from mnistlab.ui.kit.i18n import _


def chart_keys() -> str:
    """The script that gives the charts of a page their keys, and the words in the reader's
    language; it may run many times.
    """
    words = {
        "keys": _("Chart by keyboard: arrow keys move through it, Enter chooses."),
    }
    return (
        f"{{ {_script()} const keys = (window.mnistlabChartKeys ??= new ChartKeys()); "
        f"keys.words = {json.dumps(words)}; keys.soon(); }}"
    )


@cache
def _script() -> str:
    return Path(__file__).with_suffix(".js").read_text(encoding="utf-8")
