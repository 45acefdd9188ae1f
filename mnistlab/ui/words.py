"""Numbers in words: with their units, and no more digits than mean something."""

import time

from mnistlab.analysis.intervals import interval, percent
from mnistlab.names import run_name
from mnistlab.store import RunRecord
from mnistlab.ui.i18n import _, ngettext

__all__ = ["ago", "duration", "interval", "percent", "run_line"]


def duration(seconds: float) -> str:
    """0.42 as "0.4 s", 75 as "1 min 15 s", 7300 as "2 h 2 min"."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def ago(then: float) -> str:
    """How long ago the time `then` (seconds since 1970) was."""
    minutes = int((time.time() - then) / 60)
    if minutes < 1:
        return _("just now")
    if minutes < 60:
        return ngettext("{n} minute ago", "{n} minutes ago", minutes).format(n=minutes)
    hours = minutes // 60
    if hours < 48:
        return ngettext("{n} hour ago", "{n} hours ago", hours).format(n=hours)
    return _("{n} days ago").format(n=hours // 24)


def run_line(run: RunRecord) -> str:
    """A run in a list of runs: its name, its accuracy once it has one, and its age."""
    accuracy = [] if run.accuracy is None else [percent(run.accuracy)]
    return " · ".join([run_name(run.config), *accuracy, ago(run.created)])
