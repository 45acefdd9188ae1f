"""How many wrong codes somebody may try: a class has six letters, and none is found by trying.

Each server counts for itself, in memory. Only wrong ones count, so a class behind one address joins
as fast as it types; and a full bucket is more than thirty who each mistype twice at once.
"""

import time
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address
from threading import Lock

from mnistlab.errors import ClassError
from mnistlab.i18n import message
from mnistlab.store.classes import Class, class_with_code
from mnistlab.store.queries import Queries

A_MINUTE = 20  # wrong guesses from one address, in the long run
AT_ONCE = 60  # for as many there is room after a pause
ADDRESSES = 10_000  # that are remembered, the latest
HOME_BITS = 64  # of an IPv6 address: whoever has one has all that begin with these


class Guesses:
    """Who guessed wrongly, and how often. Safe to share between threads. `clock`: seconds that only
    go up.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._lock = clock, Lock()
        self._wrong: dict[str, tuple[float, float]] = {}  # address -> (how many count, as of when)

    def class_with_code(self, store: Queries, code: str, address: str | None) -> Class:
        """See `classes.class_with_code`. Raises `ClassError` also for a right code, while too many
        wrong ones came from this `address`: else guessing would go on.
        """
        who = network(address)
        if self._counted(who) > AT_ONCE - 1:
            raise ClassError(
                message("Too many wrong codes came from your network."),
                message("Try again in a minute."),
            )
        try:
            return class_with_code(store, code)
        except ClassError:
            self._count(who)
            raise

    def _counted(self, who: str) -> float:
        with self._lock:
            count, then = self._wrong.get(who, (0.0, 0.0))
        return max(0.0, count - (self._clock() - then) * A_MINUTE / 60)

    def _count(self, who: str) -> None:
        count = self._counted(who) + 1
        with self._lock:
            self._wrong.pop(who, None)  # to the end: the latest
            self._wrong[who] = count, self._clock()
            while len(self._wrong) > ADDRESSES:
                del self._wrong[next(iter(self._wrong))]


def network(address: str | None) -> str:
    """Whom guesses from this address are counted for; all that have none together."""
    try:
        parsed = ip_address(address or "")
    except ValueError:
        return ""
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is None:
        return str(IPv6Address(int(parsed) >> HOME_BITS << HOME_BITS))
    return str(parsed)
