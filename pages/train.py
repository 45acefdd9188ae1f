"""Train a network, and watch it learn."""

import streamlit as st

from mnistlab import ui
from mnistlab.presets import PRESETS
from mnistlab.store import Status
from mnistlab.ui import _
from mnistlab.ui.dataset import data_ready
from mnistlab.ui.form import config_form
from mnistlab.ui.live import live_run
from mnistlab.ui.network import network
from mnistlab.ui.queue import queue
from mnistlab.ui.twin import form_twin, network_summary

page = ui.page("train")
page.title(_("Train a network"), _("Choose a network and how it learns, press Start, and watch real curves grow."))

strip = st.container(border=True)
left, right = st.columns([5, 7], gap="medium")

with left, st.container(border=True):
    top, button = st.container(), st.container()  # the way to a first run is short: the presets, and Start
    form = config_form(page, PRESETS["tutorial-cnn"], ui.devices(), top)

with button:
    ready = form.config is not None and data_ready(form.config.dataset)
    if form.problem is not None:
        st.error(str(form.problem), icon=":material/block:")
    if st.button(_("Start"), type="primary", icon=":material/play_arrow:", disabled=not ready, width="stretch", key="start"):
        with ui.guard():
            run = ui.start(form.config)
            st.session_state["started.cached"] = run.id if run.status == Status.FINISHED else ""
            page.choose_run(run.id)
            st.rerun()

with strip:
    if form.config is not None:
        network(form.stages)
        network_summary(form.config)
    else:
        st.caption(_("This network cannot be built: see the form."))

with right:
    form_twin(form.config)
with right, st.container(border=True):
    if page.run is None:
        page.lesson("intro")
    else:
        live_run(page)

queue(page)
page.lesson("notice")
page.try_next()
