"""Who asks one of the routes."""

from starlette.requests import Request

from mnistlab.store import Store
from mnistlab.store.people import Person
from mnistlab.ui.kit.visitor import COOKIE, is_at_the_machine, visitor


def asker(store: Store, request: Request) -> Person:
    """The student or teacher of a class, whoever sits at the machine, or any other visitor: these
    have no names here, and own nothing. Raises `StoreError`.
    """
    address = request.client.host if request.client else ""
    at_the_machine = bool(address) and is_at_the_machine(address, request.headers)
    return visitor(store, request.cookies.get(COOKIE, ""), "", "", at_the_machine)
