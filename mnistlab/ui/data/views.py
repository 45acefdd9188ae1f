"""The views of the page `data`, and its URL parameters."""

from mnistlab.choices import DATASETS
from mnistlab.config import option
from mnistlab.ui.data import loader, notebook
from mnistlab.ui.data.images import AMOUNTS, augmentation, browse, classes
from mnistlab.ui.data.numbers import pixels, values
from mnistlab.ui.data.selection import PARTS, DataSelection
from mnistlab.ui.kit.i18n import N_
from mnistlab.ui.kit.url import key_of, one_of, whole
from mnistlab.ui.kit.views import View

PARAMETERS = {"dataset": key_of(DATASETS), "part": one_of(*PARTS), "seed": whole(0, 10**6)}
VIEWS: dict[str, View[DataSelection]] = {
    "browse": View(N_("Images"), browse, code=notebook.browse),
    "classes": View(N_("Classes"), classes, code=notebook.classes),
    "pixels": View(N_("Pixels"), pixels, code=notebook.pixels),
    "values": View(N_("Values and axes"), values, code=notebook.values),
    "augment": View(
        N_("Augmentation"),
        augmentation,
        {name: whole(int(option(name).low), int(option(name).high)) for name in AMOUNTS},
        code=notebook.augmented,
    ),
    "loader": View(N_("DataLoader"), loader.data_loader, loader.PARAMETERS, code=notebook.batches),
}
