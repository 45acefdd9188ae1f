"""The command `class`: what whoever runs the server can do with the classes on it."""

import json
from argparse import Namespace
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from mnistlab import terminal
from mnistlab.errors import ClassError, ExportError
from mnistlab.store import Store
from mnistlab.store.classes import Class, class_with_code, renew_secret, teacher


def classes(arguments: Namespace) -> int:
    """List the classes, make another teacher's link for one, write its archive, or end it.

    Raises `ClassError` where no class has the code.
    """
    store = Store()
    if arguments.action == "list":
        return _list(store, arguments)
    if arguments.code is None:
        raise ClassError("Which class?", "Add its code: mnistlab class list shows them.")
    return ACTIONS[arguments.action](store, arguments, class_with_code(store, arguments.code))


def _list(store: Store, arguments: Namespace) -> int:
    from mnistlab.store.ending import classes as all_classes

    found = all_classes(store, store.person)
    if arguments.json:
        told = [
            {"code": of.code, "name": of.name, "students": count, "created": of.created}
            for of, count in found
        ]
        print(json.dumps(told))
    elif found:
        rows = [(of.code, of.name, f"{count}") for of, count in found]
        terminal.table(("code", "name", "students"), rows)
    else:
        print("There are no classes here.")
    return 0


def _link(store: Store, arguments: Namespace, of: Class) -> int:
    path = f"/teach/{renew_secret(store, teacher(of))}"
    if arguments.json:
        print(json.dumps({"path": path}))
    else:
        print(f"{of.name} has another teacher's link; the one before opens nothing any more.")
        print(f"Open this below the dashboard's address: {path}")
    return 0


def _archive(store: Store, arguments: Namespace, of: Class) -> int:
    from mnistlab.export.archive import write_archive

    if arguments.out is None:
        raise ClassError("Nothing says where the archive goes.", "Add --out FILE.zip.")
    path = Path(arguments.out)
    try:
        write_archive(store, store.person, path, of.id)
    except OSError as error:
        raise ExportError(
            f"{arguments.out!r} cannot be written: {error.strerror or error}.",
            "Choose another --out.",
        ) from error
    size = path.stat().st_size
    if arguments.json:
        print(json.dumps({"file": str(path), "bytes": size}))
    else:
        print(f"Wrote {size:,} bytes to {path}")
    return 0


def _end(store: Store, arguments: Namespace, of: Class) -> int:
    from mnistlab.store.archive import contents
    from mnistlab.store.ending import Ended, end_class

    if arguments.yes:
        gone = end_class(store, store.person, of.id)
    else:
        has = contents(store, store.person, of.id)
        gone = Ended(len(has.members), len(has.runs), len(has.drawings))
    if arguments.json:
        print(json.dumps({"ended": arguments.yes, **asdict(gone)}))
        return 0
    what = f"students {gone.members}, runs {gone.runs}, drawings {gone.drawings}"
    done = f"{of.name} has ended. Deleted: {what}."
    print(done if arguments.yes else f"Of {of.name} would go: {what}. Add --yes to end it.")
    return 0


ACTIONS: dict[str, Callable[..., int]] = {
    "list": _list,
    "link": _link,
    "archive": _archive,
    "end": _end,
}
