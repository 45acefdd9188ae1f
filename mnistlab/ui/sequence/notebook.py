"""The views of the page `sequence` as code."""

from dataclasses import fields

from mnistlab.experiments.sine_config import STATES, SineConfig
from mnistlab.export.race_code import ACCURACIES, race_code
from mnistlab.export.view_notebook import Code
from mnistlab.ui.kit.page import Page
from mnistlab.ui.kit.training.race import default_dataset
from mnistlab.ui.sequence import row_readers, sine

SINE = "from mnistlab.experiments import sine"
CONFIG = "from mnistlab.experiments.sine_config import SineConfig"
FIGURES = "from mnistlab.figures import sequence as figures"
LOSS = "print(sine.final_loss(windows))"
WINDOWS = "[event for event in events if isinstance(event, sine.Window)]"


def _config(config: SineConfig) -> str:
    given = {field.name: getattr(config, field.name) for field in fields(config)}
    changed = [
        f"{field.name}={given[field.name]!r}"
        for field in fields(config)
        if given[field.name] != field.default
    ]
    return f"config = SineConfig({', '.join(changed)})"


def live(page: Page) -> Code:
    """One training, window by window."""
    config = sine.shown_config(page).replace(state=page.query.get("state", next(iter(STATES))))
    return Code(
        (SINE, CONFIG, FIGURES),
        (
            _config(config),
            "events = list(sine.train_sine(config))",
            f"windows = {WINDOWS}",
            "print(events[-1].error)" if config.state == "carry" else LOSS,
            'figures.treatment_figure(windows[-4:], "The last windows")',
        ),
    )


def states(page: Page) -> Code:
    """The treatments of the hidden state."""
    return Code(
        (SINE, CONFIG.replace("import ", "import STATES, "), FIGURES),
        (
            _config(sine.shown_config(page)),
            "losses = {}",
            "for state in STATES:",
            "    events = sine.train_sine(config.replace(state=state))",
            f"    losses[state] = [window.loss for window in {WINDOWS}]",
            "floor = sine.reset_floor(config)  # the lowest error without memory",
            "figures.treatments_figure(losses, floor, {state: state for state in STATES})",
        ),
    )


def head(page: Page) -> Code:
    """One head, applied in three ways."""
    return Code(
        ("import pandas as pd", SINE, CONFIG),
        (
            _config(sine.shown_config(page)),
            "network = sine.build(config)",
            "list(sine.train_sine(config, network))  # trains it",
            "pd.DataFrame(sine.three_heads(network, config))",
        ),
    )


def longer(page: Page) -> Code:
    """A sequence longer than those of the training."""
    config = sine.shown_config(page)
    steps, stretch = sine.shown_length(page, config)
    return Code(
        (SINE, CONFIG, FIGURES),
        (
            _config(config),
            "readings = {}",
            f"for state in {sine.READING!r}:",
            "    network = sine.build(config)",
            "    list(sine.train_sine(config.replace(state=state), network))  # trains it",
            f"    readings[state] = sine.extrapolate(network, config, {steps}, {stretch})",
            "names = {state: state for state in readings}",
            "figures.reading_figure(readings, config.time_steps, names)",
        ),
    )


def rows(page: Page) -> Code:
    """Networks that read digits row by row, and the reach of their gradients."""
    name = page.query.get("dataset", default_dataset())
    rate = page.query.get("rate", row_readers.READER_RATES[0])
    place = 0 if page.query.get("when", "end") == "start" else -1
    return race_code(
        (f"configs = readers({name!r}, {rate})",),
        (
            "from mnistlab import model_from",
            "from mnistlab.analysis.gradient_flow import gradient_flow",
            "from mnistlab.events import Snapshot",
            "from mnistlab.experiments.race import readers",
            "from mnistlab.figures.sequence import flow_figure",
        ),
        (ACCURACIES,),
        (
            (
                f"count = {row_readers.FLOW_IMAGES}",
                "images, labels = data.train_images[:count], data.train_labels[:count]",
                "flows = {}",
                "for name, config in configs.items():",
                "    snapshots = [each for each in events[name] if isinstance(each, Snapshot)]",
                f"    model = model_from(config, snapshots[{place}].weights)",
                "    flows[name] = gradient_flow(model, images, labels, config)",
                "flow_figure(flows)",
            ),
        ),
    )
