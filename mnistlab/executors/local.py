"""Training in processes of their own on this machine: they outlive the server that asked for them.

One process is the spare: it waits, warmed up, for a run to train, and looks out for workers that
died. Those that train hold a slot each. `worker` is what they do, `detached` how they come and go,
and `folder` what they share.
"""

from mnistlab.executors.detached import DetachedExecutor
from mnistlab.executors.folder import Role
from mnistlab.i18n import N_

SPARE = Role("spare", "mnistlab.executors.worker", N_("The training process"))


class LocalExecutor(DetachedExecutor):
    """Trains in processes of their own on this machine, as many at once as `workers()`."""

    role = SPARE
