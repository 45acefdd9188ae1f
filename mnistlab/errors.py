"""What can go wrong: one exception tree. Each error says what happened and why, and what to do.

Pages and the command line show `str(error)`, so both use the same words: those of the language that
is spoken where the error is shown. So errors are raised with messages: see `mnistlab.i18n`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from mnistlab.i18n import Text, message, messages


class MnistlabError(Exception):
    """Base of all errors that a reader can do something about."""

    def __init__(self, what: Text, advice: Text = "") -> None:
        super().__init__(what, advice)
        self.message: Text = what  # both, to be said in the reader's language
        if advice:
            self.message = message("{what} {advice}", what=what, advice=advice)

    @property
    def what(self) -> str:
        """What happened, and why."""
        return str(self.args[0])

    @property
    def advice(self) -> str:
        """What to do; "" if that is plain."""
        return str(self.args[1])

    def __str__(self) -> str:
        return str(self.message)


class ConfigError(MnistlabError):
    """A configuration that cannot be trained: a wrong value, or values that do not fit together.

    `field` names the field of `TrainConfig` that has to change, or is "" where several do.
    """

    def __init__(self, what: Text, advice: Text = "", field: str = "") -> None:
        super().__init__(what, advice)
        self.field = field


class DataError(MnistlabError):
    """A data set that cannot be used."""


class DataMissing(DataError):
    """A file of the data set is not there (never downloaded, or only in part)."""


class DataCorrupt(DataError):
    """A file of the data set is there, but its bytes are not the published ones."""


class DownloadFailed(DataError):
    """The data set could not be fetched."""


class DeviceUnavailable(MnistlabError):
    """The configured device is not on this machine."""


class StoreError(MnistlabError):
    """The store cannot be opened, read or written."""


class StoreFull(StoreError):
    """The disk that holds the store is full."""


class StoreBusy(StoreError):
    """The store could not be used just now, and can be soon: it was locked for too long by others,
    or its server went away.
    """


class RunNotFound(StoreError):
    """No run with this id in the store."""


class RunOfAnotherVersion(StoreError):
    """The run has a setting or a state that this version of mnistlab does not know."""


class RunStateError(StoreError):
    """The run's status does not allow this (pausing a finished run, deleting a running one)."""


class ClaimLost(StoreError):
    """The run belongs to another worker, or to none: stop training it."""


class NotAllowed(StoreError):
    """Somebody who may not do this: another's run, a class that is not theirs."""


class ClassError(MnistlabError):
    """A class that does not take this: an unknown code, a nickname that is taken or unfit."""


class QueueFull(MnistlabError):
    """This session already has as many runs queued and running as one may have, or all of them
    together have as many as can wait.
    """


class CheckpointMismatch(MnistlabError):
    """Weights whose names, shapes or types do not match the configured network."""


class AddressUnavailable(MnistlabError):
    """The dashboard cannot be served at this address or port: it is taken, or not ours."""


class ExecutorError(MnistlabError):
    """The chosen executor cannot be used here."""


class DrawingError(MnistlabError):
    """A drawing or picture without a readable digit."""


class AnalysisError(MnistlabError):
    """An analysis that is not possible: a setting out of bounds, or activations that are NaN or
    infinite.
    """


class MeasurementFailed(MnistlabError):
    """A measurement on this machine that did not finish."""


class NotApplicable(MnistlabError):
    """Something that this network does not have: the feature maps of an LSTM, the gates of a CNN, a
    40th channel.
    """


class ExportError(MnistlabError):
    """A file that cannot be written."""


class WeightsFileError(MnistlabError):
    """A file that does not hold a run's weights, or not those of the network it names."""


@dataclass(frozen=True)
class LessonMistake:
    """What is wrong in a lesson's file, and in which line, from 1; 0: with the file itself."""

    line: int
    said: Text

    @property
    def sentence(self) -> str:
        """What is wrong, in the language that is spoken here."""
        return str(self.said)


class LessonError(MnistlabError):
    """A lesson that cannot be read. `mistakes`: all of them, in the order of their lines."""

    def __init__(self, file: str, mistakes: Sequence[LessonMistake]) -> None:
        first = mistakes[0]
        more = len(mistakes) - 1
        advice = messages("There is {n} more.", "There are {n} more.", more) if more else ""
        super().__init__(
            message(
                "{file}, line {line}: {sentence}",
                file=file,
                line=first.line,
                sentence=first.said,
            )
            if first.line
            else message("{file}: {sentence}", file=file, sentence=first.said),
            advice,
        )
        self.file, self.mistakes = file, tuple(mistakes)
