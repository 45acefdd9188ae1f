"""Learn how a neural network sees: train a small network on handwritten digits and look inside it.

from mnistlab import PRESETS, load_dataset, train
config = PRESETS["tutorial-cnn"].replace(epochs=2)
for event in train(config, load_dataset(config.dataset)):
    print(event)
"""

from importlib import import_module
from typing import Any

_HOMES = {
    "TrainConfig": "config", "PRESETS": "presets", "MODELS": "models", "load_dataset": "data", "train": "train", "predict": "train",
    "evaluate": "train", "model_from": "train", "Store": "store", "MnistlabError": "errors",
}  # fmt: skip
__all__ = list(_HOMES)
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Import on first use: what only reads the store starts without waiting for torch."""
    if name not in _HOMES:
        raise AttributeError(f"module 'mnistlab' has no attribute {name!r}")
    return getattr(import_module(f"mnistlab.{_HOMES[name]}"), name)
