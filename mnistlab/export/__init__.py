"""What a run can be taken away as. `EXPORTS` maps each format to what makes the file."""

from collections.abc import Callable
from dataclasses import dataclass

from mnistlab.config import TrainConfig
from mnistlab.export.history import history_csv
from mnistlab.export.notebook import notebook, notebook_of
from mnistlab.export.onnx_file import onnx_of
from mnistlab.export.script import script, script_of
from mnistlab.export.weights import weights_safetensors
from mnistlab.store import RunRecord, Store


@dataclass(frozen=True)
class Export:
    """One format: what it is, how its files are called, and the function that makes a file's bytes."""

    help: str
    suffix: str
    mime: str
    made_from: Callable[[Store, RunRecord], bytes]


EXPORTS: dict[str, Export] = {
    "script": Export("the code that does the same, in plain PyTorch", ".py", "text/x-python", script_of),
    "notebook": Export("the same code as a Jupyter notebook", ".ipynb", "application/x-ipynb+json", notebook_of),
    "onnx": Export("the network, for other programs", ".onnx", "application/octet-stream", onnx_of),
    "safetensors": Export("the weights and the configuration, which mnistlab import reads", ".safetensors", "application/octet-stream", weights_safetensors),
    "csv": Export("the evaluations", ".csv", "text/csv", history_csv),
}  # fmt: skip
CODE: dict[str, Callable[[TrainConfig], str]] = {"script": script, "notebook": notebook}  # the formats that need no trained network
