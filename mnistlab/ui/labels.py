"""What settings and their choices are called on the pages. A field's longer explanation is its help in `mnistlab.config`."""

from typing import Any

from mnistlab.config import format_value, option
from mnistlab.names import ARCH_NAMES, DATASET_NAMES, OPTIMIZER_NAMES
from mnistlab.ui.i18n import N_, _

GROUPS = {"data": N_("The data"), "model": N_("The network"), "training": N_("The training")}

FIELDS = {
    "dataset": N_("Data set"),
    "train_size": N_("Training images"),
    "validation_size": N_("Images held out for validation"),
    "normalize": N_("Pixel values"),
    "augment_shift": N_("Shift by up to (pixels)"),
    "augment_rotation": N_("Turn by up to (degrees)"),
    "augment_crop": N_("Crop by up to (pixels)"),
    "arch": N_("Network"),
    "channels": N_("Channels"),
    "kernel": N_("Kernel size"),
    "stride": N_("Stride"),
    "padding": N_("Padding"),
    "pooling": N_("Pooling"),
    "activation": N_("Activation"),
    "batch_norm": N_("Batch normalisation"),
    "dropout": N_("Dropout"),
    "hidden": N_("Hidden units"),
    "layers": N_("Layers"),
    "bidirectional": N_("Read in both directions"),
    "optimizer": N_("Optimiser"),
    "lr": N_("Learning rate"),
    "momentum": N_("Momentum"),
    "weight_decay": N_("Weight decay"),
    "label_smoothing": N_("Label smoothing"),
    "schedule": N_("Learning rate schedule"),
    "schedule_gamma": N_("Factor after each epoch"),
    "batch_size": N_("Batch size"),
    "epochs": N_("Epochs"),
    "max_steps": N_("Stop after steps"),
    "target_accuracy": N_("Stop at accuracy"),
    "eval_every": N_("Evaluate each (steps)"),
    "eval_size": N_("Evaluate on (test images)"),
    "log_every": N_("Record the loss each (steps)"),
    "precision": N_("Precision"),
    "seed": N_("Seed"),
    "device": N_("Device"),
}

CHOICES = {
    "arch": {
        "cnn": N_("CNN: two convolutions, yours to edit"),
        "lenet": N_("LeNet-like, of the 2017 PyTorch example"),
        "lenet5": N_("LeNet-5, as published in 1998"),
        "pytorch-example": N_("PyTorch's MNIST example of today"),
        "lstm": N_("LSTM: reads the image row by row"),
        "gru": N_("GRU: a simpler LSTM"),
        "rnn": N_("RNN: plain, without gates"),
        "mlp": N_("MLP: does not know what a neighbour is"),
    },
    "normalize": {"none": N_("from 0 to 1"), "zscore": N_("z-scores")},
    "optimizer": {
        "sgd": N_("SGD"),
        "momentum": N_("SGD with momentum"),
        "nesterov": N_("SGD with Nesterov momentum"),
        "adam": N_("Adam"),
        "adamw": N_("AdamW"),
        "rmsprop": N_("RMSprop"),
        "adagrad": N_("Adagrad"),
        "adadelta": N_("Adadelta"),
    },
    "schedule": {
        "none": N_("constant"),
        "step": N_("falls after each epoch"),
        "cosine": N_("falls as a cosine"),
        "one-cycle": N_("one cycle: up, then down"),
    },
    "pooling": {"max": N_("maximum"), "mean": N_("mean"), "stochastic": N_("stochastic"), "none": N_("none")},
    "activation": {"relu": "ReLU", "leaky-relu": N_("leaky ReLU"), "gelu": "GELU", "tanh": "tanh", "sigmoid": N_("sigmoid")},
    "precision": {"float32": N_("float32: exact"), "bfloat16": N_("bfloat16: faster, coarser")},
    "dataset": DATASET_NAMES | {"digits": N_("Digits (small, always here)")},
}

NONE = {"all": N_("all"), "same": N_("same size"), "never": N_("never"), "epoch": N_("each epoch")}

STATUS = {
    "queued": N_("waiting"),
    "running": N_("running"),
    "paused": N_("paused"),
    "finished": N_("finished"),
    "stopped": N_("stopped"),
    "failed": N_("failed"),
    "interrupted": N_("interrupted"),
}

PRESETS = {
    "tutorial-cnn": N_("The CNN tutorial"),
    "tutorial-lstm": N_("The LSTM tutorial"),
    "case-cnn": N_("The CNN case study"),
    "lenet-sgd": N_("The LeNet example of 2017"),
    "pytorch-example": N_("PyTorch's example of today"),
    "speedrun": N_("Speedrun: 99 % in seconds"),
    "quick-digits": N_("Quick: the small digits"),
}


def field_label(name: str) -> str:
    """The label of the field `name` of `TrainConfig`."""
    return _(FIELDS[name])


def choice_label(name: str, value: Any) -> str:
    """What the value `value` of the field `name` is called."""
    if value is None:
        return _(NONE[option(name).none])
    return _(CHOICES[name][value]) if name in CHOICES else format_value(name, value)


def short_label(name: str, value: Any) -> str:
    """As `choice_label`, but as short as a table cell."""
    short = {"arch": ARCH_NAMES, "optimizer": OPTIMIZER_NAMES, "dataset": DATASET_NAMES}.get(name, {})
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return short[value] if value in short else choice_label(name, value)
