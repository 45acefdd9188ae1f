"""What can go wrong: one exception tree. Each error says what happened and why, and advises the reader what to do.

Pages and the command line show `str(error)` as it is, so that both say the same words.
"""


class MnistlabError(Exception):
    """Base of all errors that a reader can do something about."""

    def __init__(self, what: str, advice: str = "") -> None:
        super().__init__(what, advice)
        self.what = what
        self.advice = advice

    def __str__(self) -> str:
        return f"{self.what} {self.advice}".strip()


class ConfigError(MnistlabError):
    """A configuration that cannot be trained: a wrong value, or values that do not fit together.

    `field` names the field of `TrainConfig` that has to change, or is "" where several do.
    """

    def __init__(self, what: str, advice: str = "", field: str = "") -> None:
        super().__init__(what, advice)
        self.field = field


class DataError(MnistlabError):
    """A data set that cannot be used."""


class DataMissing(DataError):
    """A file of the data set is not there (never downloaded, or only in part)."""


class DataCorrupt(DataError):
    """A file of the data set is there, but its bytes are not what was published."""


class DownloadFailed(DataError):
    """The data set could not be fetched."""


class DeviceUnavailable(MnistlabError):
    """The configured device is not on this machine."""


class StoreError(MnistlabError):
    """The store cannot be opened, read or written."""


class RunNotFound(StoreError):
    """No run with this id in the store."""


class RunStateError(StoreError):
    """The run is in a state in which this cannot be done (pausing a finished run, deleting a running one)."""


class ClaimLost(StoreError):
    """Another worker, or nobody, owns the run now: whoever sees this stops training it."""


class QueueFull(MnistlabError):
    """This session has as many runs waiting and running as one session may have."""


class CheckpointMismatch(MnistlabError):
    """Weights whose names, shapes or types are not those of the configured network."""


class ExecutorError(MnistlabError):
    """The chosen executor cannot be used here."""


class DrawingError(MnistlabError):
    """A drawing or picture in which there is no digit to read."""


class AnalysisError(MnistlabError):
    """A question about a network that has no answer: a setting out of bounds, or activations that are no numbers."""


class MeasurementFailed(MnistlabError):
    """A measurement on this machine that did not come to its end."""


class NotApplicable(MnistlabError):
    """A view of something that this network does not have: the feature maps of an LSTM, the gates of a CNN, a 40th channel."""


class ExportError(MnistlabError):
    """A file that cannot be written."""


class WeightsFileError(MnistlabError):
    """A file that is no run's weights, or not those of the network that it says."""
