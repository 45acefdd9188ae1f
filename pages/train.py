"""Train a network, and watch it learn."""

import streamlit as st

from mnistlab import ui
from mnistlab.presets import PRESETS
from mnistlab.ui import _
from mnistlab.ui.kit.inputs.dataset import data_ready
from mnistlab.ui.kit.training.live import live_run
from mnistlab.ui.kit.words import literal
from mnistlab.ui.train.code import form_twin
from mnistlab.ui.train.form import config_form
from mnistlab.ui.train.network import network
from mnistlab.ui.train.queue import queue
from mnistlab.ui.train.start import no_run, start_at_once, start_button
from mnistlab.ui.train.summary import network_summary

page = ui.page("train", first=start_at_once)
page.title(
    _("Train a network"),
    _("Choose a network and how it learns, press Start, and watch it train."),
)

strip = st.container(border=True)
left, right = st.columns([5, 7], gap="medium")

with left, st.container(border=True):
    # the presets and Start come first, so that a first run is two clicks away
    top, button = st.container(), st.container()
    form = config_form(page, PRESETS["tutorial-cnn"], ui.devices(), top)

with button:
    ready = form.config is not None and data_ready(form.config.dataset)
    if form.problem is not None:
        st.error(literal(str(form.problem)), icon=":material/block:")
    start_button(page, form.config, ready)

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
        no_run(page, form.config)
    else:
        live_run(page)

queue(page)
page.text("notice")
page.try_next()
