"""Semi-amortised training: the encoder proposes, a few gradient steps refine (Kim et al. 2018)."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor
from torch.distributions import Distribution, Normal

from collapse.base.errors import CollapseError, choose
from collapse.data.documents import Batch
from collapse.distributions import normal_of
from collapse.objectives import elbo_terms
from collapse.training.strategies.strategy import Steps, Strategy
from collapse.vae import VAE

EVALUATION = {"refined": "refined as in training", "amortised": "the encoder's own q(z|x)"}
Loss = Callable[[Normal], Tensor]
"""From the posteriors of a batch to its loss, summed over documents: a scalar in nats."""


@dataclass(frozen=True)
class SemiAmortised(Strategy):
    """SA-VAE (Kim et al. 2018): each document's mean and log-variance are refined, then trained.

    From the encoder's proposal a few steps of gradient descent with momentum on the document's own
    loss give the posterior with which both networks are trained. The training gradient goes back
    through these steps, by automatic differentiation of the gradient itself; the released code
    takes finite differences instead. The LSTM of cuDNN has no second derivative, so that on a
    GPU the slower LSTM of PyTorch is used.

    Args:
        steps: of refinement: 20 in Kim et al.'s code, 10 in He et al. (2019).
        learning_rate: of a step on one document's loss. The released code takes 1 on the mean
            over a batch of 32.
        momentum: of the steps.
        clip: largest norm of one document's gradient, means and log-variances together. The
            released code clips each at norm 5 over the mean of the batch: with equal gradients in
            a batch of 32 that is 5 √32, about 28, for one document.
        evaluation: with which posterior the model is measured, "refined" or "amortised". The rows
            of He et al.'s Table 1 are refined.
    """

    steps: int = 10
    learning_rate: float = 1 / 32
    momentum: float = 0.5
    clip: float = 28.0
    evaluation: str = "refined"

    def __post_init__(self) -> None:
        choose(self.evaluation, EVALUATION, "evaluation")

    def update(self, steps: Steps, batch: Batch) -> Tensor:
        """Refine, then one step of all parameters with the gradient through the refinement."""
        with torch.backends.cudnn.flags(enabled=False):
            proposed = steps.system.model.encode(batch)
            q = self.refine(lambda q: steps.loss(batch, q) * len(batch.tokens), proposed)
            value = steps.loss(batch, q)
            steps.step(value)
        steps.moves["refinement_steps"] += self.steps
        return value.detach()

    def refine(self, loss: Loss, q: Distribution, through: bool = True) -> Normal:
        """The posterior after the steps of gradient descent.

        Args:
            loss: of the whole batch, summed over documents.
            q: where to begin, batch shape ``(batch, latent)``.
            through: let gradients flow back through all steps; without it the result is a
                constant, and much cheaper.

        Raises:
            CollapseError: for a posterior that has no mean and log-variance to refine.
        """
        if not isinstance(q, Normal):
            raise CollapseError(
                f"Refinement moves mean and log-variance of a diagonal Gaussian; this posterior is "
                f"a {type(q).__name__}."
            )
        parameters = torch.cat([q.mean, 2 * q.stddev.log()], -1)  # (batch, 2 latent)
        velocity = torch.zeros_like(parameters)
        for _ in range(self.steps):
            parameters = parameters if through else parameters.detach().requires_grad_()
            (gradient,) = torch.autograd.grad(
                loss(normal_of(parameters)), parameters, create_graph=through
            )
            velocity = self.momentum * velocity - clipped(gradient, self.clip)
            parameters = parameters + self.learning_rate * velocity
        return normal_of(parameters if through else parameters.detach())

    def evaluated(self, model: VAE) -> VAE:
        """The model with the posterior that ``evaluation`` names."""
        return Refined(model, self) if self.evaluation == "refined" else model


class Refined(VAE):
    """The same model, whose q(z|x) is refined by gradient steps on the negative ELBO.

    Args:
        model: its modules are shared, not copied.
        rule: how to refine.
    """

    def __init__(self, model: VAE, rule: SemiAmortised) -> None:
        super().__init__(model.encoder, model.features, model.posterior, model.decoder)
        self.rule = rule
        self.training = model.training

    def encode(self, batch: Batch) -> Normal:
        """The refined q(z|x), without gradients; draws from torch's generator at each step."""
        proposed = super().encode(batch)
        with torch.enable_grad():
            return self.rule.refine(
                lambda q: -elbo_terms(self, batch, q).elbo.sum(), proposed, through=False
            )


def clipped(
    gradient: Float[Tensor, "batch twice_latent"], most: float
) -> Float[Tensor, "batch twice_latent"]:
    """Each document's gradient, shortened to the norm ``most`` where it is longer."""
    norm = torch.linalg.vector_norm(gradient, dim=-1, keepdim=True)
    return torch.where(norm > most, gradient * (most / norm.clamp(min=most)), gradient)
