"""A view of the dashboard as a notebook: it opens the run, from its file or by training it anew,
and calls the functions of the analysis and the figures that the view calls.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from mnistlab.config import TrainConfig
from mnistlab.export.start import has_start
from mnistlab.run_names import run_name

NETWORK = '''def network(config, step):
    """The network at `step`: from the run's file beside this notebook, or trained anew."""
    file = Path(f"{config.run_id}.safetensors")  # from the runs page: Export, Weights
    if file.exists():
        with safe_open(file, "pt") as opened:
            if int(opened.metadata()["step"]) == step:
                return model_from(config, {name: opened.get_tensor(name) for name in opened.keys()})
    for event in train(config, load_dataset(config.dataset)):
        if isinstance(event, Snapshot) and event.step == step:
            return model_from(config, event.weights)
    raise ValueError(f"This run has no weights at step {step}.")'''
RUN_IMPORTS = (
    "from pathlib import Path",
    "from safetensors import safe_open",
    "from mnistlab import TrainConfig, load_dataset, model_from, train",
    "from mnistlab.events import Snapshot",
)


@dataclass(frozen=True)
class Code:
    """What a view does, as code that finds `config`, `model` and `data` there, if it has a run:
    `imports` and the lines after them; the last one shows the view's figure.
    """

    imports: Sequence[str]
    lines: Sequence[str]


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
    from nbformat import v4, writes  # takes a while to import

    about = f"# {title}\n\n"
    if run is not None:
        about += f"{run_name(run)}, at step {step:,}. "
    about += f"The same [in the dashboard]({address}).\n\nIt needs `pip install mnistlab`."
    cells = [v4.new_markdown_cell(about)]
    if run is not None and step is not None:
        opening = [*run_lines("", run, step), "data = load_dataset(config.dataset)"]
        cells += [
            v4.new_code_cell("\n".join([*RUN_IMPORTS, "", NETWORK])),
            v4.new_code_cell("\n".join(opening)),
        ]
    cells.append(v4.new_code_cell("\n".join([*code.imports, "", *code.lines])))
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"  # not random: the same view gives the same file
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    return writes(v4.new_notebook(cells=cells, metadata=metadata))
