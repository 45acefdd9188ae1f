"""The log lines of a training, in the format of the published tutorials.

Each tutorial counts steps in its own way; here the counts are always true of our run: a line gives
the loss of the latest mini-batch, and the number of updates so far in this epoch.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from mnistlab.config import TrainConfig
from mnistlab.events import Evaluated, Event, Progress
from mnistlab.i18n import N_


def log_lines(style: str, config: TrainConfig, events: Iterable[Event]) -> list[str]:
    """The lines that the tutorial `style` (a key of `LOG_STYLES`) prints for `events` of a run of
    `config`, in order.

    An event's lines depend on that event alone, so events may be given one by one as they happen.
    """
    return [line for event in events for line in LOG_STYLES[style].lines(config, event)]


def _tutorial(config: TrainConfig, event: Event) -> list[str]:
    """One line for each evaluation but the last; epochs count from 0, and the first batch of an
    epoch belongs to it.
    """
    if not isinstance(event, Evaluated) or event.step == config.total_steps:
        return []
    epoch = event.step // config.steps_per_epoch
    return [
        (
            f"Epoch:  {epoch} | train loss: {event.train_loss:.4f} | test accuracy: "
            f"{event.test_accuracy:.2f}"
        )
    ]


def _case(config: TrainConfig, event: Event) -> list[str]:
    """One line every `log_every` steps; epochs, and steps within them, count from 1."""
    if not isinstance(event, Progress) or event.step == 0 or event.step % config.log_every:
        return []
    step = (event.step - 1) % config.steps_per_epoch + 1
    return [
        (
            f"Epoch: [{event.epoch + 1}/{config.epochs}], Step: "
            f"[{step}/{config.steps_per_epoch}], Loss: {event.loss:.4f}"
        )
    ]


def _official(config: TrainConfig, event: Event) -> list[str]:
    """One line every `log_every` batches, with the images seen so far in this epoch; the test set
    after each epoch.
    """
    epoch, batch = divmod(event.step, config.steps_per_epoch)
    if (
        isinstance(event, Progress)
        and event.step % config.log_every == 0
        and (batch or event.step == 0)
    ):
        return [_official_batch(config, epoch, batch, event.loss)]
    if isinstance(event, Evaluated) and event.step and batch == 0:
        percent = 100 * event.correct / event.count
        test = (
            f"\nTest set: Average loss: {event.test_loss:.4f}, Accuracy: "
            f"{event.correct}/{event.count} ({percent:.0f}%)\n"
        )
        return (
            [test]
            if event.step == config.total_steps
            else [test, _official_batch(config, epoch, 0, event.train_loss)]
        )
    return []


def _official_batch(config: TrainConfig, epoch: int, batch: int, loss: float) -> str:
    percent = 100 * batch / config.steps_per_epoch
    return (
        f"Train Epoch: {epoch + 1} [{batch * config.batch_size}/{config.train_count} "
        f"({percent:.0f}%)]\tLoss: {loss:.6f}"
    )


@dataclass(frozen=True)
class LogStyle:
    """The log of a tutorial: its label, marked for translation, and the lines of an event."""

    label: str
    lines: Callable[[TrainConfig, Event], list[str]]


LOG_STYLES: dict[str, LogStyle] = {
    "none": LogStyle(N_("None"), lambda config, event: []),
    "tutorial": LogStyle(N_("Each evaluation"), _tutorial),
    "case": LogStyle(N_("Each recorded loss"), _case),
    "official": LogStyle(N_("PyTorch's MNIST example"), _official),
}
