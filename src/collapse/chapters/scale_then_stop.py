"""A control for chapter 7: means that are scaled in the first epochs and then left as they are."""

import torch
from torch import Tensor

from collapse.objectives import Schedule, UnscaledKL
from collapse.parts import Part, Sizes
from collapse.posteriors import Posterior, ScaledGaussian
from collapse.recipe import Recipe


class ScaledAtFirst(ScaledGaussian):
    """Scaled means in the first ``f_epo`` epochs, each batch by its own factor; then the plain VAE.

    From the epoch with number ``f_epo`` on the factor is 1 for good: the decoder reads N(μ, σ²),
    the prior is N(0, I), and the charge of :class:`collapse.objectives.UnscaledKL` is the KL of the
    one to the other. Nothing is left of the method but what the weights have learned.

    Args:
        sizes: widths; features have width ``hidden``.
        des_std: as for :class:`collapse.posteriors.ScaledGaussian`.
        f_epo: epochs of scaling.

    Raises:
        CollapseError: as for :class:`collapse.posteriors.ScaledGaussian`.
    """

    stopped: Tensor

    def __init__(self, sizes: Sizes, *, des_std: float, f_epo: int = 1) -> None:
        super().__init__(sizes, des_std=des_std, f_epo=f_epo)
        self.register_buffer("stopped", torch.tensor(False))

    def begin_epoch(self, epoch: int) -> None:
        """Scaling ends where ``epoch`` is ``f_epo``, and does not begin again."""
        super().begin_epoch(epoch)
        if epoch >= self.f_epo:
            self.stopped.fill_(True)
        if self.stopped:
            self.own_factors = False
            self.factor.fill_(1.0)

    def end_epoch(self) -> None:
        """The mean factor, as long as there is scaling."""
        if self.stopped:
            self.batches.zero_()  # so that there is no mean to be taken over
        super().end_epoch()


def scale_then_stop(des_std: float, f_epo: int, kl_weight: Schedule) -> Recipe:
    """The plain VAE after ``f_epo`` epochs of Scale-VAE, with a schedule of the KL's weight.

    Keep the last weights of such a run, not the best: the loss of a scaled epoch and that of a
    plain one are not of one kind.
    """
    posterior: Part[Posterior] = Part(ScaledAtFirst, des_std=des_std, f_epo=f_epo)
    return Recipe(posterior=posterior, regulariser=Part(UnscaledKL), kl_weight=kl_weight)
