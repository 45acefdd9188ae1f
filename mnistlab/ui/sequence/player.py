"""A training of the sine experiment, played window by window in the browser."""

import math
from collections.abc import Sequence

from mnistlab.experiments.sine import Window
from mnistlab.experiments.sine_config import SineConfig
from mnistlab.figures.sequence import INPUT, PREDICTION, TARGET
from mnistlab.ui.kit.component import component
from mnistlab.ui.kit.i18n import _

_component = component(__file__)


def player(config: SineConfig, windows: Sequence[Window], floor: float, key: str) -> None:
    """Play `windows`, at least one. Starts by itself, and again when `config` changes; with reduced
    motion it shows the end.
    """
    loss = _("mean squared error")
    data = {
        "key": repr(config),
        "windows": config.windows,
        "steps": config.time_steps,
        "input": [value for window in windows for value in window.x],
        "target": [value for window in windows for value in window.target],
        "prediction": [value for window in windows for value in window.prediction],
        "losses": [window.loss for window in windows],
        "floor": floor,
        "ticks": [_multiple_of_pi(index * config.width) for index in range(config.windows + 1)],
        "colors": {"input": INPUT, "target": TARGET, "prediction": PREDICTION},
        "words": {
            "play": _("Play"),
            "pause": _("Pause"),
            "window": _("window"),
            "shown": _("window {n} of {count} · {loss} {value}"),
            "loss": loss,
            "input": _("input sin(t)"),
            "target": _("target cos(t)"),
            "prediction": _("prediction"),
            "floor": _("floor without memory: {floor:.3g}").format(floor=floor),
            "waves": _(
                "Four windows of the input, the target and the prediction; the latest window is "
                "highlighted"
            ),
            "losses": _("The error of each window so far, on a logarithmic scale"),
        },
    }
    _component(key=key, data=data)


def _multiple_of_pi(time: float) -> str:
    turns = time / math.pi
    return "0" if turns == 0 else "π" if math.isclose(turns, 1) else f"{turns:.3g}π"
