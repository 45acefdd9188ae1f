"""The words of the live network, in the reader's language."""

from mnistlab.ui.kit.i18n import _


def words() -> dict[str, str]:
    """Name -> text; {braces} stand for what the browser puts in."""
    return _pen() | _network() | _training() | _problems()


def _pen() -> dict[str, str]:
    return {
        "canvas": _(
            "Your drawing. With the keyboard: the space bar puts the pen down and lifts it, arrow "
            "keys move it, Escape puts it away; then 0 to 9 for a test image, arrow keys to shift "
            "it, R and Shift+R to turn it, + and − to make it thicker or thinner, Backspace to "
            "undo, Delete to clear."
        ),
        "keys": _(
            "Keyboard: space pen down or up, then arrows draw, Esc ends · 0–9 test image · arrows "
            "shift · R turns · + − thicken, thin"
        ),
        "invite": _("Draw a digit here"),
        "undo": _("Undo"),
        "clear": _("Clear"),
        "pens": _("Pen"),
        "thin": _("Thin"),
        "medium": _("Medium"),
        "thick": _("Thick"),
        "digits": _("Or a test image:"),
        "digit": _("Test image of {class}"),
        "change": _("Change the picture"),
        "left": _("Shift left"),
        "right": _("Shift right"),
        "up": _("Shift up"),
        "down": _("Shift down"),
        "turnLeft": _("Turn left"),
        "turnRight": _("Turn right"),
        "thicker": _("Thicker"),
        "thinner": _("Thinner"),
    }


def _network() -> dict[str, str]:
    return {
        "percent": _("{number} %"),
        "says": _("The network says {class} ({share})."),
        "undecided": _("The network says nothing yet: draw a digit."),
        "answer": _("The network says"),
        "stages": _("The network, stage by stage"),
        "stage": _("{stage}, {shape}"),
        "map": _("{stage}, map {n}"),
        "unit": _("{stage}, unit {n}"),
        "range": _("{low} to {high}"),
        "value": _("value {value}"),
        "dead": _("dead: all values are zero"),
        "kernel": _("kernel"),
        "weightsOf": _("its weights"),
        "open": _("Click or press Enter to see how it is computed"),
        "afterRow": _("after row {n}"),
        "picture": _("picture"),
        "after": _("after each row"),
        "afterRows": _("probabilities"),
        "read": _("Read it row by row"),
        "stop": _("Stop"),
        "forward": _("from the top"),
        "backward": _("from the bottom"),
        "hidden": _("hidden state"),
        "cell": _("cell state"),
        "input": _("input gate"),
        "forget": _("forget gate"),
        "output": _("output gate"),
        "candidate": _("candidate"),
        "reset": _("reset gate"),
        "update": _("update gate"),
        "new": _("candidate"),
    }


def _training() -> dict[str, str]:
    return {
        "step": _("Training step"),
        "stepOf": _("step {step}"),
        "learns": _("Your digit as it learns"),
        "learnsAlt": _(
            "The probability of each class for this picture over the training: at step {first} it "
            "is {before}, at step {last} it is {after}."
        ),
        "loaded": _("{n} steps, {size}"),
        "loading": _("Loading the network: {done} of {n} steps"),
        "large": _("{n} steps of {size} each: only those that you look at are loaded."),
        "follow": _("Follow the training"),
        "play": _("Play the training"),
        "pause": _("Pause"),
    }


def _problems() -> dict[str, str]:
    return {
        "diverged": _(
            "This run diverged: at this step its weights are not numbers any more (NaN), so there "
            "is no answer. Move the slider to an earlier step."
        ),
        "offline": _(
            "The server does not answer. Your drawing is kept, and what is loaded goes on working; "
            "it is tried again."
        ),
        "misfit": _("These weights are not of this network."),
        "damaged": _("The weights of this step are damaged. They are asked for again."),
        "gone": _("This run was deleted. Your drawing is kept; choose another run."),
        "noServer": _("This page has no address to load the network from."),
        "waiting": _("The first weights come as soon as the training has begun."),
        "dot": _("A dot is not enough for a digit. Draw one large digit."),
    }
