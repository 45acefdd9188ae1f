"""What an evaluation costs in memory, measured: each way in a fresh process, of which the system tells the peak.

python -m mnistlab.experiments.memory gradients|batches
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import psutil
import torch
from torch import Tensor

import mnistlab
from mnistlab import models
from mnistlab.config import TrainConfig
from mnistlab.experiments.loop import Outcome

IMAGES, BATCH = 2_000, 250  # that the tutorials evaluate, and how many we evaluate at a time
WAYS = ("gradients", "batches")


def of_evaluation(way: str) -> Outcome:
    """The bytes that the evaluation of 2,000 images takes, in a process of its own: "memory" at the peak, "kept" for a backward pass."""
    path = os.pathsep.join(filter(None, [str(Path(mnistlab.__file__).parents[1]), os.environ.get("PYTHONPATH", "")]))
    command = [sys.executable, "-P", "-m", "mnistlab.experiments.memory", way]
    said = subprocess.run(command, env={**os.environ, "PYTHONPATH": path}, stdout=subprocess.PIPE, text=True, check=True).stdout
    return Outcome(json.loads(said))


def measure(way: str) -> dict[str, float]:
    """As `of_evaluation`, in this process, whose peak has to be still ahead."""
    torch.manual_seed(1)
    model, images = models.build(TrainConfig()).eval(), torch.rand(IMAGES, *models.INPUT_SHAPE)
    with torch.inference_mode():
        model(images[:8])  # what torch sets up at its first call is not of the evaluation
    kept: dict[int, int] = {}

    def keep(tensor: Tensor) -> Tensor:
        kept[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    before = psutil.Process().memory_info().rss
    weights = {p.untyped_storage().data_ptr() for p in model.parameters()} | {images.untyped_storage().data_ptr()}
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        if way == "gradients":
            answers = model(images)
        else:
            with torch.inference_mode():
                answers = torch.cat([model(batch) for batch in images.split(BATCH)])
    assert answers.shape == (IMAGES, models.CLASSES)
    return {"memory": max(0, peak() - before), "kept": sum(size for place, size in kept.items() if place not in weights)}


def peak() -> int:
    """The most memory that this process ever had, in bytes."""
    if sys.platform == "win32":
        return int(psutil.Process().memory_info().peak_wset)
    status = Path("/proc/self/status")
    if status.exists():  # Linux: what getrusage tells there may be the peak of the process that started us
        return int(next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:")).split()[1]) * 1024
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # macOS: in bytes


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1])))
