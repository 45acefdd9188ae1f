"""What happens in a training, written as the published tutorials print it.

Each tutorial counts in its own way; what is counted here is always true of our run: a line tells the loss of the latest
mini-batch after so many updates of this epoch.
"""

from collections.abc import Callable, Iterable

from mnistlab.config import TrainConfig
from mnistlab.events import Evaluated, Event, Progress


def log_lines(style: str, config: TrainConfig, events: Iterable[Event]) -> list[str]:
    """The lines that the tutorial `style` (a key of `LOG_STYLES`) prints for `events` of a run of `config`, in order.

    An event's lines depend on that event alone, so events may be given one by one as they happen.
    """
    return [line for event in events for line in LOG_STYLES[style](config, event)]


def _tutorial(config: TrainConfig, event: Event) -> list[str]:
    """One line for each evaluation before the end; the epoch counts from 0, and its first batch is a line of the new epoch."""
    if not isinstance(event, Evaluated) or event.step == config.total_steps:
        return []
    epoch = event.step // config.steps_per_epoch
    return [f"Epoch:  {epoch} | train loss: {event.train_loss:.4f} | test accuracy: {event.test_accuracy:.2f}"]


def _case(config: TrainConfig, event: Event) -> list[str]:
    """One line for each `log_every` steps; epoch and step within the epoch count from 1."""
    if not isinstance(event, Progress) or event.step == 0 or event.step % config.log_every:
        return []
    step = (event.step - 1) % config.steps_per_epoch + 1
    return [f"Epoch: [{event.epoch + 1}/{config.epochs}], Step: [{step}/{config.steps_per_epoch}], Loss: {event.loss:.4f}"]


def _official(config: TrainConfig, event: Event) -> list[str]:
    """One line for each `log_every` batches, with the images seen before in this epoch; the test set after each epoch."""
    epoch, batch = divmod(event.step, config.steps_per_epoch)
    if isinstance(event, Progress) and event.step % config.log_every == 0 and (batch or event.step == 0):
        return [_official_batch(config, epoch, batch, event.loss)]
    if isinstance(event, Evaluated) and event.step and batch == 0:
        percent = 100 * event.correct / event.count
        test = f"\nTest set: Average loss: {event.test_loss:.4f}, Accuracy: {event.correct}/{event.count} ({percent:.0f}%)\n"
        return [test] if event.step == config.total_steps else [test, _official_batch(config, epoch, 0, event.train_loss)]
    return []


def _official_batch(config: TrainConfig, epoch: int, batch: int, loss: float) -> str:
    percent = 100 * batch / config.steps_per_epoch
    return f"Train Epoch: {epoch + 1} [{batch * config.batch_size}/{config.train_count} ({percent:.0f}%)]\tLoss: {loss:.6f}"


LOG_STYLES: dict[str, Callable[[TrainConfig, Event], list[str]]] = {
    "none": lambda config, event: [],
    "tutorial": _tutorial,
    "case": _case,
    "official": _official,
}
