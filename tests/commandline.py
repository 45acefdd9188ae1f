"""The command line, called in this process."""

import io
from contextlib import redirect_stderr, redirect_stdout

from mnistlab import cli


def call(*argv: str) -> tuple[int, str, str]:
    """(exit status, stdout, stderr) of the command line, in this process."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        try:
            status = cli.main(argv)
        except SystemExit as exit:
            status = exit.code
    return status, out.getvalue(), err.getvalue()


def called(*argv: str) -> str:
    """stdout of a command that succeeds."""
    status, out, err = call(*argv)
    assert status == 0, err
    return out


def assert_one_line(status: int, out: str, err: str, expected: int = 2) -> None:
    assert status == expected, err
    assert out == ""
    assert err.endswith("\n")
    assert len(err.splitlines()) == 1, err
    assert "Traceback" not in err
