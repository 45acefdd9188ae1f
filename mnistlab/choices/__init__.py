"""What a configuration can choose from, one table for each: an entry holds all that is known of a
choice, and nothing else lists them.

The form, the command line, labels, run names, networks, the code twin, downloads and the tests take
what they need from here. Nothing in this package imports torch before it is needed.
"""

from mnistlab.choices.architectures import ARCHITECTURES, Architecture
from mnistlab.choices.base import Choice, Named, resolve
from mnistlab.choices.datasets import DATASETS, Bundled, DatasetInfo, Torchvision
from mnistlab.choices.network import ACTIVATIONS, POOLINGS, Activation, Pooling
from mnistlab.choices.optimizers import OPTIMIZERS, SCHEDULES, Optimizer, Schedule
from mnistlab.choices.plain import NORMALIZATIONS, PRECISIONS

__all__ = [
    "ACTIVATIONS",
    "ARCHITECTURES",
    "DATASETS",
    "NORMALIZATIONS",
    "OPTIMIZERS",
    "POOLINGS",
    "PRECISIONS",
    "SCHEDULES",
    "Activation",
    "Architecture",
    "Bundled",
    "Choice",
    "DatasetInfo",
    "Named",
    "Optimizer",
    "Pooling",
    "Schedule",
    "Torchvision",
    "resolve",
]
