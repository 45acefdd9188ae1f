"""The DataLoader, explained by what a real one does: its batches, its errors, every argument, and what workers are worth here."""

import html

import streamlit as st
import torch

from mnistlab.analysis.loading import COLLATES, SAMPLERS, Batch, Loading, batches
from mnistlab.experiments.loading import Measured, in_a_process
from mnistlab.figures.data import loading_figure
from mnistlab.figures.pictures import picture
from mnistlab.ui.background import worker
from mnistlab.ui.charts import chart
from mnistlab.ui.data_choice import Shown
from mnistlab.ui.i18n import N_, _
from mnistlab.ui.url import Parameter, one_of, whole
from mnistlab.ui.waiting import wait_for

COUNT = 23  # images of the small data set: no multiple of anything, so that a last batch is smaller
SIZES = (1, 2, 4, 5, 8, 12, 23)
SAMPLER_NAMES = {
    "none": N_("none"),
    "balanced": N_("every class equally often"),
    "even": N_("even digits only"),
    "one-class": N_("batch_sampler: one class each"),
}
COLLATE_NAMES = {"default": N_("whole images"), "cropped": N_("cropped to the ink"), "pad": N_("cropped, own collate_fn")}
SWITCH = {0: "False", 1: "True"}
KEY = ("data", "loading")

PARAMETERS: dict[str, Parameter] = {
    "batch_size": whole(1, COUNT), "shuffle": whole(0, 1), "drop_last": whole(0, 1), "sampler": one_of(*SAMPLERS), "collate": one_of(*COLLATES),
    "seed": whole(0, 10**6), "measure": whole(0, 1),
}  # fmt: skip


def loader(shown: Shown) -> None:
    """The controls, the batches that a real DataLoader makes of 23 images, every argument, and the measurement."""
    left, right = st.columns([4, 7], gap="medium")
    with left:
        how = _controls(shown)
    with right:
        st.code(how.code, language="python", wrap_lines=True)
        try:
            _show(shown, batches(shown.images[:COUNT], shown.labels[:COUNT], how))
        except (ValueError, RuntimeError) as error:  # what the DataLoader itself says of these arguments is the lesson
            st.caption(_("What PyTorch says:"))
            st.code(f"{type(error).__name__}: {error}", language="text", wrap_lines=True)
    shown.page.lesson("loader")
    with st.expander(_("Every argument of DataLoader")):
        shown.page.lesson("arguments")
    with st.container(border=True):
        st.markdown(f"**{_('num_workers and pin_memory, measured on this machine')}**")
        _measurement(shown)


def _controls(shown: Shown) -> Loading:
    page = shown.page
    size = page.choose("batch_size", "batch_size", list(SIZES), 5, widget=st.select_slider)
    shuffle = page.choose("shuffle", "shuffle", [0, 1], widget=st.segmented_control, format_func=SWITCH.__getitem__)
    drop_last = page.choose("drop_last", "drop_last", [0, 1], widget=st.segmented_control, format_func=SWITCH.__getitem__)
    sampler = page.choose("sampler", "sampler", list(SAMPLERS), format_func=lambda name: _(SAMPLER_NAMES[name]))
    collate = page.choose("collate", _("samples and collate_fn"), list(COLLATES), format_func=lambda name: _(COLLATE_NAMES[name]))
    seed = page.query.get("seed", 1)
    if (shuffle or sampler in ("balanced", "even")) and st.button(_("Another epoch"), icon=":material/casino:", key="data.loader.seed"):
        page.query.set("seed", seed + 1)
        st.rerun()
    return Loading(size, bool(shuffle), bool(drop_last), sampler, collate, seed)


def _show(shown: Shown, found: list[Batch]) -> None:
    """Each batch as a row: its pictures, and the shape of x."""
    rows = []
    for number, batch in enumerate(found):
        pictures = "".join(
            picture(shown.images[index, 0].numpy(), _("Image {index}, labelled {label}").format(index=index, label=label), 36)
            for index, label in zip(batch.places, batch.labels, strict=True)
        )
        rows.append(
            f'<div style="display:flex;flex-wrap:wrap;gap:.25rem .6rem;align-items:center;margin-bottom:.5rem">'
            f'<span style="width:4.6rem;font-size:.85rem">{html.escape(_("batch {n}").format(n=number))}</span>'
            f'<span style="display:flex;flex-wrap:wrap;gap:3px">{pictures}</span>'
            f'<code style="font-size:.8rem">x {batch.shape}, y ({len(batch.labels)},)</code></div>'
        )
    st.html("".join(rows))
    seen = {index for batch in found for index in batch.places}
    left_out = COUNT - len(seen)
    sentence = _("{batches} batches from {count} images.").format(batches=len(found), count=COUNT)
    st.caption(sentence + (" " + _("{n} images were not seen in this epoch.").format(n=left_out) if left_out else ""))


def _measurement(shown: Shown) -> None:
    page = shown.page
    if not page.query.get("measure"):
        st.caption(_("Takes about ten seconds: one epoch of 2,000 images for each number of worker processes, in a process of its own."))
        if st.button(_("Measure"), icon=":material/timer:", key="data.measure"):
            page.query.set("measure", 1)
            st.rerun()
        return
    found: list[Measured] | None = wait_for(worker.job(KEY, in_a_process), _("Epochs are timed"))
    if found is None:
        return
    chart(loading_figure(found), "data.loading")
    st.markdown(_verdict(found))
    st.markdown(_pinned(found))


def _verdict(found: list[Measured]) -> str:
    """Which number of workers was fastest, and how much faster than none, for both kinds of sample; and without a loader."""
    parts = []
    for kind, name in (("light", _("light samples")), ("heavy", _("heavy samples"))):
        times = {each.workers: each.seconds for each in found if each.kind == kind}
        best = min(times, key=times.__getitem__)
        gain = times[0] / times[best]
        sentence = (
            _("{name}: {workers} workers were fastest, {gain:.1f} times as fast as none") if best else _("{name}: fastest without workers")
        )
        parts.append(sentence.format(name=name, workers=best, gain=gain))
    tensor = next(each.seconds for each in found if each.kind == "tensor")
    light = next(each.seconds for each in found if each.kind == "light" and each.workers == 0)
    parts.append(
        _(
            "one tensor in memory and no loader, as in all trainings here: {gain:,.0f} times as fast as light samples without workers"
        ).format(gain=light / tensor)
    )
    return "- " + "\n- ".join(parts)


def _pinned(found: list[Measured]) -> str:
    times = {each.kind: each.seconds for each in found if each.kind in ("pageable", "pinned")}
    if not times:
        accelerator = torch.accelerator.is_available()
        why = _("an accelerator that is not measured here") if accelerator else _("no GPU")
        return _("- `pin_memory`: this machine has {why}, so there is nothing to copy to, and pinning would only cost time.").format(
            why=why
        )
    return _("- `pin_memory`: copies to the GPU took {pageable:.0f} ms from ordinary and {pinned:.0f} ms from page-locked memory.").format(
        pageable=1000 * times["pageable"], pinned=1000 * times["pinned"]
    )
