"""What a student is called on a wall that everybody sees: a colour and an animal, by the student's
number in the class.
"""

from mnistlab.ui.kit.i18n import N_, _

COLOURS = {  # name -> as it is drawn, on light and on dark
    N_("Blue"): "#2a7de1",
    N_("Orange"): "#e8760c",
    N_("Green"): "#2b9a57",
    N_("Red"): "#dc3d4b",
    N_("Violet"): "#8a5cd6",
    N_("Golden"): "#c99a06",
    N_("Turquoise"): "#0f9fa3",
    N_("Pink"): "#dd5c9d",
    N_("Brown"): "#9a6a45",
    N_("Olive"): "#7d8a1c",
    N_("Silver"): "#8b95a1",
    N_("Crimson"): "#b0174f",
}
# their number and that of the colours have no common divisor: all pairs come before one comes again
ANIMALS = (
    *(N_("otter"), N_("falcon"), N_("panda"), N_("dolphin"), N_("koala"), N_("tiger")),
    *(N_("penguin"), N_("fox"), N_("turtle"), N_("owl"), N_("lynx"), N_("whale")),
    *(N_("hedgehog"), N_("zebra"), N_("heron"), N_("badger"), N_("camel"), N_("gecko")),
    *(N_("puffin"), N_("moose"), N_("octopus"), N_("swan"), N_("beaver"), N_("crane")),
    N_("giraffe"),
)


def alias(number: int) -> str:
    """What the student with this number, from 1, is called: "Blue otter"; the first
    `len(COLOURS) * len(ANIMALS)` have aliases of their own, those after them with a figure.
    """
    again, index = divmod(number - 1, len(COLOURS) * len(ANIMALS))
    colour = list(COLOURS)[index % len(COLOURS)]
    animal = ANIMALS[index % len(ANIMALS)]
    name = _("{colour} {animal}").format(colour=_(colour), animal=_(animal))
    return f"{name} {again + 1}" if again else name


def colour(number: int) -> str:
    """The colour of the alias, as CSS writes it."""
    return list(COLOURS.values())[(number - 1) % len(COLOURS)]
