"""What training asks of parts that a reader may have written, each refusal a sentence."""

import math
from collections.abc import Collection, Mapping, Sequence
from inspect import signature
from numbers import Real
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor
from torch.optim import Optimizer

from collapse.base.errors import CollapseError, NonFiniteLossError, RunError
from collapse.base.numbers import is_whole_number
from collapse.system import System
from collapse.training.strategies.strategy import Strategy

TAKEN = ("now", "best", "optimizer")  # groups of tensors in every checkpoint
REPORT = ("model", "documents", "log_likelihood", "seed")
CHARGED = ("model", "documents", "seed")
CALLS: dict[str, dict[str, tuple[str, ...]]] = {
    "encoder": {"forward": ("tokens", "lengths")},
    "features": {"forward": ("states", "lengths")},
    "posterior": {
        "forward": ("features",),
        "prior": (),
        "begin_epoch": ("epoch",),
        "end_epoch": (),
        "state": (),
        "report": ("q", "log_likelihood"),
    },
    "objective": {
        "forward": ("model", "batch", "q"),
        "loss": ("terms", "weight"),
        "charged": CHARGED,
        "report": REPORT,
    },
    "regulariser": {"forward": ("q", "z", "prior"), "charged": CHARGED, "report": REPORT},
    "decoder": {"log_likelihood": ("batch", "z")},
    "strategy": {
        "groups": ("system",),
        "optimizers": ("system",),
        "begin": ("steps",),
        "update": ("steps", "batch"),
        "end_epoch": ("steps", "measured"),
        "evaluated": ("model",),
    },
}
"""What training and measuring call, by place and method: the arguments."""


def check_methods(system: System, strategy: Strategy) -> None:
    """Refuse a method that does not take what training will call it with.

    Raises:
        CollapseError: naming the class, the method and its arguments.
    """
    model, objective = system.model, system.objective
    parts = {
        "encoder": model.encoder,
        "features": model.features,
        "posterior": model.posterior,
        "decoder": model.decoder,
        "objective": objective,
        "strategy": strategy,
    }
    if objective.regulariser:
        parts["regulariser"] = objective.regulariser
    for place, part in parts.items():
        for name, arguments in CALLS[place].items():
            check_takes(part, name, arguments)


def check_takes(part: object, name: str, arguments: Sequence[str]) -> None:
    """Refuse a method that cannot be called with so many arguments.

    Args:
        part: whose method it is.
        name: of the method.
        arguments: their names, for the message.

    Raises:
        CollapseError: naming the class, the method and its arguments.
    """
    written = signature(getattr(part, name))
    try:
        written.bind(*arguments)
    except TypeError as error:
        raise CollapseError(
            f"{type(part).__name__}.{name} is called as {name}({', '.join(arguments)}); "
            f"as it is written, {name}{written}, it cannot be. Give it these arguments."
        ) from error


def check_own(strategy: Strategy, optimizers: Any) -> None:
    """Refuse a strategy whose optimisers or first epochs no checkpoint could tell apart.

    Args:
        strategy: place 5.
        optimizers: its own, by name.

    Raises:
        CollapseError: naming what is wrong.
    """
    kind, named = type(strategy).__name__, isinstance(optimizers, Mapping)
    if not named or not all(isinstance(o, Optimizer) for o in optimizers.values()):
        raise CollapseError(
            f"{kind}.optimizers must give optimisers of torch by name, in a dictionary ({{}} for "
            f"none); it gave {optimizers!r:.60}."
        )
    for name in map(str, optimizers):
        if name in TAKEN or "." in name:
            raise CollapseError(
                f"{kind} calls an optimiser of its own {name!r}; in a checkpoint the names "
                f"{', '.join(TAKEN)} belong to others, and a dot ends a name. Call it otherwise."
            )
    if not is_whole_number(strategy.warmup_epochs, 0):
        raise CollapseError(
            f"{kind}.warmup_epochs is a whole number, 0 or more; got {strategy.warmup_epochs!r}."
        )


def checked_weight(weight: object, schedule: object, epoch: float) -> float:
    """What a schedule says of an epoch, where it is a weight.

    Raises:
        CollapseError: naming the schedule and its value.
    """
    if not isinstance(weight, Real) or not 0 <= float(weight) < math.inf:
        raise CollapseError(
            f"The weight of the KL is a finite number, 0 or more; the schedule {schedule!r} gives "
            f"{weight!r} after {epoch:g} epochs."
        )
    return float(weight)


def check_loss(
    loss: float, where: str, checkpoint: Path, documents: np.ndarray | None = None
) -> None:
    """Stop for a loss that is no number: nothing that comes after it would be one.

    Args:
        loss: in nats.
        where: the step, or the validation by which the best epoch is chosen.
        checkpoint: the last good one, if there is one.
        documents: of the batch, in a step; None in validation.

    Raises:
        NonFiniteLossError: naming the place and the last good checkpoint.
    """
    if math.isfinite(loss):
        return
    where += "" if documents is None else f", on the batch of documents {documents.tolist()[:8]}..."
    charged = ", or mend what the objective's method charged gives" if documents is None else ""
    good = checkpoint if checkpoint.exists() else "none yet"
    raise NonFiniteLossError(
        f"The loss became {loss} in {where}. Lower the learning rate or the clipping norm"
        f"{charged}; asking for the same run again would fail there again. "
        f"Last good checkpoint: {good}."
    )


def check_mean_loss(loss: object, strategy: Strategy) -> None:
    """Refuse what an update returns in place of a mean loss.

    Raises:
        CollapseError: naming the strategy and what it returned.
    """
    if not isinstance(loss, Tensor) or loss.shape or loss.requires_grad:
        shape = f"a tensor of shape {tuple(loss.shape)}" if isinstance(loss, Tensor) else repr(loss)
        raise CollapseError(
            f"{type(strategy).__name__}.update must return the mean loss on its batch, a tensor of "
            f"one number without a gradient, as loss.detach(); it returned {shape}."
        )


def check_numbers(
    values: Any, part: object, method: str, taken: Collection[str] = (), documents: int = 0
) -> None:
    """Refuse what a part reports of itself, unless it is numbers by names of their own.

    Args:
        values: numbers by name, or tensors ``(documents,)``.
        part: whose they are, for the message.
        method: that gave them, for the message.
        taken: names that stand for something else.
        documents: how many values such a tensor has; 0 where it may have none.

    Raises:
        RunError: for a name that is taken or no text, or a value that is neither.
    """
    kind = type(part).__name__
    if not isinstance(values, Mapping) or not all(isinstance(name, str) for name in values):
        raise RunError(
            f"{kind} must report numbers by name, in a dictionary ({{}} for none); its method "
            f"{method} gave {values!r:.80}."
        )
    for name, value in values.items():
        if name in taken:
            raise RunError(
                f"{kind} reports {name!r}, which is measured of every system or of another part. "
                "Report it by another name."
            )
        one_each = isinstance(value, Tensor) and documents and value.shape == (documents,)
        if not one_each and not isinstance(value, int | float):
            one = f" or a tensor of shape ({documents},)" if documents else ""
            got = f"a tensor of shape {tuple(value.shape)}" if isinstance(value, Tensor) else value
            raise RunError(f"{kind} reports {name!r}; it must be a number{one}, got {got!r}.")
