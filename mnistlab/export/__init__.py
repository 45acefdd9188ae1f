"""What a run can be exported as. `EXPORTS` maps each format to what makes the file."""

from collections.abc import Callable
from dataclasses import dataclass

from mnistlab.config import TrainConfig
from mnistlab.export.hand_in import hand_in_of
from mnistlab.export.measurements import evaluations_csv
from mnistlab.export.notebook import notebook, notebook_of
from mnistlab.export.onnx_file import onnx_of
from mnistlab.export.script import script, script_of
from mnistlab.export.start import has_start, start_pt
from mnistlab.export.weights import weights_safetensors
from mnistlab.i18n import N_
from mnistlab.store import RunRecord, Store


@dataclass(frozen=True)
class Export:
    """One format: what it is, what its files are called, and the function that makes a file's bytes
    of a run that has been trained; see `CODE` for those that need no training.
    """

    # marked for translation: what the runs page says, and the command line
    label: str
    help: str
    suffix: str
    mime: str
    made_from: Callable[[Store, RunRecord], bytes]
    applies: Callable[[TrainConfig], bool] = lambda config: True  # where it is offered


EXPORTS: dict[str, Export] = {
    "script": Export(
        N_("Script (Python)"),
        N_("the code that does the same, in plain PyTorch"),
        ".py",
        "text/x-python",
        script_of,
    ),
    "notebook": Export(
        N_("Notebook (Jupyter)"),
        N_("the same code as a Jupyter notebook"),
        ".ipynb",
        "application/x-ipynb+json",
        notebook_of,
    ),
    "start": Export(
        N_("Start of the training (PyTorch)"),
        N_(
            "what the code of a fine-tuned run needs besides: its parent's weights and the drawings"
        ),
        "-start.pt",
        "application/octet-stream",
        start_pt,
        has_start,
    ),
    "onnx": Export(
        N_("Network (ONNX)"),
        N_("the network, for other programs"),
        ".onnx",
        "application/octet-stream",
        onnx_of,
    ),
    "safetensors": Export(
        N_("Weights (safetensors)"),
        N_("the weights and the configuration, which mnistlab import reads"),
        ".safetensors",
        "application/octet-stream",
        weights_safetensors,
    ),
    "html": Export(
        N_("Hand-in (HTML)"),
        N_("one page that explains the run, to open offline, to print, to hand in"),
        ".html",
        "text/html",
        hand_in_of,
    ),
    "csv": Export(
        N_("Evaluations (CSV)"), N_("the evaluations"), ".csv", "text/csv", evaluations_csv
    ),
}
# the formats that need no trained network
CODE: dict[str, Callable[[TrainConfig], str]] = {"script": script, "notebook": notebook}
