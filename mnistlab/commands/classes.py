"""The command `class`: what whoever runs the server can do with the classes on it."""

import json
from argparse import Namespace
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from mnistlab import terminal
from mnistlab.errors import ClassError, ExportError
from mnistlab.i18n import _, message
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
        raise ClassError(
            message("Which class?"), message("Add its code: mnistlab class list shows them.")
        )
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
        terminal.table((_("code"), _("name"), _("students")), rows)
    else:
        print(_("There are no classes here."))
    return 0


def _link(store: Store, arguments: Namespace, of: Class) -> int:
    path = f"/teach/{renew_secret(store, teacher(of))}"
    if arguments.json:
        print(json.dumps({"path": path}))
    else:
        sentence = _("{name} has another teacher's link; the one before opens nothing any more.")
        print(sentence.format(name=of.name))
        print(_("Open this below the dashboard's address: {path}").format(path=path))
    return 0


def _archive(store: Store, arguments: Namespace, of: Class) -> int:
    from mnistlab.export.archive import write_archive

    if arguments.out is None:
        raise ClassError(
            message("Nothing says where the archive goes."), message("Add --out FILE.zip.")
        )
    path = Path(arguments.out)
    try:
        write_archive(store, store.person, path, of.id)
    except OSError as error:
        raise ExportError(
            message(
                "{out} cannot be written: {reason}.",
                out=repr(arguments.out),
                reason=error.strerror or error,
            ),
            message("Choose another --out."),
        ) from error
    size = path.stat().st_size
    if arguments.json:
        print(json.dumps({"file": str(path), "bytes": size}))
    else:
        print(_("Wrote {size:,} bytes to {file}").format(size=size, file=path))
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
    if arguments.yes:
        sentence = _(
            "{name} has ended. Deleted: students {members}, runs {runs}, drawings {drawings}."
        )
    else:
        sentence = _(
            "Of {name} would go: students {members}, runs {runs}, drawings {drawings}. Add --yes "
            "to end it."
        )
    print(sentence.format(name=of.name, **asdict(gone)))
    return 0


ACTIONS: dict[str, Callable[..., int]] = {
    "list": _list,
    "link": _link,
    "archive": _archive,
    "end": _end,
}
