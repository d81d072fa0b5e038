"""The settings of the loop."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from numbers import Real

import torch

from collapse.base.errors import RunError, check_name_in, checked_fields, choose
from collapse.base.numbers import check_whole_numbers
from collapse.data.batching import PLANS
from collapse.training.plateau import Plateau
from collapse.training.precision import PRECISIONS

OPTIMIZERS: dict[str, Callable[..., torch.optim.Optimizer]] = {
    "sgd": partial(torch.optim.SGD, fused=True),
    "adam": partial(torch.optim.Adam, fused=True),
}


@checked_fields
@dataclass(frozen=True)
class Training:
    """The settings of the loop.

    Attributes:
        optimizer: "sgd" (no momentum) or "adam".
        learning_rate: the rate of the first epoch.
        clip: largest joint gradient norm of all parameters.
        batch_size: documents in a step.
        batching: "random", "fixed", "bucket" or "label", see :func:`collapse.data.plan_batches`.
        epochs: the most epochs.
        plateau: when to decay and stop.
        keep: the weights that a run ends with: "best" by the validation loss, or "last".
        precision: "float32", "tf32" or "bfloat16", see :mod:`collapse.training.precision`.

    Raises:
        UnknownNameError: for another optimiser, batching, choice of weights or precision.
        RunError: for a rate or clipping norm that is not above 0, a batch size that is no whole
            number of at least 1, or epochs that are none of at least 0.
    """

    optimizer: str = "sgd"
    learning_rate: float = 1.0
    clip: float = 5.0
    batch_size: int = 32
    batching: str = "random"
    epochs: int = 20
    plateau: Plateau = field(default_factory=Plateau)
    keep: str = "best"
    precision: str = "float32"

    def __post_init__(self) -> None:
        choose(self.optimizer, OPTIMIZERS, "optimiser")
        choose(self.batching, PLANS, "batching")
        check_name_in(("best", "last"), self.keep, "choice of weights to keep")
        choose(self.precision, PRECISIONS, "precision")
        for name in ("learning_rate", "clip"):
            value = getattr(self, name)
            if not isinstance(value, Real) or not float(value) > 0:
                raise RunError(f"{name} must be above 0; got {value!r}.")
        if math.isinf(self.learning_rate):  # an infinite norm, beside it, clips nothing
            raise RunError("learning_rate must be finite; got inf.")
        check_whole_numbers(self, {"batch_size": 1, "epochs": 0})
