"""Halve the learning rate when validation stops improving: the protocol of the released code."""

from dataclasses import dataclass
from numbers import Real

from collapse.base.errors import RunError, checked_fields
from collapse.base.numbers import check_whole_numbers


@checked_fields
@dataclass(frozen=True)
class Plateau:
    """When to decay, and when to stop.

    The rule of the code that He et al. (2019) released and later papers inherit. After each epoch
    the validation loss is compared with a reference. After ``patience`` epochs that are not
    better, and not before epoch ``first_epoch`` (which the paper does not mention), the learning
    rate is multiplied by ``factor``, the best weights are loaded again, and the reference becomes
    the current, worse loss. Training stops after ``max_decays`` decays.

    Args:
        patience: epochs without improvement before a decay.
        first_epoch: the first epoch, counted from 1, in which a decay may happen.
        factor: what the learning rate is multiplied with.
        max_decays: decays after which training stops.

    Raises:
        RunError: for a count that is no whole number, a patience below 1, or a factor that is none.
    """

    patience: int = 2
    first_epoch: int = 1
    factor: float = 0.5
    max_decays: int = 5

    def __post_init__(self) -> None:
        check_whole_numbers(self, {"patience": 1, "first_epoch": 0, "max_decays": 0})
        if not isinstance(self.factor, Real) or not 0 < float(self.factor) <= 1:
            raise RunError(f"factor is above 0 and at most 1: a decay; got {self.factor!r}.")


@dataclass
class PlateauState:
    """Where a run stands with its plateau rule; small enough to live in a checkpoint's header.

    Attributes:
        reference: the loss that the next epoch has to beat.
        waited: epochs since the reference was last beaten.
        decays: decays so far.
        best: lowest validation loss so far.
    """

    reference: float = float("inf")
    waited: int = 0
    decays: int = 0
    best: float = float("inf")

    def update(self, rule: Plateau, loss: float, epoch: int) -> bool:
        """Take in the validation loss of an epoch (counted from 1); True if the rate must decay."""
        self.best = min(self.best, loss)
        if loss < self.reference:
            self.reference, self.waited = loss, 0
            return False
        self.waited += 1
        if self.waited < rule.patience or epoch < rule.first_epoch:
            return False
        self.reference, self.waited = loss, 0
        self.decays += 1
        return True

    def finished(self, rule: Plateau) -> bool:
        """Whether the last allowed decay has happened."""
        return self.decays >= rule.max_decays
