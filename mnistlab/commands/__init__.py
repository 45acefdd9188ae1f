"""What the commands of the command line do. Each takes the parsed arguments and returns an exit status.

Torch is imported only where something is computed: what was computed before is shown without waiting for it.
"""

from argparse import Namespace
from collections.abc import Callable

from mnistlab.commands.files import data, export, load
from mnistlab.commands.listing import presets, runs, show
from mnistlab.commands.measuring import evaluate, predict
from mnistlab.commands.training import train

COMMANDS: dict[str, Callable[[Namespace], int]] = {
    "train": train, "presets": presets, "runs": runs, "show": show, "evaluate": evaluate, "predict": predict, "export": export, "import": load,
    "data": data,
}  # fmt: skip
