"""The class in one room: join it with a code; for its teacher, the wall and all that leads it."""

from mnistlab import ui
from mnistlab.ui import _
from mnistlab.ui.classroom.entrance import entrance
from mnistlab.ui.classroom.membership import PARAMETERS, membership
from mnistlab.ui.classroom.views import VIEWS, views_of
from mnistlab.ui.kit.words import literal

page = ui.page("class", VIEWS, PARAMETERS)
with ui.guard():
    room = membership(page)
    if room is None:
        page.title(
            _("Your class"),
            _("Learn together: everybody trains a network of their own, and you see them all."),
        )
        entrance(page)
        page.try_next()
    else:
        page.title(literal(room.of.name), room.sentence)
        page.show(views_of(room), room)
