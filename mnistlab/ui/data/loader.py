"""What a real DataLoader does: its batches, its errors, every argument, and whether worker
processes pay off on this machine.
"""

import html

import streamlit as st
import torch

from mnistlab.analysis.data_loader import COLLATES, SAMPLERS, Batch, LoaderOptions, batches
from mnistlab.experiments.data_loader_timing import Timing, measure_in_subprocess
from mnistlab.figures.data import timing_figure
from mnistlab.figures.pictures import picture
from mnistlab.ui.data.selection import DataSelection
from mnistlab.ui.kit.charts import chart
from mnistlab.ui.kit.compute.background import worker
from mnistlab.ui.kit.compute.waiting import wait_for
from mnistlab.ui.kit.i18n import N_, _, ngettext, sentences
from mnistlab.ui.kit.page import Page
from mnistlab.ui.kit.url import Parameter, one_of, whole

COUNT = 23  # images: a prime number, so that the last batch is smaller
SIZES = (1, 2, 4, 5, 8, 12, 23)
SIZE = 5  # at first
SAMPLER_NAMES = {
    "none": N_("none"),
    "balanced": N_("balanced classes"),
    "even": N_("even digits only"),
    "one-class": N_("batch_sampler: one class per batch"),
}
COLLATE_NAMES = {
    "default": N_("whole images"),
    "cropped": N_("cropped to the ink"),
    "pad": N_("cropped, custom collate_fn"),
}
SWITCH = {0: "False", 1: "True"}
KEY = ("data", "loading")

PARAMETERS: dict[str, Parameter] = {
    "batch_size": whole(1, COUNT),
    "shuffle": whole(0, 1),
    "drop_last": whole(0, 1),
    "sampler": one_of(*SAMPLERS),
    "collate": one_of(*COLLATES),
    "seed": whole(0, 10**6),
    "measure": whole(0, 1),
}


def data_loader(selection: DataSelection) -> None:
    """The controls, the batches that a real DataLoader makes of 23 images, every argument, and a
    timing.
    """
    left, right = st.columns([4, 7], gap="medium")
    with left:
        how = _controls(selection)
    with right:
        st.code(how.code, language="python", wrap_lines=True)
        try:
            _show(selection, batches(selection.images[:COUNT], selection.labels[:COUNT], how))
        # the DataLoader's own error message is what teaches
        except (ValueError, RuntimeError) as error:
            st.caption(_("PyTorch raises:"))
            st.code(f"{type(error).__name__}: {error}", language="text", wrap_lines=True)
    with st.expander(_("Every argument of DataLoader")):
        selection.page.text("arguments")
    with st.container(border=True):
        st.markdown(f"**{_('num_workers and pin_memory, measured on this machine')}**")
        _measurement(selection)


def _controls(selection: DataSelection) -> LoaderOptions:
    page = selection.page
    page.choose("batch_size", "batch_size", list(SIZES), SIZE, widget=st.select_slider)
    for name in ("shuffle", "drop_last"):
        page.choose(name, name, [0, 1], widget=st.segmented_control, format_func=SWITCH.__getitem__)
    page.choose(
        "sampler", "sampler", list(SAMPLERS), format_func=lambda name: _(SAMPLER_NAMES[name])
    )
    page.choose(
        "collate",
        _("samples and collate_fn"),
        list(COLLATES),
        format_func=lambda name: _(COLLATE_NAMES[name]),
    )
    options = shown_options(page)
    if (options.shuffle or options.sampler in ("balanced", "even")) and st.button(
        _("Run another epoch"), icon=":material/casino:", key="data.loader.seed"
    ):
        page.query.set("seed", options.seed + 1)
        st.rerun()
    return options


def shown_options(page: Page) -> LoaderOptions:
    """What the controls, once they are drawn, choose."""
    query = page.query
    return LoaderOptions(
        query.get("batch_size", SIZE),
        bool(query.get("shuffle", 0)),
        bool(query.get("drop_last", 0)),
        query.get("sampler", next(iter(SAMPLERS))),
        query.get("collate", next(iter(COLLATES))),
        query.get("seed", 1),
    )


def _show(selection: DataSelection, epoch: list[Batch]) -> None:
    """Each batch as a row: its images, and the shape of x."""
    rows = []
    for number, batch in enumerate(epoch):
        pictures = "".join(
            picture(
                selection.images[index, 0].numpy(),
                _("Image {index}, labelled {label}").format(index=index, label=label),
                36,
            )
            for index, label in zip(batch.places, batch.labels, strict=True)
        )
        rows.append(
            '<div style="display:flex;flex-wrap:wrap;gap:.25rem .6rem;align-items:center;'
            'margin-bottom:.5rem">'
            '<span style="min-width:4.6rem;white-space:nowrap;font-size:.85rem">'
            f"{html.escape(_('batch {n}').format(n=number))}</span>"
            f'<span style="display:flex;flex-wrap:wrap;gap:3px">{pictures}</span>'
            f'<code style="font-size:.8rem">x {batch.shape}, y ({len(batch.labels)},)</code></div>'
        )
    st.html("".join(rows))
    used = {index for batch in epoch for index in batch.places}
    left_out = COUNT - len(used)
    batches = ngettext(
        "{n} batch from {count} images.", "{n} batches from {count} images.", len(epoch)
    ).format(n=len(epoch), count=COUNT)
    rest = ngettext(
        "{n} image is left out of this epoch.",
        "{n} images are left out of this epoch.",
        left_out,
    ).format(n=left_out)
    st.caption(sentences(batches, rest if left_out else ""))


def _measurement(selection: DataSelection) -> None:
    page = selection.page
    if not page.query.get("measure"):
        st.caption(
            _(
                "Takes about ten seconds: one epoch of 2,000 images for each number of worker "
                "processes, timed in a separate process."
            )
        )
        if st.button(_("Measure"), icon=":material/timer:", key="data.measure"):
            page.query.set("measure", 1)
            st.rerun()
        return
    timings: list[Timing] | None = wait_for(
        worker.job(KEY, measure_in_subprocess), _("Timing epochs")
    )
    if timings is None:
        return
    chart(timing_figure(timings), "data.loading")
    st.markdown(_verdict(timings))
    st.markdown(_pinned(timings))


def _verdict(timings: list[Timing]) -> str:
    """The fastest number of workers for both kinds of sample, its speed-up over none, and the
    speed-up of doing without a loader.
    """
    parts = []
    for kind, name in (("light", _("cheap samples")), ("heavy", _("expensive samples"))):
        times = {each.workers: each.seconds for each in timings if each.kind == kind}
        best = min(times, key=times.__getitem__)
        gain = times[0] / times[best]
        sentence = _("{name}: fastest without workers")
        if best:
            sentence = ngettext(
                "{name}: fastest with {workers} worker, {gain:.1f} times as fast as without",
                "{name}: fastest with {workers} workers, {gain:.1f} times as fast as without",
                best,
            )
        parts.append(sentence.format(name=name, workers=best, gain=gain))
    tensor = next(each.seconds for each in timings if each.kind == "tensor")
    light = next(each.seconds for each in timings if each.kind == "light" and each.workers == 0)
    parts.append(
        _(
            "no DataLoader, all images in one tensor, as in every run here: {gain:,.0f} times as "
            "fast as cheap samples without workers"
        ).format(gain=light / tensor)
    )
    return "- " + "\n- ".join(parts)


def _pinned(timings: list[Timing]) -> str:
    times = {each.kind: each.seconds for each in timings if each.kind in ("pageable", "pinned")}
    if not times:
        if torch.accelerator.is_available():
            return _(
                "- `pin_memory`: only measured on CUDA GPUs, which this machine does not have."
            )
        return _(
            "- `pin_memory`: this machine has no GPU to copy to, so pinning would only cost time."
        )
    return _(
        "- `pin_memory`: copying to the GPU took {pageable:.0f} ms from pageable memory and "
        "{pinned:.0f} ms from pinned (page-locked) memory."
    ).format(pageable=1000 * times["pageable"], pinned=1000 * times["pinned"])
