"""The views of the page `feature_maps` as code."""

from base64 import b64encode

from mnistlab.analysis.adversarial import METHODS, NORMS
from mnistlab.analysis.attribution import METHODS as WAYS
from mnistlab.export.view_notebook import Code
from mnistlab.ui.feature_maps.cell import strongest
from mnistlab.ui.feature_maps.look import Look, chosen_stage, chosen_target
from mnistlab.ui.feature_maps.visualisation import WITHOUT
from mnistlab.ui.kit.compute import cached

TARGET = "from mnistlab.analysis.inspection import Target"
MAPS = "maps = feature_maps(model, image, config)"
TRACE = "trace = trace_of(model, image, config)"


def _code(look: Look, imports: tuple[str, ...], *lines: str) -> Code:
    """With the picture that is looked at as `image`, uint8 (1, 28, 28)."""
    if look.picture.index is not None:
        return Code(imports, (f"image = data.test_images[{look.picture.index}]", *lines))
    packed = b64encode(look.picture.pixels).decode()
    image = (
        f'pixels = bytearray(base64.b64decode("{packed}"))',
        "image = torch.frombuffer(pixels, dtype=torch.uint8).reshape(1, 28, 28)",
    )
    return Code(("import base64", "import torch", *imports), (*image, *lines))


def _stage(imports: str, figures: str = "feature_maps") -> tuple[str, ...]:
    return (imports, f"from mnistlab.figures import {figures} as figures")


def maps(look: Look) -> Code:
    """The maps of a stage."""
    color_range = look.page.query.get("range", "stage")
    return _code(
        look,
        _stage("from mnistlab.analysis.feature_maps import feature_maps"),
        MAPS,
        f"figures.stage_figure(maps[{chosen_stage(look)!r}], {color_range!r}, maps.range)",
    )


def gradients(look: Look) -> Code:
    """The gradients of a logit with respect to a stage."""
    stage, color_range = chosen_stage(look, ("softmax",)), look.page.query.get("range", "stage")
    return _code(
        look,
        (TARGET, *_stage("from mnistlab.analysis.feature_maps import gradient_maps")),
        f"maps = gradient_maps(model, image, config, {chosen_target(look)!r})",
        f"stage = maps[{stage!r}]",
        f'figures.stage_figure(stage, {color_range!r}, maps.range, quantity="gradient")',
    )


def kernels(look: Look) -> Code:
    """The kernels of a convolution."""
    names = [stage.name for stage in look.maps.stages if stage.kind == "conv"]
    wanted = look.page.query.get("stage")
    name = wanted if wanted in names else names[0]
    return Code(
        _stage("from mnistlab.analysis.feature_maps import kernels", "kernels"),
        (
            f"weights = kernels(model)[{name!r}]  # (maps, channels, height, width)",
            f"channel = {look.page.query.get('map', 0)} if weights.shape[1] > 1 else None",
            f"figures.kernel_figure(weights, {name!r}, channel)",
        ),
    )


def weights(look: Look) -> Code:
    """The weights of the first layer as pictures."""
    stage = next(stage.name for stage in look.maps.stages if stage.kind == "linear")
    return Code(
        _stage("from mnistlab.analysis.feature_maps import weight_images", "kernels"),
        (f"figures.weight_image_figure(weight_images(model), {stage!r})",),
    )


def excites(look: Look) -> Code:
    """The test images that activate a map or unit most."""
    stage = look.maps[chosen_stage(look, ("input", "softmax"))]
    channel, cropped = look.page.query.get("map", strongest(stage)[0]), stage.array.ndim == 3
    cropped = cropped and look.page.query.get("crop", 1) == 1
    what = "map" if stage.array.ndim == 3 else "unit"
    return Code(
        _stage("from mnistlab.analysis.top_activations import top_activations", "receptive_fields"),
        (
            f"top = top_activations(model, data.test_images, config, {stage.name!r}, {channel})",
            "images = data.test_images[:, 0].numpy()",
            f"figures.top_activations_figure(top, images, {cropped}, {what!r})",
        ),
    )


def ideal(look: Look) -> Code:
    """A picture made to excite a map, unit or class."""
    without = tuple(stage.name for stage in look.maps.stages if stage.kind in WITHOUT)
    stage = look.maps[chosen_stage(look, without)]
    unit = look.page.query.get("map", strongest(stage)[0])
    what = "map" if stage.array.ndim == 3 else "unit"
    return Code(
        (
            "from mnistlab.analysis.feature_visualisation import visualise",
            "from mnistlab.figures.made_pictures import visualisation_figure",
        ),
        (
            f"made = visualise(model, config, {stage.name!r}, range({unit}, {unit + 1}))",
            f'visualisation_figure(made, "{what}", 1)',
        ),
    )


def why(look: Look) -> Code:
    """Which pixels count."""
    model = cached.model(look.run, look.step)
    method = look.page.query.get("method", next(k for k, m in WAYS.items() if m.applies(model)))
    return _code(
        look,
        (
            TARGET,
            "from mnistlab.analysis.attribution import attribute",
            "from mnistlab.analysis.feature_maps import feature_maps",
            "from mnistlab.figures.attribution import attribution_figure",
        ),
        f"result = attribute(model, image, config, {chosen_target(look, True)!r}, {method!r})",
        'pixels = feature_maps(model, image, config)["input"].array[0]',
        "attribution_figure(pixels, result, data.classes)",
    )


def fool(look: Look) -> Code:
    """The smallest change that changes the answer."""
    query = look.page.query
    how = [query.get("attack", next(iter(METHODS))), query.get("norm", next(iter(NORMS)))]
    return _code(
        look,
        (
            "from mnistlab.analysis.adversarial import smallest_change",
            "from mnistlab.figures.made_pictures import adversarial_figure",
        ),
        f"change = smallest_change(model, image, config, {how[0]!r}, {how[1]!r}, "
        f"{query.get('towards')})",
        'adversarial_figure(change, data.classes) if change else "No change was found."',
    )


def rows(look: Look) -> Code:
    """The prediction after each row."""
    return _code(
        look,
        (
            "from mnistlab.analysis.recurrent import trace as trace_of",
            "from mnistlab.figures.recurrent import beliefs_figure",
        ),
        TRACE,
        "beliefs_figure(trace, data.classes)",
    )


def gates(look: Look) -> Code:
    """Gates, cell state and hidden state."""
    layer = look.page.query.get("layer", "1")
    number, direction = layer.rstrip("b"), "backward" if layer.endswith("b") else "forward"
    return _code(
        look,
        (
            "from mnistlab.analysis.recurrent import trace as trace_of",
            "from mnistlab.figures.recurrent import gates_figure",
        ),
        TRACE,
        f"gates_figure(trace, {int(number) - 1}, {direction!r})",
    )


def hide(look: Look) -> Code:
    """How the prediction changes when one row is hidden."""
    digit = look.page.query.get("class", look.answer)
    return _code(
        look,
        (
            "from mnistlab.analysis.recurrent import row_importance",
            "from mnistlab.figures.recurrent import row_importance_figure",
        ),
        "importance = row_importance(model, image, config)",
        f"row_importance_figure(importance, {digit}, data.classes[{digit}])",
    )
