"""A view of the dashboard as a notebook: it opens the run, from its file or by training it anew,
and calls the functions of the analysis and the figures that the view calls.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from mnistlab.config import TrainConfig
from mnistlab.export.cells import notebook_of_cells
from mnistlab.export.start import has_start
from mnistlab.i18n import N_, _, sentences, translated
from mnistlab.run_names import run_name

NETWORK = '''def network(config, step):
    """The network at `step`: from the run's file beside this notebook, or trained anew."""
    file = Path(f"{config.run_id}.safetensors")  # from the page of runs: Weights (safetensors)
    if file.exists():
        with safe_open(file, "pt") as opened:
            if int(opened.metadata()["step"]) == step:
                return model_from(config, {name: opened.get_tensor(name) for name in opened.keys()})
    for event in train(config, load_dataset(config.dataset)):
        if isinstance(event, Snapshot) and event.step == step:
            return model_from(config, event.weights)
    raise ValueError(f"This run has no weights at step {step}.")'''
REMARKS = (  # sentences in `NETWORK`
    N_("The network at `step`: from the run's file beside this notebook, or trained anew."),
    N_("from the page of runs: Weights (safetensors)"),
    N_("This run has no weights at step {step}."),
)
RUN_IMPORTS = (
    "from pathlib import Path",
    "from safetensors import safe_open",
    "from mnistlab import TrainConfig, load_dataset, model_from, train",
    "from mnistlab.events import Snapshot",
)


@dataclass(frozen=True)
class Code:
    """What a view does, as code that finds `config`, `model` and `data` there, if it has a run:
    `imports` and the lines after them, then a cell for each of `more`. The last line of a cell
    shows a figure or a table of the view. `note` says where the code does something else.
    """

    imports: Sequence[str]
    lines: Sequence[str]
    more: Sequence[Sequence[str]] = ()
    note: str = ""


def can_open(config: TrainConfig) -> bool:
    """Whether a notebook can train the run anew: one that learned from drawings, or went on from
    another run, needs more than its configuration.
    """
    return not has_start(config)


def run_lines(name: str, config: TrainConfig, step: int) -> list[str]:
    """The lines that make `config_NAME` and `model_NAME`; without a name, `config` and `model`."""
    suffix = f"_{name}" if name else ""
    return [
        f"config{suffix} = TrainConfig.from_dict({config.to_dict()!r})",
        f"model{suffix} = network(config{suffix}, {step})",
    ]


def view_notebook(
    title: str, address: str, code: Code, run: TrainConfig | None = None, step: int | None = None
) -> str:
    """The JSON of a Jupyter notebook; `address` is the view's own link."""
    opens = _("The same [in the dashboard]({address}).").format(address=address)
    needs = _("It needs `pip install mnistlab`.")
    whose = ""
    if run is not None and step is not None:
        whose = _("{run}, at step {step:,}.").format(run=run_name(run), step=step)
    about = (f"# {title}", sentences(whose, opens), code.note, needs)
    cells = [("markdown", "\n\n".join(filter(None, about)))]
    if run is not None and step is not None:
        opening = [*run_lines("", run, step), "data = load_dataset(config.dataset)"]
        cells.append(("code", "\n".join([*RUN_IMPORTS, "", translated(NETWORK, REMARKS)])))
        cells.append(("code", "\n".join(opening)))
    cells.append(("code", "\n".join([*code.imports, "", *code.lines])))
    cells += [("code", "\n".join(lines)) for lines in code.more]
    return notebook_of_cells(cells)
