"""One training from its first weights to its last measurement: what a step is made of, what is told after it, and how to go on later.

N images of a mini-batch.
"""

import math
from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from mnistlab import models
from mnistlab.config import TrainConfig
from mnistlab.data import Dataset, augment, split, to_input
from mnistlab.errors import CheckpointMismatch
from mnistlab.events import Checkpoint, Diverged, Evaluated, Event, Finished, Paused, Progress, Snapshot
from mnistlab.train.clock import Clock
from mnistlab.train.evaluation import evaluate, predict
from mnistlab.train.optimizers import OPTIMIZERS, SCHEDULES
from mnistlab.train.random_state import RandomState

EPOCH_SNAPSHOTS = 40  # at most so many at epochs' ends
DIVERGED_LOSS = 10 * math.log(models.CLASSES)  # nats; ten times that of guessing
DIVERGED_IN_A_ROW = 3  # so many recorded losses above that, one after the other, are called divergence


def snapshot_steps(config: TrainConfig) -> frozenset[int]:
    """The steps at which the weights are kept: 0, powers of two, the ends of (at most 40) epochs, and the last."""
    total = config.total_steps
    powers = {2**k for k in range(total.bit_length()) if 2**k <= total}
    every = math.ceil(config.epochs / EPOCH_SNAPSHOTS) * config.steps_per_epoch
    return frozenset({0, total} | powers | set(range(every, total, every)))


class Run:
    """The state of one training: network, optimiser, schedule, position in the data, clock."""

    def __init__(self, config: TrainConfig, data: Dataset, random: RandomState) -> None:
        self.config, self.random, self.device = config, random, random.device
        torch.manual_seed(config.seed)
        layout = torch.contiguous_format if config.batch_norm else torch.channels_last  # the faster one on a processor
        self.model = models.fast(models.build(config)).to(self.device).to(memory_format=layout)
        self.optimizer = OPTIMIZERS[config.optimizer](config, self.model.parameters())
        self.schedule = SCHEDULES[config.schedule](config, self.optimizer)
        self.data = split(data, config)
        self.images, self.labels = self.data.train_images.to(self.device), self.data.train_labels.to(self.device)
        self.snapshot_steps = snapshot_steps(config)
        self.step = 0
        self.outcome = ""  # why training ended; "" while it goes on
        self.epoch_random: list[Tensor] = []  # the random state from which this epoch's order was drawn
        self.high_losses = 0  # how many recorded losses in a row were far above that of guessing
        self.last_evaluation: Evaluated | None = None
        self.clock = Clock()

    @property
    def epoch(self) -> int:
        """The epoch of the latest update, counted from 0."""
        return max(0, self.step - 1) // self.config.steps_per_epoch

    def precision(self) -> torch.autocast:
        """Within, matrix products and convolutions are computed in the configured precision; the weights stay float32."""
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.config.precision == "bfloat16")

    def batches(self) -> Iterator[tuple[Tensor, Tensor]]:
        """Mini-batches in a new random order each epoch: images as the network takes them (N, 1, 28, 28), labels (N,)."""
        size, order = self.config.batch_size, None
        while not self.outcome:
            position = self.step % self.config.steps_per_epoch
            if position == 0:
                self.epoch_random = self.random.get()
                order = torch.randperm(len(self.images))
            elif order is None:  # resumed in the middle of an epoch: its order again, without disturbing the present random state
                order = self._order_of_epoch()
            chosen = order[position * size : (position + 1) * size].to(self.device)
            yield to_input(augment(self.images[chosen], self.config), self.config), self.labels[chosen]

    def begin(self) -> Iterator[Event]:
        """What is known of the untrained network."""
        first = slice(0, self.config.batch_size)
        loss, _ = evaluate(self.model, self.data.train_images[first], self.data.train_labels[first], self.config)
        yield from self._tell(Progress(0, 0, loss, self._lr(), {}, 0.0, 0.0))
        yield from self._evaluate(loss)
        yield from self._keep()  # last, as in `report`: whoever resumes from here has heard all the rest

    def report(self, loss: Tensor, stop: Callable[[], bool]) -> Iterator[Event]:
        """Count the update just made, and tell what is due after it."""
        self.step += 1
        config, total = self.config, self.config.total_steps
        epoch_ends = self.step % config.steps_per_epoch == 0
        evaluates = epoch_ends or self.step == total or (config.eval_every is not None and self.step % config.eval_every == 0)
        keeps = self.step in self.snapshot_steps
        if self.step == 1 or self.step % config.log_every == 0 or evaluates or keeps:
            yield from self._progress(loss.item())
        if not self.outcome and evaluates:
            yield from self._evaluate(loss.item())
        if not self.outcome and self.step == total:
            self.outcome = "epochs" if epoch_ends and self.step == config.epochs * config.steps_per_epoch else "steps"
        if self.outcome != "diverged" and (keeps or self.outcome):
            yield from self._keep()
        if not self.outcome and stop():
            self.outcome = "paused"
            yield from self._tell(self.checkpoint())
            yield from self._tell(Paused(self.step, self.epoch))

    def finish(self) -> Iterator[Event]:
        """Measure the trained network on all test images, unless training was paused or diverged."""
        if self.outcome in ("paused", "diverged"):
            return
        images, labels, last = self.data.test_images, self.data.test_labels, self.last_evaluation
        if last is not None and last.step == self.step and last.count == len(images):
            loss, correct = last.test_loss, last.correct
        else:
            with self.clock.evaluating():
                loss, correct = evaluate(self.model, images, labels, self.config)
        if not math.isfinite(loss):
            yield from self._lost()
            return
        guesses = predict(self.model, images[:10], self.config).argmax(1).tolist()
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
                guesses,
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
            tensors |= {f"optimizer.{index}.{name}": value for name, value in state.items() if value is not None}
        state = {
            "optimizer": optimizer["param_groups"],
            "schedule": self.schedule.state_dict(),
            "high_losses": self.high_losses,
            "seconds": self.clock.seconds(),
            "outcome": "" if self.outcome == "paused" else self.outcome,
        }
        return Checkpoint(self.step, self.epoch, {name: _copy(tensor) for name, tensor in tensors.items()}, state)

    def restore(self, resume: Checkpoint) -> None:
        """Go on from `resume`. Raises `CheckpointMismatch` if it is not a checkpoint of this configuration."""
        groups: dict[str, dict[str, Tensor]] = {}
        for name, tensor in resume.tensors.items():
            group, _, rest = name.partition(".")
            groups.setdefault(group, {})[rest] = tensor
        if not 0 <= resume.step <= self.config.total_steps or "random" not in groups:
            raise CheckpointMismatch(f"The checkpoint of step {resume.step} is not of this configuration.", "Start the run anew.")
        models.load_weights(self.model, groups.get("model", {}))
        state: dict[int, dict[str, Tensor]] = {}
        for name, tensor in groups.get("optimizer", {}).items():
            index, _, key = name.partition(".")
            state.setdefault(int(index), {})[key] = self._laid_out(tensor)
        self.optimizer.load_state_dict({"state": state, "param_groups": resume.state["optimizer"]})
        self.schedule.load_state_dict(resume.state["schedule"])
        self.random.set([groups["random"][key] for key in sorted(groups["random"])])
        self.epoch_random = [groups["epoch_random"][key] for key in sorted(groups.get("epoch_random", {}))]
        self.step, self.high_losses = resume.step, resume.state["high_losses"]
        self.clock, self.outcome = Clock(resume.state["seconds"]), resume.state["outcome"]

    def _laid_out(self, tensor: Tensor) -> Tensor:
        """A copy of an optimiser's tensor in the memory layout of the weights: the fused optimisers read both in step."""
        channels_last = tensor.dim() == 4 and not self.config.batch_norm
        return tensor.clone(memory_format=torch.channels_last if channels_last else torch.contiguous_format)

    def _order_of_epoch(self) -> Tensor:
        now = self.random.get()
        self.random.set(self.epoch_random)
        order = torch.randperm(len(self.images))
        self.random.set(now)
        return order

    def _progress(self, loss: float) -> Iterator[Event]:
        norms = self._gradient_norms()
        if not all(math.isfinite(value) for value in (loss, *norms.values())):
            what = f"The loss of step {self.step:,} or its gradient is not a finite number: the weights have grown beyond all bounds."
            yield from self._diverged(loss if math.isfinite(loss) else None, what)
            return
        self.high_losses = self.high_losses + 1 if loss > DIVERGED_LOSS else 0
        if self.high_losses >= DIVERGED_IN_A_ROW:
            yield from self._diverged(
                loss, f"The loss is {loss:,.0f} at step {self.step:,}, far above the {math.log(models.CLASSES):.1f} of pure guessing."
            )
            return
        speed, left = self.clock.speed(self.step, self.config)
        yield from self._tell(Progress(self.step, self.epoch, loss, self._lr(), norms, speed, left))

    def _lost(self) -> Iterator[Event]:
        yield from self._diverged(None, f"After step {self.step:,} the loss of the test images is not a finite number.")

    def _diverged(self, loss: float | None, what: str) -> Iterator[Event]:
        self.outcome = "diverged"
        advice = f"Each step overshoots. Try a learning rate ten times smaller than {self.config.lr:g}; what was learned before is kept."
        yield from self._tell(Diverged(self.step, self.epoch, loss, f"{what} {advice}"))

    def _evaluate(self, train_loss: float) -> Iterator[Event]:
        config, data = self.config, self.data
        count = len(data.test_images) if config.eval_size is None else config.eval_size
        with self.clock.evaluating():
            loss, correct = evaluate(self.model, data.test_images[:count], data.test_labels[:count], config)
            validation = None
            if len(data.validation_images):
                validation = evaluate(self.model, data.validation_images, data.validation_labels, config)[1] / len(data.validation_images)
        if not math.isfinite(loss):
            yield from self._lost()
            return
        self.last_evaluation = Evaluated(self.step, self.epoch, train_loss, loss, correct / count, correct, count, validation)
        reached = correct / count if validation is None else validation
        if config.target_accuracy is not None and reached >= config.target_accuracy:
            self.outcome = "target accuracy"
        yield from self._tell(self.last_evaluation)

    def _keep(self) -> Iterator[Event]:
        weights = {name: _copy(tensor) for name, tensor in self.model.state_dict().items()}
        if not all(torch.isfinite(tensor).all() for tensor in weights.values()):
            yield from self._diverged(None, f"After step {self.step:,} some weights are no finite numbers any more.")
            return
        yield from self._tell(Snapshot(self.step, self.epoch, weights))
        yield from self._tell(self.checkpoint())

    def _tell(self, event: Event) -> Iterator[Event]:
        with self.random.lent(), self.clock.stopped():
            yield event

    def _gradient_norms(self) -> dict[str, float]:
        layers = {name: [p.grad for p in layer.parameters() if p.grad is not None] for name, layer in self.model.named_children()}
        return {name: math.sqrt(sum(float(torch.linalg.vector_norm(g)) ** 2 for g in grads)) for name, grads in layers.items() if grads}

    def _lr(self) -> float:
        return float(self.optimizer.param_groups[0]["lr"])


def _copy(tensor: Tensor) -> Tensor:
    return tensor.detach().to("cpu", copy=True).contiguous()
