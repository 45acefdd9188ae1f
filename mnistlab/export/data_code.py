"""The data of a configuration as Python code: loading, splitting, normalising, augmenting."""

from functools import reduce

from mnistlab.choices import DATASETS, Bundled
from mnistlab.config import TrainConfig
from mnistlab.export.start import has_start
from mnistlab.i18n import _, translated


def data_code(config: TrainConfig, in_notebook: bool) -> str:
    """Python that defines `x_train`, `y_train`, `x_test`, `y_test`, `to_input`, and what else the
    training needs of the data.
    """
    dataset, folder = DATASETS[config.dataset], "data_dir" if in_notebook else "args.data_dir"
    if isinstance(dataset.source, Bundled):
        lines = [translated(dataset.source.code, dataset.source.remarks)]
    else:
        lines = [_files(dataset.source.name, dataset.train_count, dataset.test_count, folder)]
    if config.validation_size and config.target_accuracy is not None:
        lines.append(
            f"x_valid, y_valid = x_train[-{config.validation_size}:], "
            f"y_train[-{config.validation_size}:]  # {_('held out')}"
        )
    if config.train_count < dataset.train_count:
        lines.append(
            f"x_train, y_train = x_train[:{config.train_count}], y_train[:{config.train_count}]"
        )
    if has_start(config):
        file = "start_file" if in_notebook else "args.start"
        lines.append(f"start = torch.load({file}, weights_only=True)")
    if config.drawings is not None:
        lines.append(_drawings(config.train_count // 2))
    if config.device != "cpu":
        names = ["x_train", "y_train", "x_test", "y_test"]
        names += (
            ["x_valid", "y_valid"]
            if config.validation_size and config.target_accuracy is not None
            else []
        )
        lines += [
            f'device = torch.device("{config.device}")',
            f"{', '.join(names)} = (part.to(device) for part in ({', '.join(names)}))",
        ]
    return "\n".join(
        [
            *lines,
            "",
            "",
            _to_input(config),
            *(["", "", _augment(config)] if augments(config) else []),
        ]
    )


def _files(name: str, train_count: int, test_count: int, folder: str) -> str:
    def shapes(count: int) -> str:
        return f"({count}, 1, 28, 28), ({count},)"

    return f"""train_set = {name}({folder}, train=True, download=True)
test_set = {name}({folder}, train=False, download=True)
x_train, y_train = train_set.data[:, None], train_set.targets  # {shapes(train_count)}
x_test, y_test = test_set.data[:, None], test_set.targets  # {shapes(test_count)}"""


def _drawings(count: int) -> str:
    repeated = _("drawings, repeated in turn")
    return f"""again = torch.arange({count}) % len(start["images"])  # {repeated}
x_train = torch.cat([start["images"][again], x_train[{count}:]])
y_train = torch.cat([start["labels"][again], y_train[{count}:]])"""


def _to_input(config: TrainConfig) -> str:
    if config.normalize == "none":
        return f"def to_input(images):\n    return images / 255  # {_('from 0 to 1')}"
    dataset = DATASETS[config.dataset]
    return (
        f"def to_input(images):\n    return (images / 255 - {dataset.mean}) / {dataset.deviation}  "
        f"# {_('mean 0, standard deviation 1')}"
    )


def augments(config: TrainConfig) -> bool:
    """Whether the training images are shifted, turned or zoomed into."""
    return bool(config.augment_rotation or config.augment_crop or config.augment_shift)


def _augment(config: TrainConfig) -> str:
    what = {
        _("turned"): config.augment_rotation,
        _("zoomed into"): config.augment_crop,
        _("shifted"): config.augment_shift,
    }
    done = reduce(
        lambda first, second: _("{first} and {second}").format(first=first, second=second),
        (word for word, amount in what.items() if amount),
    )
    sentence = _("Each image {done} by a random amount of its own.").format(done=done)
    places = _("place in the new image -> place in the old one")
    lines = [
        "def augment(images):",
        f'    """{sentence}"""',
        "    n = len(images)",
        f"    affine = torch.eye(2, 3).repeat(n, 1, 1)  # {places}",
    ]
    if config.augment_rotation:
        lines.append(
            f"    angle = (torch.rand(n) * 2 - 1) * math.radians({config.augment_rotation})"
        )
        lines.append(
            "    affine[:, :, :2] = torch.stack([angle.cos(), -angle.sin(), angle.sin(), "
            "angle.cos()], 1).view(n, 2, 2)"
        )
    if config.augment_crop:
        lines.append(f"    affine *= 1 - torch.rand(n, 1, 1) * (2 * {config.augment_crop} / 28)")
    if config.augment_shift:
        lines.append(
            f"    affine[:, :, 2] = torch.randint(-{config.augment_shift}, "
            f"{config.augment_shift + 1}, (n, 2)) * (2 / 28)"
        )
    affine = "affine" if config.device == "cpu" else "affine.to(device)"
    lines.append(f"    grid = F.affine_grid({affine}, list(images.shape), align_corners=False)")
    lines.append(
        "    return F.grid_sample(images.float(), grid, "
        "align_corners=False).round().to(torch.uint8)"
    )
    return "\n".join(lines)
