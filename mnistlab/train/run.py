"""One training from its initial weights to its final evaluation: the pieces of a step, the events
after it, and how to resume.

N images of a mini-batch.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from mnistlab import models
from mnistlab.choices import OPTIMIZERS, SCHEDULES
from mnistlab.config import TrainConfig
from mnistlab.data import Dataset, augment, split, to_input
from mnistlab.errors import CheckpointMismatch, ConfigError
from mnistlab.events import (
    Checkpoint,
    Diverged,
    Evaluated,
    Event,
    Finished,
    Paused,
    Predicted,
    Progress,
    Snapshot,
)
from mnistlab.i18n import Text, message
from mnistlab.train.clock import Clock
from mnistlab.train.eager import leave_out_compiler
from mnistlab.train.evaluation import evaluate, predict, score
from mnistlab.train.random_state import RandomState

EPOCH_SNAPSHOTS = 40  # at most, at the ends of epochs
DIVERGED_LOSS = 10 * math.log(models.CLASSES)  # nats; ten times that of guessing
# that many recorded losses in a row above it count as divergence
DIVERGED_IN_A_ROW = 3
leave_out_compiler()


def snapshot_steps(config: TrainConfig) -> frozenset[int]:
    """The steps at which the weights are saved: 0, powers of two, the ends of at most 40 epochs,
    and the last.
    """
    total = config.total_steps
    powers = {2**k for k in range(total.bit_length()) if 2**k <= total}
    every = math.ceil(config.epochs / EPOCH_SNAPSHOTS) * config.steps_per_epoch
    return frozenset({0, total} | powers | set(range(every, total, every)))


class Run:
    """The state of one training: network, optimiser, schedule, position in the data, clock."""

    def __init__(self, config: TrainConfig, data: Dataset, random: RandomState) -> None:
        self.config, self.random, self.device = config, random, random.device
        torch.manual_seed(config.seed)
        self.model = models.fast(models.build(config)).to(self.device)
        self.model = self.model.to(memory_format=models.layout(config))
        self.optimizer = OPTIMIZERS[config.optimizer](config, self.model.parameters())
        self.schedule = SCHEDULES[config.schedule](config, self.optimizer)
        self.data = split(data, config)
        self.images, self.labels = (
            self.data.train_images.to(self.device),
            self.data.train_labels.to(self.device),
        )
        self.snapshot_steps = snapshot_steps(config)
        self.step = 0
        self.outcome = ""  # why training ended; "" while it is running
        # the random state from which this epoch's order was drawn
        self.epoch_random: list[Tensor] = []
        self.high_losses = 0  # recorded losses in a row far above that of guessing
        self.evaluated: tuple[int, Tensor] | None = None  # (step, logits) of the latest evaluation
        self.clock = Clock()

    @property
    def epoch(self) -> int:
        """The epoch of the latest update, counted from 0."""
        return max(0, self.step - 1) // self.config.steps_per_epoch

    @contextmanager
    def precision(self) -> Iterator[None]:
        """Within, matrix products and convolutions are computed in the configured precision; the
        weights stay float32.
        """
        if self.config.precision == "float32":
            yield
            return
        # on many processors oneDNN cannot compute an LSTM in bfloat16, but torch itself can
        onednn: Any = torch.backends.mkldnn
        before = onednn.enabled
        if self.device.type == "cpu" and models.has_lstm(self.config):
            onednn.enabled = False
        try:
            with torch.autocast(self.device.type, torch.bfloat16):
                yield
        finally:
            onednn.enabled = before

    def batches(self) -> Iterator[tuple[Tensor, Tensor]]:
        """Mini-batches in a new random order each epoch: images as the network receives them
        (N, 1, 28, 28), labels (N,).
        """
        size, order = self.config.batch_size, None
        while not self.outcome:
            position = self.step % self.config.steps_per_epoch
            if position == 0:
                self.epoch_random = self.random.get()
                order = torch.randperm(len(self.images))
            # resumed in the middle of an epoch: recreate its order without disturbing the current
            # random state
            elif order is None:
                order = self._order_of_epoch()
            chosen = order[position * size : (position + 1) * size].to(self.device)
            yield (
                to_input(augment(self.images[chosen], self.config), self.config),
                self.labels[chosen],
            )

    def begin_with(self, start: Mapping[str, Tensor] | None) -> None:
        """Take over the weights of the parent. Raises `ConfigError` if there are some and no
        parent, or the other way round, and `CheckpointMismatch`.
        """
        if (start is None) != (self.config.parent is None):
            raise ConfigError(
                message("The configuration begins with random weights, and some were given.")
                if self.config.parent is None
                else message(
                    "The configuration begins with the weights of {parent}, and none were given.",
                    parent=self.config.parent,
                ),
                message("Pass start=store.weights(config.parent) where it has a parent."),
                field="parent",
            )
        if start is not None:
            models.load_weights(self.model, start)

    def begin(self) -> Iterator[Event]:
        """The events of the untrained network."""
        first = slice(0, self.config.batch_size)
        loss, _ = evaluate(
            self.model, self.data.train_images[first], self.data.train_labels[first], self.config
        )
        yield from self._tell(Progress(0, 0, loss, self._lr(), {}, 0.0, 0.0))
        yield from self._evaluate(loss)
        # last, as in `report`: a run resumed from here has yielded everything before it
        yield from self._keep()

    def report(self, loss: Tensor, stop: Callable[[], bool]) -> Iterator[Event]:
        """Count the update just made, and yield the events due after it."""
        self.step += 1
        config, total = self.config, self.config.total_steps
        evaluates = self.step == config.next_evaluation(self.step)
        keeps = self.step in self.snapshot_steps
        if self.step == 1 or self.step % config.log_every == 0 or evaluates or keeps:
            yield from self._progress(loss.item())
        if not self.outcome and evaluates:
            yield from self._evaluate(loss.item())
        if not self.outcome and self.step == total:
            whole = self.step == config.epochs * config.steps_per_epoch
            self.outcome = "epochs" if whole else "steps"
        if self.outcome != "diverged" and (keeps or self.outcome):
            yield from self._keep()
        if not self.outcome and stop():
            self.outcome = "paused"
            yield from self._tell(self.checkpoint())
            yield from self._tell(Paused(self.step, self.epoch))

    def finish(self) -> Iterator[Event]:
        """Evaluate the trained network on all test images, unless training was
        paused or diverged.
        """
        if self.outcome in ("paused", "diverged"):
            return
        images, labels = self.data.test_images, self.data.test_labels
        step, logits = self.evaluated or (None, None)
        if logits is None or step != self.step or len(logits) != len(images):
            with self.clock.evaluating():
                logits = predict(self.model, images, self.config)
        loss, correct = score(logits, labels)
        if not math.isfinite(loss):
            yield from self._lost()
            return
        yield from self._tell(Predicted(self.step, self.epoch, _copy(logits)))
        yield from self._tell(
            Finished(
                self.step,
                self.epoch,
                self.outcome,
                loss,
                correct / len(images),
                correct,
                len(images),
                self.clock.seconds(),
                logits[:10].argmax(1).tolist(),
                labels[:10].tolist(),
            )
        )

    def checkpoint(self) -> Checkpoint:
        """Everything that `restore` needs, copied."""
        optimizer = self.optimizer.state_dict()
        tensors = {f"model.{name}": tensor for name, tensor in self.model.state_dict().items()}
        tensors |= {f"random.{i}": state for i, state in enumerate(self.random.get())}
        tensors |= {f"epoch_random.{i}": state for i, state in enumerate(self.epoch_random)}
        for index, state in optimizer["state"].items():
            tensors |= {
                f"optimizer.{index}.{name}": value
                for name, value in state.items()
                if value is not None
            }
        state = {
            "optimizer": optimizer["param_groups"],
            "schedule": self.schedule.state_dict(),
            "high_losses": self.high_losses,
            "seconds": self.clock.seconds(),
            "outcome": "" if self.outcome == "paused" else self.outcome,
        }
        return Checkpoint(
            self.step, self.epoch, {name: _copy(tensor) for name, tensor in tensors.items()}, state
        )

    def restore(self, resume: Checkpoint) -> None:
        """Continue from `resume`. Raises `CheckpointMismatch` if it is not a checkpoint of this
        configuration.
        """
        groups: dict[str, dict[str, Tensor]] = {}
        for name, tensor in resume.tensors.items():
            group, _, rest = name.partition(".")
            groups.setdefault(group, {})[rest] = tensor
        if not 0 <= resume.step <= self.config.total_steps or "random" not in groups:
            raise CheckpointMismatch(
                message(
                    "The checkpoint of step {step} does not belong to this configuration.",
                    step=resume.step,
                ),
                message("Start the run again from the beginning."),
            )
        models.load_weights(self.model, groups.get("model", {}))
        state: dict[int, dict[str, Tensor]] = {}
        for name, tensor in groups.get("optimizer", {}).items():
            index, _, key = name.partition(".")
            state.setdefault(int(index), {})[key] = self._laid_out(tensor)
        self.optimizer.load_state_dict({"state": state, "param_groups": resume.state["optimizer"]})
        self.schedule.load_state_dict(resume.state["schedule"])
        self.random.set([groups["random"][key] for key in sorted(groups["random"])])
        self.epoch_random = [
            groups["epoch_random"][key] for key in sorted(groups.get("epoch_random", {}))
        ]
        self.step, self.high_losses = resume.step, resume.state["high_losses"]
        self.clock, self.outcome = Clock(resume.state["seconds"]), resume.state["outcome"]

    def _laid_out(self, tensor: Tensor) -> Tensor:
        """A copy of an optimiser's tensor in the memory layout of the weights: the fused optimisers
        read both in step.
        """
        is_kernel = tensor.dim() == 4
        return tensor.clone(
            memory_format=models.layout(self.config) if is_kernel else torch.contiguous_format
        )

    def _order_of_epoch(self) -> Tensor:
        now = self.random.get()
        self.random.set(self.epoch_random)
        order = torch.randperm(len(self.images))
        self.random.set(now)
        return order

    def _progress(self, loss: float) -> Iterator[Event]:
        norms = self._gradient_norms()
        if not all(math.isfinite(value) for value in (loss, *norms.values())):
            what = message(
                "The loss at step {step:,} or its gradient is NaN or infinite: the weights have "
                "blown up.",
                step=self.step,
            )
            yield from self._diverged(loss if math.isfinite(loss) else None, what)
            return
        self.high_losses = self.high_losses + 1 if loss > DIVERGED_LOSS else 0
        if self.high_losses >= DIVERGED_IN_A_ROW:
            yield from self._diverged(
                loss,
                message(
                    "The loss is {loss:,.0f} at step {step:,}, far above the {guessing:.1f} of "
                    "pure guessing.",
                    loss=loss,
                    step=self.step,
                    guessing=math.log(models.CLASSES),
                ),
            )
            return
        speed, left = self.clock.speed(self.step, self.config)
        yield from self._tell(Progress(self.step, self.epoch, loss, self._lr(), norms, speed, left))

    def _lost(self) -> Iterator[Event]:
        yield from self._diverged(
            None,
            message(
                "After step {step:,} the loss on the test images is NaN or infinite.",
                step=self.step,
            ),
        )

    def _diverged(self, loss: float | None, what: Text) -> Iterator[Event]:
        self.outcome = "diverged"
        why = message(
            "{what} Each step overshoots. Try a learning rate ten times smaller than {lr:g}; the "
            "network is kept as it was at earlier steps.",
            what=what,
            lr=self.config.lr,
        )
        yield from self._tell(Diverged(self.step, self.epoch, loss, why))

    def _evaluate(self, train_loss: float) -> Iterator[Event]:
        config, data = self.config, self.data
        count = len(data.test_images) if config.eval_size is None else config.eval_size
        with self.clock.evaluating():
            logits = predict(self.model, data.test_images[:count], config)
            loss, correct = score(logits, data.test_labels[:count])
            validation = None
            if len(data.validation_images):
                validation = evaluate(
                    self.model, data.validation_images, data.validation_labels, config
                )[1] / len(data.validation_images)
        if not math.isfinite(loss):
            yield from self._lost()
            return
        self.evaluated = self.step, logits
        reached = correct / count if validation is None else validation
        if config.target_accuracy is not None and reached >= config.target_accuracy:
            self.outcome = "target accuracy"
        share = correct / count
        yield from self._tell(
            Evaluated(self.step, self.epoch, train_loss, loss, share, correct, count, validation)
        )

    def _keep(self) -> Iterator[Event]:
        weights = {name: _copy(tensor) for name, tensor in self.model.state_dict().items()}
        if not all(torch.isfinite(tensor).all() for tensor in weights.values()):
            yield from self._diverged(
                None,
                message("After step {step:,} some weights are NaN or infinite.", step=self.step),
            )
            return
        yield from self._tell(Snapshot(self.step, self.epoch, weights))
        yield from self._tell(self.checkpoint())

    def _tell(self, event: Event) -> Iterator[Event]:
        with self.random.lent(), self.clock.stopped():
            yield event

    def _gradient_norms(self) -> dict[str, float]:
        layers = {
            name: [p.grad for p in layer.parameters() if p.grad is not None]
            for name, layer in self.model.named_children()
        }
        return {
            name: math.sqrt(sum(float(torch.linalg.vector_norm(g)) ** 2 for g in grads))
            for name, grads in layers.items()
            if grads
        }

    def _lr(self) -> float:
        return float(self.optimizer.param_groups[0]["lr"])


def _copy(tensor: Tensor) -> Tensor:
    return tensor.detach().to("cpu", copy=True).contiguous()
