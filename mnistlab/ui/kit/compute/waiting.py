"""Waiting for work in the background: what is being computed, how far along it is, and how long it
will take.
"""

from typing import Any

import streamlit as st

from mnistlab.ui.kit import words
from mnistlab.ui.kit.compute.background import Job, worker
from mnistlab.ui.kit.i18n import _, ngettext
from mnistlab.ui.kit.parts import fragment

POLL_SECONDS = 0.5
NEARLY = 0.5  # seconds that are not worth a number


def wait_for(job: Job, sentence: str, patience: float = 0.0) -> Any:
    """The result of `job`, or None while it is not there yet: then its progress is shown here, and
    the page is drawn anew at the end.

    `patience` is how many seconds a rerun waits before it shows the progress. Raises what the work
    raised.
    """
    if job.finished(patience):
        return job.result()
    fragment(_watch, run_every=POLL_SECONDS)(job, sentence)
    return None


def _watch(job: Job, sentence: str) -> None:
    if job.finished():
        st.rerun()
    st.progress(job.share, " · ".join(part for part in (sentence, _time_left(job)) if part))


def _time_left(job: Job) -> str:
    if ahead := worker.jobs_ahead(job):
        return ngettext(
            "one other computation comes first", "{n} other computations come first", ahead
        ).format(n=ahead)
    if job.is_late:
        return _("it takes longer than expected")
    left = job.seconds_left
    if left is None:
        return ""
    if left < NEARLY:
        return _("almost done")
    return _("about {time} left").format(time=words.duration(left))
