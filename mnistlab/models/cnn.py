"""Convolutional networks: the editable two-block CNN, LeNet-like, LeNet-5, and PyTorch's own MNIST
example.
"""

from collections import OrderedDict
from itertools import count, islice

from torch import nn

from mnistlab.choices import ACTIVATIONS, POOLINGS
from mnistlab.config import TrainConfig
from mnistlab.errors import ConfigError
from mnistlab.i18n import message, messages
from mnistlab.models import layers
from mnistlab.models.stages import CLASSES, INPUT_SHAPE


def output_size(size: int, kernel: int, stride: int = 1, padding: int = 0) -> int:
    """Width of a convolution's output: floor((size + 2 * padding - kernel) / stride) + 1."""
    return (size + 2 * padding - kernel) // stride + 1


def cnn(config: TrainConfig) -> nn.Sequential:
    """Two blocks of convolutions, each with (batch norm and) activation, and of 2x2 pooling; then
    one linear layer, or a convolution to one map for each class and the mean of each map.

    Raises `ConfigError` where a kernel or a pooling window is larger than what it is given.
    """
    parts: OrderedDict[str, nn.Module] = OrderedDict()
    channels, size = INPUT_SHAPE[0], INPUT_SHAPE[1]
    numbers = count(1)  # of the convolutions
    for block, width in enumerate(config.channels, start=1):
        for number in islice(numbers, config.convolutions):
            size = _add_convolution(parts, number, channels, width, size, config)
            channels = width
            if config.batch_norm:
                _check_can_normalize(f"norm{number}", size, config)
                parts[f"norm{number}"] = nn.BatchNorm2d(channels)
            parts[f"{config.activation}{number}"] = ACTIVATIONS[config.activation]()
        if config.pooling != "none":
            _check_fits(f"pool{block}", 2, size)
            parts[f"pool{block}"] = POOLINGS[config.pooling](2)
            size //= 2
    dropout = {"dropout": nn.Dropout(config.dropout)} if config.dropout else {}
    if config.class_maps:
        parts |= dropout
        size = _add_convolution(parts, next(numbers), channels, CLASSES, size, config)
        parts |= {"mean": nn.AvgPool2d(size), "flatten": nn.Flatten()}
    else:
        parts |= {"flatten": nn.Flatten(), **dropout}
        parts["out"] = nn.Linear(channels * size * size, CLASSES)
    return nn.Sequential(parts)


def _add_convolution(
    parts: OrderedDict[str, nn.Module],
    number: int,
    channels: int,
    width: int,
    size: int,
    config: TrainConfig,
) -> int:
    """Add a convolution from maps of `size` to `width` channels; returns the size of its maps.

    A separable one is two: a kernel for each channel by itself, and 1x1 to mix the channels.
    """
    padding = (config.kernel - 1) // 2 if config.padding is None else config.padding
    window = config.kernel, config.stride, padding
    if config.separable and channels > 1:
        _check_fits(f"depthwise{number}", config.kernel, size, padding)
        depthwise = nn.Conv2d(channels, channels, *window, groups=channels, bias=False)
        parts[f"depthwise{number}"] = depthwise
        parts[f"conv{number}"] = nn.Conv2d(channels, width, 1)
    else:
        _check_fits(f"conv{number}", config.kernel, size, padding)
        parts[f"conv{number}"] = nn.Conv2d(channels, width, *window)
    return output_size(size, *window)


def _check_fits(stage: str, kernel: int, size: int, padding: int = 0) -> None:
    if kernel > size + 2 * padding:
        too_small = (
            messages(
                "{stage}: a window of {kernel}×{kernel} does not fit on its input of "
                "{size}×{size} with {n} pixel of padding on each side.",
                "{stage}: a window of {kernel}×{kernel} does not fit on its input of "
                "{size}×{size} with {n} pixels of padding on each side.",
                padding,
                stage=stage,
                kernel=kernel,
                size=size,
            )
            if padding
            else message(
                "{stage}: a window of {kernel}×{kernel} does not fit on its input of "
                "{size}×{size}.",
                stage=stage,
                kernel=kernel,
                size=size,
            )
        )
        raise ConfigError(
            too_small,
            message("Choose a smaller kernel or stride, more padding, or no pooling."),
            field="kernel",
        )


def _check_can_normalize(stage: str, size: int, config: TrainConfig) -> None:
    if config.last_batch_size * size * size == 1:
        raise ConfigError(
            message(
                "{stage}: batch normalisation needs more than one value of each channel, "
                "but its input is 1×1 and an epoch ends with a mini-batch of one image.",
                stage=stage,
            ),
            message(
                "Choose another batch size, a smaller kernel or stride, or no batch normalisation."
            ),
            field="batch_size",
        )


def lenet(config: TrainConfig) -> nn.Sequential:
    """The LeNet-like network of the PyTorch example of 2017: 431,080 parameters. It is not LeNet-5:
    see `lenet5`.
    """
    return nn.Sequential(
        OrderedDict(
            # (20, 24, 24), (20, 12, 12)
            conv1=nn.Conv2d(1, 20, 5),
            relu1=nn.ReLU(),
            pool1=nn.MaxPool2d(2),
            # (50, 8, 8), (50, 4, 4)
            conv2=nn.Conv2d(20, 50, 5),
            relu2=nn.ReLU(),
            pool2=nn.MaxPool2d(2),
            flatten=nn.Flatten(),
            linear1=nn.Linear(50 * 4 * 4, 500),
            relu3=nn.ReLU(),
            out=nn.Linear(500, CLASSES),
        )
    )


def lenet5(config: TrainConfig) -> nn.Sequential:
    """LeNet-5 (LeCun, Bottou, Bengio and Haffner, 1998, section II.B), with its learned
    sub-sampling and its connection table.

    60,000 parameters up to F6, as in the paper. Its 32x32 input is our 28x28 with 2 pixels of
    padding. In place of the paper's radial basis functions with fixed targets stands a linear layer
    (850 parameters), trained with cross-entropy.
    """
    return nn.Sequential(
        OrderedDict(
            # (6, 28, 28), (6, 14, 14)
            c1=nn.Conv2d(1, 6, 5, padding=2),
            tanh1=layers.ScaledTanh(),
            s2=layers.Subsample(6),
            tanh2=layers.ScaledTanh(),
            # (16, 10, 10), (16, 5, 5)
            c3=layers.TableConv2d(6, layers.C3_TABLE, 5),
            tanh3=layers.ScaledTanh(),
            s4=layers.Subsample(16),
            tanh4=layers.ScaledTanh(),
            c5=nn.Conv2d(16, 120, 5),
            tanh5=layers.ScaledTanh(),  # (120, 1, 1)
            flatten=nn.Flatten(),
            f6=nn.Linear(120, 84),
            tanh6=layers.ScaledTanh(),
            out=nn.Linear(84, CLASSES),
        )
    )


def pytorch_example(config: TrainConfig) -> nn.Sequential:
    """PyTorch's MNIST example as it stands today: 1,199,882 parameters, most of them in the first
    linear layer.
    """
    return nn.Sequential(
        OrderedDict(
            # (64, 12, 12)
            conv1=nn.Conv2d(1, 32, 3),
            relu1=nn.ReLU(),
            conv2=nn.Conv2d(32, 64, 3),
            relu2=nn.ReLU(),
            pool=nn.MaxPool2d(2),
            dropout1=nn.Dropout(0.25),
            flatten=nn.Flatten(),
            linear1=nn.Linear(64 * 12 * 12, 128),
            relu3=nn.ReLU(),
            dropout2=nn.Dropout(0.5),
            out=nn.Linear(128, CLASSES),
        )
    )
