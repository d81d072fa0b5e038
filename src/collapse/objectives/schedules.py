"""The weight of the KL while training goes on."""

from dataclasses import dataclass

from collapse.base.errors import CollapseError
from collapse.theory.checks import not_negative, positive


class Schedule:
    """The weight of the KL as a function of the epoch, which may be fractional."""

    def __call__(self, epoch: float) -> float:
        """The weight after ``epoch`` epochs."""
        raise NotImplementedError


@dataclass(frozen=True)
class Constant(Schedule):
    """The same weight throughout: 1 is the ELBO, another is the β-VAE of Higgins et al. (2017).

    Raises:
        CollapseError: for a weight that is negative or no finite number.
    """

    beta: float = 1.0

    def __post_init__(self) -> None:
        not_negative(beta=self.beta)

    def __call__(self, epoch: float) -> float:
        """The weight, whatever the epoch."""
        return self.beta


@dataclass(frozen=True)
class Linear(Schedule):
    """KL annealing (Bowman et al. 2016): from ``start`` to 1 over the first ``epochs`` epochs.

    Raises:
        CollapseError: for a start that is negative, or epochs that are not positive; a weight of 1
            from the beginning is :class:`Constant`.
    """

    start: float = 0.0
    epochs: float = 10.0

    def __post_init__(self) -> None:
        not_negative(start=self.start)
        positive(epochs=self.epochs)

    def __call__(self, epoch: float) -> float:
        """The weight after ``epoch`` epochs."""
        risen = min(1.0, epoch / self.epochs)
        return self.start * (1.0 - risen) + risen


@dataclass(frozen=True)
class Cyclical(Schedule):
    """Cyclical annealing (Fu et al. 2019): restart every ``period`` epochs.

    Within a period the weight rises from 0 to 1 over the first ``rise`` of it, then stays at 1.

    Raises:
        CollapseError: for a period that is not positive, or a rise that is no share of it.
    """

    period: float = 5.0
    rise: float = 0.5

    def __post_init__(self) -> None:
        positive(period=self.period)
        if not 0 < self.rise <= 1:
            raise CollapseError(
                f"The rise is the share of a period in which the weight grows to 1, above 0 and 1 "
                f"at most; got {self.rise}."
            )

    def __call__(self, epoch: float) -> float:
        """The weight after ``epoch`` epochs."""
        return min(1.0, (epoch % self.period) / (self.rise * self.period))
