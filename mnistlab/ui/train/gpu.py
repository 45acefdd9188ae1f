"""Does a GPU help this network? An estimate with its reasons, and what was measured."""

from collections.abc import Iterable

import streamlit as st

from mnistlab.config import TrainConfig
from mnistlab.cost import GPU_PER_SECOND, GpuEstimate
from mnistlab.store import Status
from mnistlab.ui.kit import state, words
from mnistlab.ui.kit.i18n import _
from mnistlab.ui.kit.page import guard

LITTLE, MUCH = 1.5, 5  # times as fast


def does_a_gpu_help(config: TrainConfig, devices: Iterable[str]) -> None:
    """A short answer, and why behind a button. `devices` are those of this machine."""
    with guard():
        found = state.on_gpu(config)
        st.caption(_measured(config, devices) or answer(found))
        with st.popover(_("Why?"), type="tertiary"):
            st.markdown(reasons(config, found))


def answer(found: GpuEstimate) -> str:
    """One sentence."""
    if found.times >= MUCH:
        said = _("A GPU would help: about {times:.0f} times as fast, by estimate.")
    elif found.times >= LITTLE:
        said = _("A GPU would help a little: about {times:.1f} times as fast, by estimate.")
    else:
        said = _("A GPU would hardly help, by estimate: there is too little to compute.")
    return said.format(times=found.times)


def reasons(config: TrainConfig, found: GpuEstimate) -> str:
    """How the estimate comes about, in Markdown."""
    limit = (
        _("Starting them takes longer than the arithmetic: larger batches would suit a GPU better.")
        if found.starting > found.arithmetic
        else _("The arithmetic takes longer than starting it: that is what GPUs are made for.")
    )
    return "\n\n".join(
        [
            _(
                "A step with {batch:,} images takes about **{millions:,.1f} million** "
                "multiplications, forwards and backwards: about **{cpu}** on this processor. A GPU "
                "that does {trillions:.0f} trillion multiplications a second needs "
                "**{arithmetic}**."
            ).format(
                batch=min(config.batch_size, config.train_count),
                millions=found.multiplications / 1e6,
                cpu=_milliseconds(found.cpu),
                trillions=GPU_PER_SECOND / 1e12,
                arithmetic=_milliseconds(found.arithmetic),
            ),
            _(
                "But a step is about **{operations:,} operations**, one after another, and Python "
                "has to start each of them, however small it is: about **{starting}** in all. "
                "While one is computed the next is started, so the longer of the two times counts."
            ).format(operations=found.operations, starting=_milliseconds(found.starting)),
            limit,
            _("This is an estimate; it may be wrong by a factor of three."),
        ]
    )


def _milliseconds(seconds: float) -> str:
    return f"{1000 * seconds:.2g} ms"


def _measured(config: TrainConfig, devices: Iterable[str]) -> str:
    """What the same training took on the processor and on a GPU, where it finished on both."""
    if not set(devices) - {"cpu"}:
        return ""
    took = {}
    for device in devices:
        run = state.run_of(config.replace(device=device))
        if run is not None and run.status == Status.FINISHED and run.final is not None:
            took[device] = run.final["seconds"]["train"]
    other = next((device for device in took if device != "cpu"), None)
    if other is None or "cpu" not in took:
        return ""
    return _("Measured with these settings: {cpu} on the processor, {gpu} on {device}.").format(
        cpu=words.duration(took["cpu"]), gpu=words.duration(took[other]), device=other
    )
