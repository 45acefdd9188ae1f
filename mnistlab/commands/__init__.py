"""What the commands of the command line do. Each takes the parsed arguments and returns an exit
status.

Torch is imported only where something is computed; stored results are shown without waiting for it.
"""

from argparse import Namespace
from collections.abc import Callable

from mnistlab.commands.app import app
from mnistlab.commands.classes import classes
from mnistlab.commands.files import data, export, load
from mnistlab.commands.lesson import lesson
from mnistlab.commands.listing import presets, runs, show
from mnistlab.commands.measuring import evaluate, predict
from mnistlab.commands.rescue import rescue
from mnistlab.commands.serve import serve
from mnistlab.commands.sweep import sweep
from mnistlab.commands.tidy import tidy
from mnistlab.commands.training import train

COMMANDS: dict[str, Callable[[Namespace], int]] = {
    "app": app,
    "serve": serve,
    "train": train,
    "sweep": sweep,
    "presets": presets,
    "runs": runs,
    "show": show,
    "evaluate": evaluate,
    "predict": predict,
    "export": export,
    "import": load,
    "data": data,
    "lesson": lesson,
    "class": classes,
    "tidy": tidy,
    "rescue": rescue,
}
