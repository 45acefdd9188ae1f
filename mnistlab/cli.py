"""The command line: its commands and flags, and how a mistake is answered. What the commands do is
in `commands`.

Exit status: 0 on success; 2 for a wrong flag, value, file or run; 1 if something else went wrong
(no internet, a run that diverged); 130 after Ctrl-C. What went wrong is one line on stderr.
"""

import argparse
import gettext
import os
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from mnistlab.choices import DATASETS
from mnistlab.commands import COMMANDS
from mnistlab.commands.classes import ACTIONS
from mnistlab.config import FIELDS, format_value, option, value_type
from mnistlab.errors import (
    AddressUnavailable,
    ClassError,
    ConfigError,
    DeviceUnavailable,
    DrawingError,
    ExportError,
    LessonError,
    MnistlabError,
    RunNotFound,
    RunStateError,
    WeightsFileError,
)
from mnistlab.executors.openmp import waiting
from mnistlab.experiments.sine_config import SINE_PRESETS
from mnistlab.experiments.sweep import DEFAULT_FACTOR, DEFAULT_PRESET
from mnistlab.export import EXPORTS
from mnistlab.i18n import DOMAIN, LOCALE, N_, _, clauses, listed, sentence, speaking, spoken_in
from mnistlab.logs import LOG_STYLES
from mnistlab.presets import PRESETS

FAILED, WRONG_USE, INTERRUPTED = 1, 2, 130
_WRONG_USE = (
    AddressUnavailable,
    ClassError,
    ConfigError,
    DeviceUnavailable,
    DrawingError,
    ExportError,
    LessonError,
    RunNotFound,
    RunStateError,
    WeightsFileError,
)
GROUPS = {"data": N_("data"), "model": N_("model"), "training": N_("training")}
ARGPARSE = (  # what it asks gettext for, in the order of a help text
    N_("usage: "),
    N_("positional arguments"),
    N_("options"),
    N_("show this help message and exit"),
    N_("the following arguments are required: %s"),
    N_("unrecognized arguments: %s"),
    N_("expected one argument"),
    N_("expected at least one argument"),
    N_("argument %(argument_name)s: %(message)s"),
    N_("invalid choice: %(value)r (choose from %(choices)s)"),
    N_("not allowed with argument %s"),
    N_("ignored explicit argument %r"),
)
_METAVARS = {int: "N", float: "X", str: "NAME", tuple: "N,N", bool: "true|false"}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status; a mistake in `argv` itself exits at once, with
    status 2.
    """
    gettext.bindtextdomain(DOMAIN, LOCALE)
    gettext.textdomain(DOMAIN)  # where argparse asks for its own words
    with speaking(spoken_in(os.environ)):
        return _run(parser().parse_args(argv))


def _run(arguments: argparse.Namespace) -> int:
    os.environ.update(waiting(os.environ))
    try:
        status: int = arguments.run_command(arguments)
        sys.stdout.flush()
        return status
    except MnistlabError as error:
        print(f"mnistlab: {one_line(str(error))}", file=sys.stderr)
        return WRONG_USE if isinstance(error, _WRONG_USE) else FAILED
    except KeyboardInterrupt:
        sentence = _("stopped. Run the same command again to go on from the last snapshot.")
        print(f"mnistlab: {sentence}", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # whoever read our output has seen enough, as in `mnistlab runs | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED


class Parser(argparse.ArgumentParser):
    """argparse, but a mistake is answered in one line, and options cannot be abbreviated."""

    def __init__(self, **options: Any) -> None:
        super().__init__(allow_abbrev=False, **options)

    def error(self, message: str) -> NoReturn:
        see = _("See {command} --help.").format(command=self.prog)
        self.exit(WRONG_USE, f"{self.prog}: {one_line(message)} {see}\n")


def one_line(text: str) -> str:
    """`text` on one line, with unprintable characters escaped."""
    line = "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode()
        for c in " ".join(text.split())
    )
    return _("{sentence}.").format(sentence=line.rstrip(".。"))


def parser() -> Parser:
    """The whole command line."""
    top = Parser(
        prog="mnistlab",
        description=_("Train a small network on handwritten digits, and look at what it learned."),
    )
    subparsers = top.add_subparsers(required=True, metavar="COMMAND", title=_("commands"))

    def command(name: str, help: str, json: bool = True) -> argparse.ArgumentParser:
        sub = subparsers.add_parser(name, help=help, description=sentence(help))
        sub.set_defaults(run_command=COMMANDS[name])
        if json:
            sub.add_argument("--json", action="store_true", help=_("print JSON instead of text"))
        return sub

    app = command("app", _("open the dashboard in a browser"), json=False)
    _add_address(app, _("8501, or the next free one"))
    app.add_argument(
        "--no-browser",
        action="store_true",
        help=_("print the address instead of opening a browser"),
    )
    _add_address(command("serve", _("serve the dashboard to a class"), json=False), "8501")
    _add_config(
        command("train", _("train a network, or show its result if it has been trained before"))
    )
    _add_sweep(
        command("sweep", _("train a network with several settings and seeds, and compare them"))
    )
    command("presets", _("list the ready-made configurations"))
    command("runs", _("list all runs, latest first"))
    _add_run(command("show", _("show a run")))
    _add_run(command("evaluate", _("test a run's network on all test images")))
    _add_predict(command("predict", _("recognise the digits in images")))
    _add_export(command("export", _("write a run to a file"), json=False))
    command(
        "import", _("load a run from a file that `export --format safetensors` wrote")
    ).add_argument(
        "file", metavar="FILE", help=_("the file; its network is tested again on all test images")
    )
    command("data", _("download and verify a data set"), json=False).add_argument(
        "--dataset", default="mnist", choices=DATASETS, help=_("the data set (default: mnist)")
    )
    _add_lesson(command("lesson", _("check a lesson that you write"), json=False))
    _add_class(
        command("class", _("list the classes here, renew a teacher's link, archive one, or end it"))
    )
    _add_tidy(command("tidy", _("delete the oldest runs where the store is fuller than it may be")))
    command(
        "rescue", _("copy what can be read of a damaged SQLite store into a new one")
    ).add_argument(
        "out",
        metavar="FILE",
        help=_("the new store; the damaged one, MNISTLAB_STORE, stays as it is"),
    )
    return top


def _add_run(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("run", metavar="RUN", help=_("the run's id, or the start of it"))


def _add_predict(sub: argparse.ArgumentParser) -> None:
    _add_run(sub)
    sub.add_argument(
        "images", metavar="IMAGE", nargs="+", help=_("an image of one digit (PNG, JPEG, ...)")
    )


def _add_export(sub: argparse.ArgumentParser) -> None:
    sub.add_argument(
        "run", metavar="RUN", help=_("the run's id, or the start of it, or the name of a preset")
    )
    sub.add_argument(
        "--format",
        required=True,
        choices=EXPORTS,
        help=clauses(f"{name}: {_(each.help)}" for name, each in EXPORTS.items()),
    )
    sub.add_argument("--out", required=True, metavar="PATH", help=_("the file to write"))


def _add_lesson(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("action", choices=("check",), help=_("what to do with it"))
    sub.add_argument("file", metavar="FILE", help=_("the lesson: a YAML file"))


def _add_class(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("action", choices=ACTIONS, help=_("what to do"))
    sub.add_argument("code", metavar="CODE", nargs="?", help=_("the code of the class"))
    sub.add_argument("--out", metavar="PATH", help=_("where archive writes the zip file"))
    sub.add_argument(
        "--yes", action="store_true", help=_("end it; without it, only say what would go")
    )


def _add_tidy(sub: argparse.ArgumentParser) -> None:
    sub.add_argument(
        "--keep",
        metavar="N",
        help=_("how much is kept: 2 GB, 500 runs (default: what MNISTLAB_KEEP says)"),
    )
    sub.add_argument(
        "--yes", action="store_true", help=_("delete; without it, only say what would go")
    )


def _add_address(server: argparse.ArgumentParser, port: str) -> None:
    """Where the dashboard is served; `port`: the default, in words."""
    server.add_argument(
        "--port",
        type=_port,
        metavar="N",
        help=_("the port to listen on (default: {port})").format(port=port),
    )
    server.add_argument(
        "--address",
        metavar="ADDRESS",
        help=_("the address to listen on; 127.0.0.1: this computer only (default: every address)"),
    )


def _port(text: str) -> int:
    if not (text.isdecimal() and len(text) <= 5 and 1 <= int(text) <= 65_535):
        sentence = _("a port is a number from 1 to 65535, not {text}.")
        raise argparse.ArgumentTypeError(sentence.format(text=repr(text)))
    return int(text)


def _add_config(train: argparse.ArgumentParser) -> None:
    """A flag for every field of `TrainConfig`. Values stay text here; `config.parse_value` checks
    them.
    """
    train.add_argument(
        "--preset",
        choices=(*PRESETS, *SINE_PRESETS),
        help=_(
            "start from a ready-made configuration; other flags override it (sine-rnn takes only "
            "--arch, --hidden, --lr and --seed)"
        ),
    )
    train.add_argument(
        "--log",
        choices=LOG_STYLES,
        default="none",
        help=_("log the training in the style of a tutorial (default: none)"),
    )
    _add_fields(train)


def _add_sweep(sweep: argparse.ArgumentParser) -> None:
    """The flags of `train`, each with several values, which `experiments.sweep` checks."""
    sweep.add_argument(
        "--preset",
        default=DEFAULT_PRESET,
        choices=PRESETS,
        help=_("start from a ready-made configuration (default: {default})").format(
            default=DEFAULT_PRESET
        ),
    )
    helps = {
        "--seeds": _("train each combination with N seeds (default: 1)"),
        "--random": _(
            "draw N combinations; then a range is a value, too: 0.001..0.1 (default: all)"
        ),
        "--search-seed": _("the same number draws the same combinations (default: 1)"),
    }
    for flag, help in helps.items():
        sweep.add_argument(flag, default=argparse.SUPPRESS, metavar="N", help=help)
    sweep.add_argument(
        "--halving",
        nargs="?",
        const=str(DEFAULT_FACTOR),
        default=argparse.SUPPRESS,
        metavar="N",
        help=_(
            "successive halving: compare the combinations along the way and continue only the "
            "best 1/N; N is the reduction factor (with no N: {default})"
        ).format(default=DEFAULT_FACTOR),
    )
    _add_fields(sweep, ",...")


def _add_fields(command: argparse.ArgumentParser, more: str = "") -> None:
    """A flag for each field; `more` is what is added to its metavar."""
    groups = {
        group: command.add_argument_group(_(GROUPS[group]))
        for group in dict.fromkeys(option(name).group for name in FIELDS)
    }
    for name, field in FIELDS.items():
        setting, kind, flag = option(name), value_type(name), "--" + name.replace("_", "-")
        help = _help(name, field.default).replace("%", "%%")
        metavar = _METAVARS[kind] + (f"|{setting.none}" if setting.none else "") + more
        add = groups[setting.group].add_argument
        if kind is bool:
            add(
                flag,
                dest=name,
                default=argparse.SUPPRESS,
                nargs="?",
                const="true",
                metavar=metavar,
                help=help,
            )
            add(
                f"--no-{flag[2:]}",
                dest=name,
                default=argparse.SUPPRESS,
                action="store_const",
                const="false",
                help=_("the opposite of {flag}").format(flag=flag),
            )
        else:
            add(flag, dest=name, default=argparse.SUPPRESS, metavar=metavar, help=help)


def _help(name: str, default: Any) -> str:
    setting, value = option(name), format_value(name, default)
    if not setting.choices:
        return _("{help} (default: {default})").format(help=_(setting.help), default=value)
    return _("{help}: {choices} (default: {default})").format(
        help=_(setting.help), choices=listed(setting.choices), default=value
    )
