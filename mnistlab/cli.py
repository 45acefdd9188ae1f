"""The command line: what can be typed, and in what words a mistake is answered. What the commands do is in `commands`.

Exit status: 0 on success; 2 for a wrong flag, value, file or run; 1 where something else went wrong (no network, a training that
diverged); 130 after Ctrl-C. What went wrong is one line on stderr.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from mnistlab.commands import COMMANDS
from mnistlab.config import DATASET_SIZES, FIELDS, format_value, option, value_type
from mnistlab.errors import (
    ConfigError,
    DeviceUnavailable,
    DrawingError,
    ExportError,
    MnistlabError,
    RunNotFound,
    RunStateError,
    WeightsFileError,
)
from mnistlab.experiments.sine_config import SINE_PRESETS
from mnistlab.export import EXPORTS
from mnistlab.logs import LOG_STYLES
from mnistlab.presets import PRESETS

FAILED, WRONG_USE, INTERRUPTED = 1, 2, 130
_WRONG_USE = (ConfigError, DeviceUnavailable, DrawingError, ExportError, RunNotFound, RunStateError, WeightsFileError)
_METAVARS = {int: "N", float: "X", str: "NAME", tuple: "N,N", bool: "true|false"}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status; a mistake in `argv` itself exits at once, with status 2."""
    arguments = parser().parse_args(argv)
    try:
        status: int = arguments.run_command(arguments)
        sys.stdout.flush()
        return status
    except MnistlabError as error:
        print(f"mnistlab: {one_line(str(error))}", file=sys.stderr)
        return WRONG_USE if isinstance(error, _WRONG_USE) else FAILED
    except KeyboardInterrupt:
        print("mnistlab: stopped. The same command goes on from the last snapshot.", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # whoever read our output has seen enough, as in `mnistlab runs | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED


class Parser(argparse.ArgumentParser):
    """argparse, but a mistake is answered by one line, and options are not guessed from their first letters."""

    def __init__(self, **known: Any) -> None:
        super().__init__(allow_abbrev=False, **known)

    def error(self, message: str) -> NoReturn:
        self.exit(WRONG_USE, f"{self.prog}: {one_line(message)} See {self.prog} --help.\n")


def one_line(text: str) -> str:
    """`text` without line breaks, and with what cannot be printed written as an escape."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in " ".join(text.split())).rstrip(".") + "."


def parser() -> Parser:
    """The whole command line."""
    top = Parser(prog="mnistlab", description="Train a small network on handwritten digits, and look at what it learned.")
    subparsers = top.add_subparsers(required=True, metavar="COMMAND", title="commands")

    def command(name: str, help: str, json: bool = True) -> argparse.ArgumentParser:
        made = subparsers.add_parser(name, help=help, description=f"{help[0].upper()}{help[1:]}.")
        made.set_defaults(run_command=COMMANDS[name])
        if json:
            made.add_argument("--json", action="store_true", help="print JSON instead of text")
        return made

    _add_config(command("train", "train a network, or show the result if it was trained before"))
    command("presets", "list the ready-made configurations")
    command("runs", "list the runs in the store, the latest first")
    for name, help in (
        ("show", "show a run"),
        ("evaluate", "measure a run's network on all test images"),
        ("predict", "read digits from pictures"),
    ):
        made = command(name, help)
        made.add_argument("run", metavar="RUN", help="the run's id, or its first digits")
    made.add_argument("images", metavar="IMAGE", nargs="+", help="a picture of one digit (PNG, JPEG, ...)")
    made = command("export", "write a run to a file", json=False)
    made.add_argument("run", metavar="RUN", help="the run's id, or its first digits, or the name of a preset")
    made.add_argument("--format", required=True, choices=EXPORTS, help="; ".join(f"{name}: {each.help}" for name, each in EXPORTS.items()))
    made.add_argument("--out", required=True, metavar="PATH", help="the file to write")
    made = command("import", "load a run from a file that `export --format safetensors` wrote")
    made.add_argument("file", metavar="FILE", help="the file; its network is measured again on all test images")
    made = command("data", "download and verify a data set", json=False)
    made.add_argument("--dataset", default="mnist", choices=DATASET_SIZES, help="which one (default: mnist)")
    return top


def _add_config(train: argparse.ArgumentParser) -> None:
    """A flag for every field of `TrainConfig`. Values stay text here: `config.parse_value` checks them, in its own words."""
    train.add_argument(
        "--preset",
        choices=(*PRESETS, *SINE_PRESETS),
        help="start from a ready-made configuration; further flags override it (sine-rnn: --arch, --hidden, --lr and --seed only)",
    )
    train.add_argument("--log", choices=LOG_STYLES, default="none", help="print lines as a tutorial does while training (default: none)")
    groups = {group: train.add_argument_group(group) for group in dict.fromkeys(option(name).group for name in FIELDS)}
    for name, field in FIELDS.items():
        known, kind, flag = option(name), value_type(name), "--" + name.replace("_", "-")
        choices = f": {', '.join(known.choices)}" if known.choices else ""
        help = f"{known.help}{choices} (default: {format_value(name, field.default)})".replace("%", "%%")
        metavar = _METAVARS[kind] + (f"|{known.none}" if known.none else "")
        add = groups[known.group].add_argument
        if kind is bool:
            add(flag, dest=name, default=argparse.SUPPRESS, nargs="?", const="true", metavar=metavar, help=help)
            add(
                f"--no-{flag[2:]}",
                dest=name,
                default=argparse.SUPPRESS,
                action="store_const",
                const="false",
                help=f"the opposite of {flag}",
            )
        else:
            add(flag, dest=name, default=argparse.SUPPRESS, metavar=metavar, help=help)
