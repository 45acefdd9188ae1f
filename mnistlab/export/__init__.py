"""What a run can be taken away as. `EXPORTS` maps each format to the function that makes the file's bytes."""

from collections.abc import Callable

from mnistlab.export.history import history_csv
from mnistlab.export.weights import weights_safetensors
from mnistlab.store import RunRecord, Store

EXPORTS: dict[str, Callable[[Store, RunRecord], bytes]] = {
    "csv": history_csv,
    "safetensors": weights_safetensors,
}
