"""`PRESETS`: the trainings that the lessons speak of, by name. The command line, the form and the tests take their choices from its keys."""

from mnistlab.config import TrainConfig

_TUTORIAL_CNN = TrainConfig(arch="cnn", channels=(16, 32), kernel=5, optimizer="adam", lr=0.001, batch_size=50, epochs=1, seed=1)

PRESETS: dict[str, TrainConfig] = {
    "tutorial-cnn": _TUTORIAL_CNN,
    "tutorial-lstm": TrainConfig(arch="lstm", hidden=64, optimizer="adam", lr=0.01, batch_size=64, epochs=1, seed=1),
    "case-cnn": _TUTORIAL_CNN.replace(epochs=3, batch_size=10, eval_every=100, eval_size=300, log_every=100),
    "lenet-sgd": TrainConfig(
        arch="lenet",
        normalize="zscore",
        optimizer="momentum",
        lr=0.01,
        momentum=0.5,
        batch_size=64,
        epochs=10,
        eval_every=None,
        eval_size=None,
        seed=1,
    ),
    "pytorch-example": TrainConfig(
        arch="pytorch-example",
        normalize="zscore",
        optimizer="adadelta",
        lr=1.0,
        schedule="step",
        schedule_gamma=0.7,
        batch_size=64,
        epochs=14,
        eval_every=None,
        eval_size=None,
        seed=1,
    ),
    "speedrun": TrainConfig(
        arch="cnn",
        channels=(16, 32),
        kernel=5,
        padding=0,
        normalize="zscore",
        optimizer="adamw",
        lr=0.015,
        schedule="one-cycle",
        batch_size=256,
        label_smoothing=0.05,
        epochs=2,
        max_steps=330,
        eval_every=100,
        precision="bfloat16",
        seed=1,
    ),
    "quick-digits": TrainConfig(
        dataset="digits", arch="cnn", channels=(8, 16), kernel=5, optimizer="adam", lr=0.003, batch_size=32, epochs=5, eval_every=20
    ),
}
