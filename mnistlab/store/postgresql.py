"""The connections to a PostgreSQL database."""

from typing import Any

import sqlalchemy as sa

# of one process at a time. They are used for milliseconds: the threads of a page server, however
# many, take turns with them
CONNECTIONS = 20
VANISHED_SECONDS = 8  # after which a machine that no longer answers is given up, on either side
# a process that was suspended within a transaction keeps its locks no longer than this; sending
# large weights through a slow network takes less
SUSPENDED_SECONDS = 60
# as libpq calls them; the URL may say otherwise
CONNECT = {
    "application_name": "mnistlab",
    "connect_timeout": VANISHED_SECONDS,
    "keepalives_idle": VANISHED_SECONDS // 2,
    "keepalives_interval": 1,
    "keepalives_count": VANISHED_SECONDS // 2,
    "tcp_user_timeout": VANISHED_SECONDS * 1000,
}
# a connection lost; refused, as there are too many; a deadlock; a lock that was waited for in vain;
# a transaction that slept; a server that shuts down or starts
PASSING_STATES = ("08", "53300", "40", "55P03", "25P03", "57P")


def open_engine(url: str, lock_seconds: float) -> sa.Engine:
    """The engine, whose transactions wait for each other's locks for so many seconds at most."""
    made = sa.make_url(url)
    engine = sa.create_engine(
        made,
        pool_size=CONNECTIONS // 2,
        max_overflow=CONNECTIONS - CONNECTIONS // 2,
        pool_timeout=lock_seconds,
        pool_pre_ping=True,
        connect_args={name: value for name, value in CONNECT.items() if name not in made.query},
    )
    settings = {
        "lock_timeout": f"{lock_seconds:.0f}s",
        "idle_in_transaction_session_timeout": f"{SUSPENDED_SECONDS}s",
        "tcp_keepalives_idle": VANISHED_SECONDS // 2,
        "tcp_keepalives_interval": 1,
        "tcp_keepalives_count": VANISHED_SECONDS // 2,
    }

    @sa.event.listens_for(engine, "connect")
    def _connected(connection: Any, _: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute("; ".join(f"SET {name} = '{value}'" for name, value in settings.items()))
        connection.commit()

    return engine


def passes(error: Exception) -> bool:
    """Whether the trouble may be over soon. A server that cannot be reached says nothing, not even
    a state.
    """
    if isinstance(error, sa.exc.TimeoutError):  # all connections are in use
        return True
    if not isinstance(error, sa.exc.DBAPIError):
        return False
    state = getattr(error.orig, "sqlstate", None)
    unreachable = isinstance(error, sa.exc.OperationalError) and state is None
    return error.connection_invalidated or unreachable or (state or "").startswith(PASSING_STATES)
