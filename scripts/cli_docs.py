"""Write docs/cli.md from the command line itself.

python -m scripts.cli_docs
"""

import argparse
import textwrap
from pathlib import Path

from mnistlab.cli import parser

FILE = Path(__file__).parents[1] / "docs" / "cli.md"
INTRO = """# The command line

Type `mnistlab COMMAND` where the package is installed, or `python -m mnistlab COMMAND` in a
checkout. This page is written by `python -m scripts.cli_docs` from the commands themselves.

- Results go to stdout; progress (on a terminal only), warnings and errors go to stderr.
- Exit status: 0 on success; 2 for a wrong flag, value, file or run; 1 if something else went wrong
  (no internet, a run that diverged); 130 after Ctrl-C. What went wrong is one line.
- The same configuration is the same run: `train` shows the result of a run that is already in the
  store, and resumes one that was interrupted.
- `RUN` is a run's id, or the start of it.
"""


def document() -> str:
    """The whole page, as Markdown."""
    commands = next(
        action for action in parser()._actions if isinstance(action, argparse._SubParsersAction)
    )
    return "\n".join(
        [INTRO, *(_command(name, command) for name, command in commands.choices.items())]
    )


def _command(name: str, command: argparse.ArgumentParser) -> str:
    lines = [f"## {name}", "", command.description or "", ""]
    for group in command._action_groups:
        actions = [
            action for action in group._group_actions if "--help" not in action.option_strings
        ]
        if actions and group.title not in ("options", "positional arguments"):
            lines += [f"**{group.title}**", ""]
        lines += [_item(action) for action in actions]
        lines += [""] if actions else []
    return "\n".join(lines)


def _item(action: argparse.Action) -> str:
    text = f"- {_spelling(action)}: {(action.help or '').replace('%%', '%')}"
    return textwrap.fill(
        text, 100, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
    )


def _spelling(action: argparse.Action) -> str:
    value = action.metavar or ("|".join(map(str, action.choices)) if action.choices else "")
    if not action.option_strings:
        return f"`{value}{' ...' if action.nargs == '+' else ''}`"
    if action.nargs == 0:
        return f"`{action.option_strings[0]}`"
    return f"`{action.option_strings[0]} {f'[{value}]' if action.nargs == '?' else value}`"


if __name__ == "__main__":
    FILE.write_text(document(), encoding="utf-8")
    print(f"Wrote {FILE}")
