"""The weight of the KL while training goes on."""

from dataclasses import dataclass


class Schedule:
    """The weight of the KL as a function of the epoch, which may be fractional."""

    def __call__(self, epoch: float) -> float:
        """The weight after ``epoch`` epochs."""
        raise NotImplementedError


@dataclass(frozen=True)
class Constant(Schedule):
    """The same weight throughout: 1 is the ELBO, less is the β-VAE of Higgins et al. (2017)."""

    beta: float = 1.0

    def __call__(self, epoch: float) -> float:
        """The weight, whatever the epoch."""
        return self.beta


@dataclass(frozen=True)
class Linear(Schedule):
    """KL annealing (Bowman et al. 2016): from ``start`` to 1 over the first ``epochs`` epochs."""

    start: float = 0.0
    epochs: float = 10.0

    def __call__(self, epoch: float) -> float:
        """The weight after ``epoch`` epochs."""
        risen = min(1.0, epoch / self.epochs)
        return self.start * (1.0 - risen) + risen


@dataclass(frozen=True)
class Cyclical(Schedule):
    """Cyclical annealing (Fu et al. 2019): restart every ``period`` epochs.

    Within a period the weight rises from 0 to 1 over the first ``rise`` of it, then stays at 1.
    """

    period: float = 5.0
    rise: float = 0.5

    def __call__(self, epoch: float) -> float:
        """The weight after ``epoch`` epochs."""
        return min(1.0, (epoch % self.period) / (self.rise * self.period))
