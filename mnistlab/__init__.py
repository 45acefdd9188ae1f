"""Learn how a neural network sees: train a small network on handwritten digits and look inside it.

    from mnistlab import PRESETS, load_dataset, train

    config = PRESETS["tutorial-cnn"].replace(epochs=2)
    for event in train(config, load_dataset(config.dataset)):
        print(event)

These names are the public interface; docs/api.md has an example of each.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mnistlab.config import TrainConfig as TrainConfig
    from mnistlab.data import load_dataset as load_dataset
    from mnistlab.errors import MnistlabError as MnistlabError
    from mnistlab.models import MODELS as MODELS
    from mnistlab.presets import PRESETS as PRESETS
    from mnistlab.store import Store as Store
    from mnistlab.train import evaluate as evaluate
    from mnistlab.train import model_from as model_from
    from mnistlab.train import predict as predict
    from mnistlab.train import train as train

_HOMES = {
    "TrainConfig": "config",
    "PRESETS": "presets",
    "MODELS": "models",
    "load_dataset": "data",
    "train": "train",
    "predict": "train",
    "evaluate": "train",
    "model_from": "train",
    "Store": "store",
    "MnistlabError": "errors",
}
__all__ = list(_HOMES)
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Import on first use: what only reads the store starts without waiting for torch."""
    if name not in _HOMES:
        raise AttributeError(f"module 'mnistlab' has no attribute {name!r}")
    return getattr(import_module(f"mnistlab.{_HOMES[name]}"), name)
