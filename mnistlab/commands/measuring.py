"""The commands `evaluate` and `predict`: a run's network applied to images."""

import json
from argparse import Namespace

from mnistlab import terminal
from mnistlab.analysis.intervals import percent, wilson
from mnistlab.commands.common import need_data
from mnistlab.errors import DrawingError
from mnistlab.i18n import message
from mnistlab.run_names import run_name
from mnistlab.store import Store


def evaluate(arguments: Namespace) -> int:
    """Test the final weights of a run on all test images."""
    import torch

    from mnistlab.data import load_dataset
    from mnistlab.train import model_from, predict

    store = Store()
    run = store.find(arguments.run)
    weights = store.weights(run.id)
    need_data(run.config.dataset)
    data = load_dataset(run.config.dataset)
    logits = predict(model_from(run.config, weights), data.test_images, run.config)  # (N, 10)
    right = logits.argmax(1) == data.test_labels
    per_class = []
    for label, name in enumerate(data.classes):
        of_class = right[data.test_labels == label]
        per_class.append(
            {
                "class": name,
                "count": len(of_class),
                "correct": int(of_class.sum()),
                "accuracy": of_class.float().mean().item(),
            }
        )
    correct, count = int(right.sum()), len(right)
    result = {
        "run": run.id,
        "step": store.snapshot_steps(run.id)[-1],
        "count": count,
        "correct": correct,
        "accuracy": correct / count,
        "interval": wilson(correct, count),  # 95 %
        "test_loss": torch.nn.functional.cross_entropy(logits, data.test_labels).item(),
        "per_class": per_class,
    }
    if arguments.json:
        print(json.dumps(result))
    else:
        terminal.show_evaluation(result, run_name(run.config))
    return 0


def predict(arguments: Namespace) -> int:
    """Recognise the digit in each image, preprocessed as on the drawing page."""
    import torch

    from mnistlab.analysis.drawing import read_digit
    from mnistlab.train import model_from
    from mnistlab.train import predict as logits_of

    store = Store()
    run = store.find(arguments.run)
    model = model_from(run.config, store.weights(run.id))
    for image in arguments.images:
        try:
            digit = read_digit(image)  # uint8 (28, 28)
        except DrawingError as error:
            raise DrawingError(
                message("{image}: {what}", image=image, what=error.args[0]), error.args[1]
            ) from error
        probabilities = (
            logits_of(model, torch.from_numpy(digit.copy())[None, None], run.config)
            .softmax(1)[0]
            .tolist()
        )
        best = max(range(len(probabilities)), key=probabilities.__getitem__)
        result = {"image": image, "digit": best, "probabilities": probabilities}
        print(
            json.dumps(result)
            if arguments.json
            else f"{image}: {best} ({percent(probabilities[best])})",
            flush=True,
        )
    return 0
