"""What a student's bar says about their page: the teacher would like to see it, or sees it."""

from typing import Any

from mnistlab.store.members import Member
from mnistlab.ui.kit.i18n import _
from mnistlab.ui.kit.page import Page


def showing(page: Page, me: Member) -> dict[str, Any]:
    """Whether the teacher asked, whether they see a page, and all words of `showing.js`."""
    return {
        "page": page.name,
        "asked": me.asked is not None,
        "shown": me.shown is not None,
        "asks": _("Your teacher would like to see your page."),
        "agree": _("Show it"),
        "decline": _("Not now"),
        "send": _("Show this page to the teacher"),
        "sent": _("Your teacher can open the page that you sent."),
        "stop": _("Take it back"),
    }
