"""Who a visitor is: someone at the machine itself, somebody from elsewhere, or the student or
teacher of a class, as the cookie says that they got when they joined it.

The cookie is signed with a key from the store, so that every server over it takes the cookies of
the others. What it says holds only as long as the store says so, too.
"""

import hmac
import os
from collections.abc import Mapping
from hashlib import sha256
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
OPERATOR = "MNISTLAB_OPERATOR"  # says "nobody" where nobody counts as being at the machine
MOST_LETTERS = 1000  # of a cookie or a ticket
# how the headers begin that a proxy adds, of which one is enough
PROXIED = ("x-forwarded-", "x-real-ip", "x-client-ip", "forwarded", "via", "cf-", "true-client-ip")


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
    if not text or len(text) > MOST_LETTERS or not text.isascii():
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
    it), have opened it as "localhost", and no proxy stands between. `headers`: by their names in
    small letters. Without a host, as where a page runs on after its browser has gone, nobody does.

    A proxy on this machine that says nothing of itself, and asks for "localhost", looks like
    somebody at the machine: but the pages that browsers open by another name say so.
    """
    if os.environ.get(OPERATOR) or any(name.startswith(PROXIED) for name in headers):
        return False
    named = [headers.get("host", ""), *filter(None, [headers.get("origin")])]
    return is_loopback(address or "127.0.0.1") and all(map(is_loopback, map(host_of, named)))


def host_of(place: str) -> str:
    """The host in an origin ("http://localhost:8501") or a Host header; "" if there is none."""
    try:
        return urlsplit(place if "//" in place else f"//{place}").hostname or ""
    except ValueError:
        return ""


def is_loopback(name: str) -> bool:
    """Whether an address or a host's name is this machine's own."""
    if name == "localhost":
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


def _serializer(store: Store, kind: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(
        signing_key(store),
        salt=f"mnistlab.class.{kind}",
        signer_kwargs={"digest_method": sha256, "key_derivation": "hmac"},
    )
