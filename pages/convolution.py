"""Convolution: a kernel that slides over a digit, pooling, and how robust they are to shifts."""

from mnistlab import ui
from mnistlab.ui import _
from mnistlab.ui.convolution.views import PARAMETERS, PLACE, VIEWS

page = ui.page("convolution", VIEWS, PARAMETERS)
page.title(
    _("Convolution"),
    _("A kernel slides over a picture, multiplies and adds. Step through it and change anything."),
)
page.show(VIEWS, page, resets=tuple(PLACE))  # each view has its own output
page.terms()
