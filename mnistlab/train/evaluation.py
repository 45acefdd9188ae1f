"""A network's predictions for images, and how many are right. N images."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mnistlab import models
from mnistlab.config import TrainConfig
from mnistlab.data import to_input
from mnistlab.models.stages import in_evaluation

# images; small enough for activations to stay in the CPU's cache: twice as fast as one batch of
# 2,000
BATCH = 250


@torch.inference_mode()
def predict(model: nn.Module, images: Tensor, config: TrainConfig) -> Tensor:
    """Logits (N, 10) of `images` (uint8 (N, 1, 28, 28)), in evaluation mode, in batches, without
    gradients.

    The model's mode is as before afterwards.
    """
    device = next(model.parameters()).device
    with in_evaluation(model):
        logits = [model(to_input(batch.to(device), config)) for batch in images.split(BATCH)]
    return torch.cat(logits) if logits else torch.empty(0, models.CLASSES)


def evaluate(
    model: nn.Module, images: Tensor, labels: Tensor, config: TrainConfig
) -> tuple[float, int]:
    """(mean cross-entropy in nats, number of correct predictions) of `model` on `images` (uint8)
    with `labels` (N,).
    """
    return score(predict(model, images, config), labels)


def score(logits: Tensor, labels: Tensor) -> tuple[float, int]:
    """(mean cross-entropy in nats, number of correct predictions) of `logits` (N, 10), where
    `labels` (N,) are right.
    """
    labels = labels.to(logits.device)
    return F.cross_entropy(logits, labels).item(), int((logits.argmax(1) == labels).sum())


def model_from(config: TrainConfig, weights: dict[str, Tensor]) -> nn.Sequential:
    """The network of `config` with the weights of a snapshot, in evaluation mode. Raises
    `CheckpointMismatch`.
    """
    with torch.random.fork_rng(devices=[]):
        model = models.build(config)
    models.load_weights(model, weights)
    return model.eval()
