"""Work of some seconds, done in the background: once for all sessions, with its progress to be seen, and its result kept.

    job = background.job(("mistakes", name), lambda tell: compare(name, tell))   # begins it, or finds it begun or done
    result = background.wait_for(job, _("Both trainings run …"))                 # draws the progress, and the page again at the end

`work` is told how to report: `tell(share)` or `tell(share, "what it does now")`. It runs in a thread that never touches Streamlit;
one such work at a time, because all of them draw from the same random numbers and the same processor. With
MNISTLAB_EXECUTOR=inline (tests) it is done before `job` returns.
"""

import os
import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from mnistlab.errors import MnistlabError
from mnistlab.ui import words
from mnistlab.ui.i18n import _

KEPT = 64  # results, the oldest go first
POLL_SECONDS = 0.5
Tell = Callable[..., None]

_one_at_a_time = threading.Lock()
_starting = threading.Lock()


@dataclass(eq=False)
class Job:
    """One piece of work: where it stands, and at the end its `result` or the `error` that it ended with."""

    done: bool = False
    share: float = 0.0  # 0 to 1
    doing: str = ""
    result: Any = None
    error: Exception | None = None
    told: bool = False  # whether somebody has been shown the error
    began: float = field(default_factory=time.monotonic)

    def tell(self, share: float, doing: str = "") -> None:
        self.share, self.doing = min(1.0, max(0.0, share)), doing or self.doing

    def run(self, work: Callable[[Tell], Any]) -> None:
        try:
            with _one_at_a_time:
                self.began = time.monotonic()
                self.result = work(self.tell)
        except Exception as error:  # shown by `wait_for`: nobody else would hear of it
            self.error = error
        self.done = True

    @property
    def seconds_left(self) -> float | None:
        """As far as that can be told from what is done."""
        spent = time.monotonic() - self.began
        return None if self.share < 0.05 else spent * (1 - self.share) / self.share


@st.cache_resource(show_spinner=False)
def _jobs() -> dict[Hashable, Job]:
    return {}


def job(key: Hashable, work: Callable[[Tell], Any]) -> Job:
    """The job called `key`: begun now, unless it was before. `key` has to name everything that decides the result.

    One that failed is begun anew once its error has been shown: what was missing may be there by now.
    """
    with _starting:
        known = _jobs()
        if key in known and not known[key].told:
            return known[key]
        while len(known) >= KEPT and (old := next((name for name, each in known.items() if each.done), None)) is not None:
            del known[old]
        begun = known[key] = Job()
    if os.environ.get("MNISTLAB_EXECUTOR") == "inline":
        begun.run(work)
    else:
        threading.Thread(target=begun.run, args=(work,), daemon=True, name=f"background {key}").start()
    return begun


def find(key: Hashable) -> Job | None:
    """The job called `key`, if it was begun."""
    return _jobs().get(key)


def wait_for(begun: Job, sentence: str) -> Any:
    """The result of `begun`, or None while it is not there: then its progress stands here, and at the end the page is drawn anew.

    Raises the `MnistlabError` that it ended with; any other error is raised too, as it is a mistake of ours.
    """
    if not begun.done:
        st.fragment(_watch, run_every=POLL_SECONDS)(begun, sentence)
        return None
    if begun.error is not None:
        begun.told = True
        raise begun.error if isinstance(begun.error, MnistlabError) else RuntimeError(f"{sentence}: {begun.error}") from begun.error
    return begun.result


def _watch(begun: Job, sentence: str) -> None:
    if begun.done:
        st.rerun()
    left = begun.seconds_left
    parts = [sentence, begun.doing, "" if left is None else _("about {time} left").format(time=words.duration(left))]
    st.progress(begun.share, " · ".join(part for part in parts if part))
