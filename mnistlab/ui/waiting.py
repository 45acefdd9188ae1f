"""Waiting for work in the background: what is computed, how far it is, and how long it will take."""

from typing import Any

import streamlit as st

from mnistlab.ui import words
from mnistlab.ui.background import Job, worker
from mnistlab.ui.i18n import _, ngettext

POLL_SECONDS = 0.5


def wait_for(job: Job, sentence: str, patience: float = 0.0) -> Any:
    """The result of `job`, or None while it is not there: then how far it is stands here, and at the end the page is drawn anew.

    A rerun waits for `patience` seconds before it says that it has to wait. Raises what the work raised.
    """
    if job.finished(patience):
        return job.result()
    st.fragment(_watch, run_every=POLL_SECONDS)(job, sentence)
    return None


def _watch(job: Job, sentence: str) -> None:
    if job.finished():
        st.rerun()
    if before := worker.before(job):
        more = ngettext("one other computation comes first", "{n} other computations come first", before).format(n=before)
    else:
        left = job.seconds_left
        more = "" if left is None else _("about {time} left").format(time=words.duration(left))
    st.progress(job.share, " · ".join(part for part in (sentence, more) if part))
