"""Numbers in words: with their units, and only as many digits as mean something."""

import re
import time
from collections.abc import Iterable, Mapping

from mnistlab.analysis.intervals import interval, percent
from mnistlab.choices import DATASETS
from mnistlab.config import FIELDS, TrainConfig
from mnistlab.run_names import run_name
from mnistlab.store import RunRecord
from mnistlab.ui.kit import labels
from mnistlab.ui.kit.i18n import _, listed, ngettext

__all__ = [
    "ago",
    "curve_images",
    "differences",
    "duration",
    "interval",
    "literal",
    "on_part",
    "percent",
    "run_line",
    "run_lines",
    "signed",
    "title_of",
    "told_apart",
    "unique_names",
]

TOLD_FIRST = ("optimizer", "lr", "batch_size", "epochs")  # of the settings that tell two apart
# what begins or ends an image, a link, HTML, code, a formula, an icon, a colour or emphasis in
# Streamlit's Markdown
_MARKUP = re.compile(r"[\[\]<`$\\*]|:(?=\S)")
_ADDRESS = re.compile(r"https?(?=://)|www(?=\.)", re.IGNORECASE)  # made a link of, escaped or not
_WORD_JOINER = "\u2060"  # has no width


def literal(text: str) -> str:
    """`text` as it is, where Markdown is expected. It belongs around everything that came from a
    link, a file or the store: with it, nobody puts a picture or a link into a page of ours.
    """
    return _MARKUP.sub(r"\\\g<0>", _ADDRESS.sub(rf"\g<0>{_WORD_JOINER}", text))


def duration(seconds: float) -> str:
    """0.42 as "0.4 s", 75 as "1 min 15 s", 7300 as "2 h 2 min"."""
    if seconds < 9.95:
        return _("{n} s").format(n=f"{seconds:.1f}")
    whole = round(seconds)
    if whole < 60:
        return _("{n} s").format(n=whole)
    if whole < 3600:
        return _("{minutes} min {seconds} s").format(minutes=whole // 60, seconds=whole % 60)
    return _("{hours} h {minutes} min").format(hours=whole // 3600, minutes=whole % 3600 // 60)


def signed(number: float, form: str = ".3g") -> str:
    """`number` with three digits, or as `form` says, and a real minus sign."""
    return f"{number:{form}}".replace("-", "−")


def ago(then: float) -> str:
    """How long ago `then` (seconds since 1970) was."""
    minutes = int((time.time() - then) / 60)
    if minutes < 1:
        return _("just now")
    if minutes < 60:
        return ngettext("{n} minute ago", "{n} minutes ago", minutes).format(n=minutes)
    hours = minutes // 60
    if hours < 48:
        return ngettext("{n} hour ago", "{n} hours ago", hours).format(n=hours)
    return _("{n} days ago").format(n=hours // 24)


def title_of(run: RunRecord) -> str:
    """What a run is called: by its owner, or else by its settings. Where Markdown is expected,
    `literal` belongs around it.
    """
    return run.title or run_name(run.config)


def run_line(run: RunRecord) -> str:
    """A run in a list of runs: its name, its accuracy once it has one, and its age."""
    return _line(title_of(run), run)


def _line(name: str, run: RunRecord) -> str:
    accuracy = [] if run.accuracy is None else [percent(run.accuracy)]
    return " · ".join([name, *accuracy, ago(run.created)])


def run_lines(runs: Mapping[str, RunRecord]) -> dict[str, str]:
    """Run id -> its line in a list of just these `runs`, where no two names are the same."""
    names = unique_names(list(runs.values()))
    return {run.id: _line(name, run) for name, run in zip(names, runs.values(), strict=True)}


def unique_names(runs: list[RunRecord]) -> list[str]:
    """The runs' names; where some are the same, the settings in which these differ are added."""
    return [
        f"{title_of(run)} ({difference})" if difference else title_of(run)
        for run, difference in zip(runs, differences(runs), strict=True)
    ]


def differences(runs: list[RunRecord]) -> list[str]:
    """For each of `runs`, the settings that tell it from the others of its name; "" where there are
    none.
    """
    same: dict[str, list[RunRecord]] = {}
    for run in runs:
        same.setdefault(title_of(run), []).append(run)
    apart = {name: told_apart(those) for name, those in same.items() if len(those) > 1}
    return [apart.get(title_of(run), {}).get(run.id, "") for run in runs]


def told_apart(runs: list[RunRecord]) -> dict[str, str]:
    """Run id -> the settings that tell it from the others of `runs`, as few as do: the first in the
    order of the form that tell any apart. The same run twice is the same twice.
    """
    texts: dict[str, list[str]] = {run.id: [] for run in runs}
    for field in dict.fromkeys((*TOLD_FIRST, *FIELDS)):
        if len({*map(tuple, texts.values())}) == len(texts):
            break
        values = {run.id: _value(field, run.config) for run in runs}
        more = {run_id: [*text, values[run_id]] for run_id, text in texts.items()}
        if len({*map(tuple, more.values())}) > len({*map(tuple, texts.values())}):
            texts = more
    return {run_id: listed(filter(None, text)) for run_id, text in texts.items()}


def _value(field: str, config: TrainConfig) -> str:
    """A setting in words, "learning rate 0.01"; "" where it decides nothing."""
    if not config.counts(field):
        return ""
    value = labels.short_label(field, getattr(config, field))
    return f"{labels.field_label(field)} {value}"


def curve_images(runs: Iterable[RunRecord]) -> str:
    """The test images that the curves of `runs` are measured on: "first 2,000 test images"."""
    runs = list(runs)
    if not on_part(runs):
        return _("all test images")
    counts = [_evaluated_count(run.config) for run in runs]
    low, high = min(counts), max(counts)
    if low == high:
        return _("first {n:,} test images").format(n=low)
    return _("first {low:,} to {high:,} test images").format(low=low, high=high)


def on_part(runs: Iterable[RunRecord]) -> bool:
    """Whether any curve of `runs` is measured on a part of the test images."""
    return any(
        _evaluated_count(run.config) < DATASETS[run.config.dataset].test_count for run in runs
    )


def _evaluated_count(config: TrainConfig) -> int:
    every = DATASETS[config.dataset].test_count
    return every if config.eval_size is None else min(config.eval_size, every)
