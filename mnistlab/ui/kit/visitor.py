"""Who a visitor is: someone at the machine itself, somebody from elsewhere, or the student or
teacher of a class, as the cookie says that they got when they joined it.

The cookie is signed with a key from the store, so that every server over it takes the cookies of
the others. What it says holds only as long as the store says so, too.
"""

import hmac
from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

from itsdangerous import BadSignature, URLSafeTimedSerializer

from mnistlab.errors import ClassError
from mnistlab.store import Store
from mnistlab.store.classes import class_of, signing_key, teacher
from mnistlab.store.members import member, student
from mnistlab.store.people import Person, Role

COOKIE = "mnistlab_class"
COOKIE_SECONDS = 200 * 24 * 3600  # half a school year
ENTERING_SECONDS = 120  # for so long the way from a page to the cookie is open
PROOF_LETTERS = 16  # of a teacher's hashed secret, in the cookie
FORWARDED = ("x-forwarded-for", "x-forwarded-host", "x-real-ip", "forwarded")  # by a proxy


def visitor(store: Store, cookie: str, name: str, other: str, at_the_machine: bool) -> Person:
    """Who visits: in which class, by the `cookie`, else at the machine or not. `name` and `other`:
    those of their browser that their runs and drawings are kept in while they are in no class.
    Raises `StoreError`.
    """
    browser = frozenset({name, other})
    role = Role.OPERATOR if at_the_machine else Role.VISITOR
    return in_class(store, cookie, browser) or Person(role, name, browser)


def in_class(store: Store, cookie: str, browser: frozenset[str] = frozenset()) -> Person | None:
    """The student or teacher that this cookie is of; None if it is none, or not any more."""
    return _signed(store, cookie, "cookie", COOKIE_SECONDS, browser)


def entering(store: Store, ticket: str) -> Person | None:
    """The same for a `ticket_of`."""
    return _signed(store, ticket, "ticket", ENTERING_SECONDS)


def cookie_of(store: Store, person: Person) -> str:
    """The cookie of a student or a teacher."""
    return _sign(store, person, "cookie")


def ticket_of(store: Store, person: Person) -> str:
    """What a page that cannot set a cookie gives to the route that can: `entering` takes it for
    `ENTERING_SECONDS`.
    """
    return _sign(store, person, "ticket")


def _signed(
    store: Store, text: str, kind: str, seconds: int, browser: frozenset[str] = frozenset()
) -> Person | None:
    if not text:
        return None
    try:
        says = _serializer(store, kind).loads(text, max_age=seconds)
        if "member" in says:
            return student(member(store, says["member"]), browser)
        of = class_of(store, says["class"])
    except (BadSignature, ClassError):
        return None
    is_theirs = hmac.compare_digest(of.secret[:PROOF_LETTERS], says["proof"])
    return teacher(of, browser) if is_theirs else None


def _sign(store: Store, person: Person, kind: str) -> str:
    if person.role is Role.TEACHER:
        says = {"class": person.class_id, "proof": person.proof[:PROOF_LETTERS]}
    else:
        says = {"member": person.name}
    return str(_serializer(store, kind).dumps(says))


def is_at_the_machine(address: str | None, headers: Mapping[str, str]) -> bool:
    """Whether a visitor sits at this machine: they come from it (`address`; None as Streamlit says
    it), have opened it as "localhost", and no proxy stands between.
    """
    if any(name in headers for name in FORWARDED):
        return False
    host = urlsplit(f"//{headers.get('host', 'localhost')}").hostname or ""
    return is_loopback(address or "127.0.0.1") and is_loopback(host)


def is_loopback(name: str) -> bool:
    """Whether an address or a host's name is this machine's own."""
    if name == "localhost":
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


def _serializer(store: Store, kind: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(signing_key(store), salt=f"mnistlab.class.{kind}")
