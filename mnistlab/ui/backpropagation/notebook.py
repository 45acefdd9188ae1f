"""The views of the page `backpropagation` as code."""

from mnistlab.analysis.gradient_factors import source_of
from mnistlab.export.view_notebook import Code
from mnistlab.figures.backpropagation import has_terms
from mnistlab.ui.backpropagation.batch import rate_at
from mnistlab.ui.backpropagation.look import Look
from mnistlab.ui.backpropagation.opened import shown_image
from mnistlab.ui.backpropagation.stages import shown_stage
from mnistlab.ui.backpropagation.terms import names_of

FIGURES = "from mnistlab.figures import backpropagation as figures"
OPENING = ("from mnistlab.analysis.backward import backward", "from mnistlab.data import split")
SUM = "from mnistlab.analysis.weight_gradient import gradient_sum"


def _pass(look: Look) -> tuple[str, ...]:
    """The lines that bring the mini-batch through the network and back."""
    numbers = look.indices
    run = range(numbers[0], numbers[-1] + 1)
    chosen = f"list({run!r})" if numbers == tuple(run) else repr(list(numbers))
    return (
        f"batch = {chosen}  # training images",
        "learned = split(data, config)",
        "images, labels = learned.train_images[batch], learned.train_labels[batch]",
        "passed = backward(model, images, labels, config)",
    )


def _weight(look: Look) -> str:
    weight = look.weight
    which = f"{weight.layer!r}, {weight.parameter!r}, {weight.place!r}"
    return f"weight = gradient_sum(passed, {which})"


def gradient(look: Look) -> Code:
    """The sum that the gradient of a weight is."""
    image, names = shown_image(look), names_of(look)
    is_image = source_of(look.passed, look.weight.layer) == "input"
    one = f"figures.terms_figure(weight, {image}, {names!r}, {is_image})"
    return Code(
        (*OPENING, f"{SUM}, torchs_gradient", FIGURES),
        (
            *_pass(look),
            _weight(look),
            "print(weight.total, torchs_gradient(passed, weight))",
            "weight.of_images  # what each image adds",
        ),
        ((one,),) if has_terms(look.weight) else (),
    )


def update(look: Look) -> Code:
    """The step of the optimiser, for the weight and for the loss."""
    how = f"{rate_at(look.run, look.step)!r}, {look.page.query.get('after', 0)}"
    return Code(
        (
            *OPENING,
            "from mnistlab.analysis.optimizer_step import update, whole_step",
            SUM,
            FIGURES,
        ),
        (
            *_pass(look),
            _weight(look),
            f"how = {how}  # learning rate, equal steps before",
            "step = update(config, weight.weight, weight.total, *how)",
            "print(step.before, step.after)",
            "figures.step_figure(whole_step(passed, *how))",
        ),
    )


def stages(look: Look) -> Code:
    """The gradient at each stage, from the logits back."""
    image, stage = shown_image(look), shown_stage(look)
    return Code(
        (
            "import numpy as np",
            *OPENING,
            FIGURES,
            "from mnistlab.figures.feature_maps import stage_figure",
        ),
        (
            *_pass(look),
            f"maps = [passed.gradient(name, {image}) for name in passed.outputs]",
            "names = [each.name for each in maps]",
            f'stage_figure(maps[names.index({stage!r})], quantity="gradient")',
        ),
        (
            (
                "norms = [np.linalg.norm(each.array) for each in maps]",
                f"figures.norms_figure(names[::-1], norms[::-1], {stage!r})",
            ),
        ),
    )
