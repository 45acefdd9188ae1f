"""The code twin: for each configuration, the shortest honest PyTorch script that does the same, without mnistlab.

It draws the same random numbers in the same order as `mnistlab.train`, so that on a processor, with the same number of threads, its
final weights are those of the run, bit for bit. A script is made of sections, which a notebook shows as cells.
"""

import math
from dataclasses import dataclass
from difflib import SequenceMatcher
from textwrap import indent

from mnistlab.config import DATASET_SIZES, TrainConfig
from mnistlab.executors.base import threads as configured_threads
from mnistlab.store import RunRecord, Store

BATCH = 250  # images in a batch of an evaluation, as in mnistlab.train
CLASSES = {"mnist": "MNIST", "fashion-mnist": "FashionMNIST", "kmnist": "KMNIST"}  # of torchvision

OPTIMIZERS = {  # arguments that are always there, and the class
    "sgd": ("SGD", "fused=True"), "momentum": ("SGD", "fused=True"), "nesterov": ("SGD", "fused=True"), "adam": ("Adam", "fused=True"),
    "adamw": ("AdamW", "fused=True"), "rmsprop": ("RMSprop", ""), "adagrad": ("Adagrad", ""), "adadelta": ("Adadelta", ""),
}  # fmt: skip


@dataclass(frozen=True)
class Section:
    """A part of the script: its title, a sentence on what it does, and its code."""

    title: str
    sentence: str
    code: str


def script(config: TrainConfig, threads: int | None = None) -> str:
    """The twin of `config` as a Python file. `threads` of the training; None: as many as trainings have here.

    Raises `ConfigError` where the network is impossible.
    """
    parts = [f"# -- {part.title}: {part.sentence}\n\n{_spaced(part.code)}\n" for part in sections(config)]
    return "\n\n".join([f"{_head(config)}\n{_settings(config, threads or configured_threads())}\n", *parts])


def script_of(store: Store, run: RunRecord) -> bytes:
    """The twin of `run`, with the number of threads that it was trained with."""
    return script(run.config, threads_of(run)).encode()


def threads_of(run: RunRecord) -> int | None:
    """The threads that `run` was trained with; None if it has not begun."""
    return None if run.environment is None else run.environment.get("threads")


def diff(before: str, after: str) -> list[int]:
    """The numbers of the lines of `after`, from 1 on, that are not in `before` or are other ones there."""
    changes = SequenceMatcher(None, before.splitlines(), after.splitlines(), autojunk=False).get_opcodes()
    return [line + 1 for kind, _, _, start, end in changes if kind != "equal" for line in range(start, end)]


def sections(config: TrainConfig, in_notebook: bool = False) -> list[Section]:
    """Data, model, training, evaluation, in this order. What a script asks on its command line, a notebook has as variables."""
    from mnistlab.export.network_code import network_code  # imports torch, which listing the formats does not need

    count, test_count = config.train_count, DATASET_SIZES[config.dataset][1]
    return [
        Section(
            "Data", f"{count:,} images to learn from, {test_count:,} to be tested with, as bytes from 0 (black) to 255 (white)",
            _data(config, in_notebook),
        ),
        Section("Model", "images (N, 1, 28, 28) to one number for each of the ten classes, the logits", _model(config, network_code(config))),
        Section("Training", f"{_steps_in_words(config)}, {config.batch_size} images at a time", _training(config, in_notebook)),
        Section("Evaluation", "which share of the images is recognised; without gradients, in batches", _evaluation(config)),
        Section("Run", "train, then measure on all test images", _run(in_notebook)),
    ]  # fmt: skip


def imports(config: TrainConfig, in_notebook: bool = False) -> str:
    """The import statements, sorted: those that are used and no others."""
    standard = ["argparse"] if not in_notebook else []
    standard += ["math"] if config.augment_rotation else []
    standard += ["os"] if config.dataset != "digits" else []
    foreign = ["import torch", "from torch import nn", "from torch.nn import functional as F"]
    if config.dataset == "digits":
        foreign = ["from sklearn.datasets import load_digits", "from sklearn.model_selection import train_test_split", *foreign]
        foreign = ["import torch", *(line for line in foreign if line != "import torch")]
    else:
        foreign.append(f"from torchvision.datasets import {CLASSES[config.dataset]}")
    return "\n".join([*(f"import {name}" for name in standard), *([""] if standard else []), *foreign])


def _spaced(code: str) -> str:
    return f"\n{code}" if code.startswith(("class", "def", "@")) else code


def _head(config: TrainConfig) -> str:
    import torch

    return f'''"""A network learns to read pictures: a training of mnistlab in plain PyTorch.

    python twin.py --data-dir data    the folder that has the images, or gets them; MNISTLAB_DATA can name it too
    python twin.py --log tutorial     prints lines while it learns

On a processor, with PyTorch {torch.__version__.partition("+")[0]} and the number of threads below, its weights are those of mnistlab, bit for bit.
"""

{imports(config)}
'''


def _settings(config: TrainConfig, threads: int) -> str:
    if config.dataset == "digits":
        where = 'help="not needed: these images come with scikit-learn"'
    else:
        where = 'default=os.environ.get("MNISTLAB_DATA", "data")'
    return f"""parser = argparse.ArgumentParser()
parser.add_argument("--data-dir", {where})
parser.add_argument("--log", choices=["none", "tutorial"], default="none")
parser.add_argument("--weights", help="a file to save the trained weights in")
args = parser.parse_args()

{threads_line(threads)}"""


def threads_line(threads: int) -> str:
    """The line that sets the number of threads."""
    return f"torch.set_num_threads({threads})  # another number gives other last bits"


# -- data ------------------------------------------------------------------------------------------------------------------------


def _data(config: TrainConfig, in_notebook: bool) -> str:
    lines = [_digits() if config.dataset == "digits" else _files(config, "data_dir" if in_notebook else "args.data_dir")]
    if config.validation_size and config.target_accuracy is not None:
        lines.append(f"x_valid, y_valid = x_train[-{config.validation_size}:], y_train[-{config.validation_size}:]  # held out")
    if config.train_count < DATASET_SIZES[config.dataset][0]:
        lines.append(f"x_train, y_train = x_train[:{config.train_count}], y_train[:{config.train_count}]")
    if config.device != "cpu":
        names = ["x_train", "y_train", "x_test", "y_test"]
        names += ["x_valid", "y_valid"] if config.validation_size and config.target_accuracy is not None else []
        lines += [f'device = torch.device("{config.device}")', f"{', '.join(names)} = (part.to(device) for part in ({', '.join(names)}))"]
    return "\n".join([*lines, "", "", _to_input(config), *(["", "", _augment(config)] if _augments(config) else [])])


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


def _augments(config: TrainConfig) -> bool:
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


# -- model, training, evaluation ---------------------------------------------------------------------------------------------------


def _model(config: TrainConfig, network: str) -> str:
    head, _, model = network.rpartition("model = ")
    places = [f'"{config.device}"'] if config.device != "cpu" else []
    if config.arch in ("cnn", "lenet", "lenet5", "pytorch-example") and not config.batch_norm:
        places.append("memory_format=torch.channels_last")
    moved = (
        [f"model = model.to({', '.join(places)})" + ("  # the faster layout" if "channels_last" in places[-1] else "")] if places else []
    )
    seed = f"torch.manual_seed({config.seed})"
    return "\n".join([*([f"{head.strip()}\n\n"] if head else []), seed, f"model = {model}", *moved])


def _training(config: TrainConfig, in_notebook: bool) -> str:
    lines = [f"optimizer = {_optimizer(config)}"]
    if config.schedule != "none":
        lines.append(f"schedule = {_schedule(config)}")
    return "\n".join([*lines, "", "", _log(config), "", "", "def train():", indent(_loop(config, in_notebook), "    ")])


def _optimizer(config: TrainConfig) -> str:
    name, always = OPTIMIZERS[config.optimizer]
    how = [f"lr={config.lr}"]
    if config.optimizer in ("momentum", "nesterov") and config.momentum:
        how.append(f"momentum={config.momentum}")
        how += ["nesterov=True"] if config.optimizer == "nesterov" else []
    if config.weight_decay or config.optimizer == "adamw":  # AdamW's own default is not 0
        how.append(f"weight_decay={config.weight_decay}")
    return f"torch.optim.{name}(model.parameters(), {', '.join([*how, always] if always else how)})"


def _schedule(config: TrainConfig) -> str:
    called = {
        "step": f"StepLR(optimizer, 1, gamma={config.schedule_gamma})",
        "cosine": f"CosineAnnealingLR(optimizer, {config.total_steps})",
        "one-cycle": f"OneCycleLR(optimizer, {config.lr}, total_steps={config.total_steps}, cycle_momentum=False)",
    }
    return f"torch.optim.lr_scheduler.{called[config.schedule]}"


def _log(config: TrainConfig) -> str:
    return f'''def log(step, loss):
    """Prints the loss of the latest mini-batch, and the accuracy on {_eval_words(config)}."""
    share = accuracy({_eval_images(config)})
    print(f"Epoch:  {{step // {config.steps_per_epoch}}} | train loss: {{loss:.4f}} | test accuracy: {{share:.2f}}")'''


def _loop(config: TrainConfig, in_notebook: bool) -> str:
    epochs, total, per_epoch = _epochs(config), config.total_steps, config.steps_per_epoch
    cut = f"[:{total}]" if epochs == 1 and total < per_epoch else ""
    order = "torch.randperm(len(x_train))" + ("" if config.device == "cpu" else ".to(device)")
    body = [*_before_step(config, in_notebook), *_step(config), "step += 1"]
    if total < epochs * per_epoch and not cut:
        body += [f"if step == {total}:", "    return"]
    return "\n".join([
        f"step, loss = 0, F.cross_entropy(predict(x_train[:{config.batch_size}]), y_train[:{config.batch_size}])  # before any step",
        f"for epoch in range({epochs}):",
        f"    for batch in {order}.split({config.batch_size}){cut}:  # in a new random order",
        *(f"        {line}" for line in body),
        *(["    schedule.step()"] if config.schedule == "step" else []),
    ])  # fmt: skip


def _before_step(config: TrainConfig, in_notebook: bool) -> list[str]:
    """What is told, or decided, of the steps so far."""
    when = _evaluated(config)
    asked = "" if in_notebook else 'args.log == "tutorial" and '
    inner = f"({when})" if " or " in when else when
    lines = [f"if {asked}{inner if asked else when}:", "    log(step, loss)"]
    if config.target_accuracy is not None:
        images = "x_valid, y_valid" if config.validation_size else _eval_images(config)
        lines += [f"if {inner} and accuracy({images}) >= {config.target_accuracy}:", "    return"]
    return lines


def _step(config: TrainConfig) -> list[str]:
    x = "to_input(augment(x_train[batch]))" if _augments(config) else "to_input(x_train[batch])"
    smoothing = f", label_smoothing={config.label_smoothing}" if config.label_smoothing else ""
    if config.precision == "bfloat16":  # the images themselves are made in full precision
        kind = "device.type" if config.device != "cpu" else '"cpu"'
        loss = f"loss = F.cross_entropy(model(x), y_train[batch]{smoothing})"
        forward = [f"x = {x}", f"with torch.autocast({kind}, torch.bfloat16):", f"    {loss}"]
    else:
        forward = [f"loss = F.cross_entropy(model({x}), y_train[batch]{smoothing})"]
    after = ["schedule.step()"] if config.schedule in ("cosine", "one-cycle") else []
    return [*forward, "optimizer.zero_grad()", "loss.backward()", "optimizer.step()", *after]


def _evaluation(config: TrainConfig) -> str:
    from mnistlab.export.network_code import uses_modes

    logits = f"torch.cat([model(to_input(batch)) for batch in images.split({BATCH})])"
    if uses_modes(config):
        body = f"    model.eval()\n    logits = {logits}\n    model.train()\n    return logits  # (N, 10)"
    else:
        body = f"    return {logits}  # (N, 10)"
    return f"""@torch.inference_mode()
def predict(images):
{body}


def accuracy(images, labels):
    return (predict(images).argmax(1) == labels).sum().item() / len(labels)"""


def _run(in_notebook: bool) -> str:
    save = "" if in_notebook else "\nif args.weights:\n    torch.save(model.state_dict(), args.weights)"
    return f'train()\nprint(f"Test accuracy: {{accuracy(x_test, y_test)}}"){save}'


# -- when ------------------------------------------------------------------------------------------------------------------------


def _epochs(config: TrainConfig) -> int:
    """How many epochs are begun."""
    return math.ceil(config.total_steps / config.steps_per_epoch)


def _steps_in_words(config: TrainConfig) -> str:
    epochs = _epochs(config)
    passes = "one pass" if epochs == 1 else f"{epochs} passes"
    cut = config.total_steps < epochs * config.steps_per_epoch
    return (f"{config.total_steps:,} steps" if cut else f"{passes} over the images") + (
        f", or until {config.target_accuracy:g} of the images are recognised" if config.target_accuracy is not None else ""
    )


def _evaluated(config: TrainConfig) -> str:
    """The condition under which the network is evaluated after `step` steps."""
    per_epoch, every = config.steps_per_epoch, config.eval_every
    if every is None:
        return f"step % {per_epoch} == 0"
    if per_epoch % every == 0 or per_epoch >= config.total_steps:
        return f"step % {every} == 0"
    return f"step % {every} == 0 or step % {per_epoch} == 0"


def _eval_images(config: TrainConfig) -> str:
    return "x_test, y_test" if config.eval_size is None else f"x_test[:{config.eval_size}], y_test[:{config.eval_size}]"


def _eval_words(config: TrainConfig) -> str:
    return "all test images" if config.eval_size is None else f"the first {config.eval_size:,} test images"
