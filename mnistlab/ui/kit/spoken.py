"""The session's language, for what is written in it elsewhere."""

from mnistlab.export.hand_in import Words
from mnistlab.ui.kit.i18n import language, translation


def spoken() -> Words:
    """The words of the reader's language, also for a thread that has no session."""
    catalogue = translation()
    return Words(catalogue.gettext, catalogue.ngettext, language())
