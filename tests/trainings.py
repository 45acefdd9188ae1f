"""Trainings of a moment, one for each kind of setting, and what they tell."""

import dataclasses
import json

from mnistlab.config import TrainConfig
from mnistlab.train import train

TINY = TrainConfig(
    dataset="digits",
    arch="cnn",
    channels=(2, 3),
    kernel=3,
    train_size=70,
    batch_size=16,
    epochs=3,
    eval_every=3,
    eval_size=50,
    log_every=1,
)  # 5 mini-batches an epoch, the last one smaller; 15 steps
RECURRENT_TINY = TINY.replace(arch="lstm", hidden=5)


COMBINATIONS = {
    "cnn, adam": TINY,
    "cnn, everything": TINY.replace(
        batch_norm=True,
        dropout=0.3,
        pooling="stochastic",
        optimizer="adamw",
        schedule="one-cycle",
        label_smoothing=0.1,
        weight_decay=0.01,
        augment_shift=2,
        augment_rotation=10.0,
        augment_crop=2,
        normalize="zscore",
        validation_size=30,
    ),
    "cnn, bfloat16": TINY.replace(precision="bfloat16"),
    "cnn, separable": TINY.replace(
        convolutions=2, separable=True, class_maps=True, dropout=0.2, pooling="mean", padding=0
    ),
    "lenet, momentum": TINY.replace(arch="lenet", optimizer="momentum", lr=0.01, epochs=1),
    "lenet5, nesterov": TINY.replace(
        arch="lenet5", optimizer="nesterov", lr=0.01, schedule="cosine"
    ),
    "lstm, adam": RECURRENT_TINY.replace(lr=0.01),
    "gru, dropout between layers": RECURRENT_TINY.replace(
        arch="gru", layers=2, dropout=0.5, bidirectional=True, optimizer="rmsprop"
    ),
    "rnn, adagrad": RECURRENT_TINY.replace(
        arch="rnn", optimizer="adagrad", schedule="step", augment_shift=1
    ),
    "mlp, adadelta": TINY.replace(
        arch="mlp", hidden=8, layers=2, dropout=0.2, optimizer="adadelta", lr=1.0, schedule="step"
    ),
    "stopped by steps within an epoch": TINY.replace(max_steps=8),
    "stopped by accuracy": TINY.replace(target_accuracy=0.2, lr=0.01, epochs=6),
}


def run(config, data, **options):
    return list(train(config, data, **options))


def of(kind, events):
    return [event for event in events if isinstance(event, kind)]


def told(event):
    """What an event says, times aside, comparable with ==; every bit of its tensors."""
    fields = {field.name: getattr(event, field.name) for field in dataclasses.fields(event)}
    for name in ("images_per_second", "seconds_left", "seconds"):
        fields.pop(name, None)
    for name in ("weights", "tensors"):
        if name in fields:
            fields[name] = {
                key: (tensor.dtype, tuple(tensor.shape), tensor.numpy().tobytes())
                for key, tensor in fields[name].items()
            }
    if "logits" in fields:
        fields["logits"] = fields["logits"].numpy().tobytes()
    if "state" in fields:
        fields["state"] = {
            key: value
            for key, value in json.loads(json.dumps(fields["state"])).items()
            if key != "seconds"
        }
    return type(event).__name__, fields


def all_told(events):
    return [told(event) for event in events]
