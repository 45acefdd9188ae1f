"""The data of a configuration as Python code: loading, splitting, normalising, augmenting."""

from mnistlab.config import DATASET_SIZES, TrainConfig

CLASSES = {"mnist": "MNIST", "fashion-mnist": "FashionMNIST", "kmnist": "KMNIST"}  # of torchvision


def data_code(config: TrainConfig, in_notebook: bool) -> str:
    """Python that defines `x_train`, `y_train`, `x_test`, `y_test`, `to_input`, and what else the training needs of the data."""
    lines = [_digits() if config.dataset == "digits" else _files(config, "data_dir" if in_notebook else "args.data_dir")]
    if config.validation_size and config.target_accuracy is not None:
        lines.append(f"x_valid, y_valid = x_train[-{config.validation_size}:], y_train[-{config.validation_size}:]  # held out")
    if config.train_count < DATASET_SIZES[config.dataset][0]:
        lines.append(f"x_train, y_train = x_train[:{config.train_count}], y_train[:{config.train_count}]")
    if config.device != "cpu":
        names = ["x_train", "y_train", "x_test", "y_test"]
        names += ["x_valid", "y_valid"] if config.validation_size and config.target_accuracy is not None else []
        lines += [f'device = torch.device("{config.device}")', f"{', '.join(names)} = (part.to(device) for part in ({', '.join(names)}))"]
    return "\n".join([*lines, "", "", _to_input(config), *(["", "", _augment(config)] if augments(config) else [])])


def _files(config: TrainConfig, where: str) -> str:
    name = CLASSES[config.dataset]
    return f"""train_set = {name}({where}, train=True, download=True)
test_set = {name}({where}, train=False, download=True)
x_train, y_train = train_set.data[:, None], train_set.targets  # (60000, 1, 28, 28), (60000,)
x_test, y_test = test_set.data[:, None], test_set.targets  # (10000, 1, 28, 28), (10000,)"""


def _digits() -> str:
    return """known = load_digits()  # 1,797 images of 8x8, which come with scikit-learn
small = torch.from_numpy(known.images).float()[:, None] / known.images.max()  # (1797, 1, 8, 8)
large = F.interpolate(small, size=(20, 20), mode="bicubic", antialias=True).clamp(0, 1)
images = F.pad(large * 255, (4, 4, 4, 4)).round().to(torch.uint8)  # (1797, 1, 28, 28)
labels = torch.from_numpy(known.target).long()
training, test = train_test_split(range(1797), test_size=500, stratify=labels, random_state=0)
x_train, y_train, x_test, y_test = images[training], labels[training], images[test], labels[test]"""


def _to_input(config: TrainConfig) -> str:
    if config.normalize == "none":
        return "def to_input(images):\n    return images / 255  # from 0 to 1"
    from mnistlab.data import PIXEL_STATS

    mean, deviation = PIXEL_STATS[config.dataset]
    return f"def to_input(images):\n    return (images / 255 - {mean}) / {deviation}  # mean 0, standard deviation 1"


def augments(config: TrainConfig) -> bool:
    """Whether the training images are shifted, turned or zoomed into."""
    return bool(config.augment_rotation or config.augment_crop or config.augment_shift)


def _augment(config: TrainConfig) -> str:
    what = {"turned": config.augment_rotation, "zoomed into": config.augment_crop, "shifted": config.augment_shift}
    lines = [
        "def augment(images):",
        f'    """Each image {" and ".join(word for word, amount in what.items() if amount)} by a random amount of its own."""',
        "    n = len(images)",
        "    affine = torch.eye(2, 3).repeat(n, 1, 1)  # place in the new image -> place in the old one",
    ]
    if config.augment_rotation:
        lines.append(f"    angle = (torch.rand(n) * 2 - 1) * math.radians({config.augment_rotation})")
        lines.append("    affine[:, :, :2] = torch.stack([angle.cos(), -angle.sin(), angle.sin(), angle.cos()], 1).view(n, 2, 2)")
    if config.augment_crop:
        lines.append(f"    affine *= 1 - torch.rand(n, 1, 1) * (2 * {config.augment_crop} / 28)")
    if config.augment_shift:
        lines.append(f"    affine[:, :, 2] = torch.randint(-{config.augment_shift}, {config.augment_shift + 1}, (n, 2)) * (2 / 28)")
    affine = "affine" if config.device == "cpu" else "affine.to(device)"
    lines.append(f"    grid = F.affine_grid({affine}, list(images.shape), align_corners=False)")
    lines.append("    return F.grid_sample(images.float(), grid, align_corners=False).round().to(torch.uint8)")
    return "\n".join(lines)
