"""A run as one HTML file that explains itself: what was trained, how well it does, what is inside,
and what its author drew and answered. It opens offline, in any browser, and prints.
"""

from mnistlab.export.hand_in.own import Answer, Lesson, Own, Step, spoken
from mnistlab.store import RunRecord, Store

__all__ = ["Answer", "Lesson", "Own", "Step", "hand_in", "hand_in_of"]

NOTHING = Own()


def hand_in(store: Store, run: RunRecord | None, own: Own = NOTHING) -> bytes:
    """The file of `run`, with what is its author's `own`, in UTF-8 and in the language that is
    spoken here; without a run, of that alone.
    At most `document.MOST_BYTES`. Equal inputs give equal bytes. Raises `DataError` where the
    data set is not here, and `StoreError`.
    """
    from mnistlab.export.hand_in.document import document  # torch, which takes a second to import

    return document(store, run, own, spoken())


def hand_in_of(store: Store, run: RunRecord) -> bytes:
    """The file of `run`, with what whoever acts on the store has drawn and answered. Raises as
    `hand_in` does.
    """
    from mnistlab.export.hand_in.author import own_part

    return hand_in(store, run, own_part(store, store.person, run))
