"""The two forces of He et al.'s Eq. 3 on the model posterior, measured.

The bound is log p(x) - KL(q(z|x) ‖ p(z|x)). The decoder's gradient of it is therefore a sum of two:
one raises the marginal likelihood, the other makes the model posterior agree with the encoder. How
each moves the points of the posterior-mean space along their horizontal axis is a directional
derivative, of the standard deviation over documents of the model posterior's mean.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from collapse.base.errors import CollapseError
from collapse.data import Batch
from collapse.metrics.model_posterior import batch_posterior
from collapse.vae import VAE


@dataclass(frozen=True)
class Forces:
    """What pulls at the model posterior when the decoder moves, at one moment of training.

    Attributes:
        std: standard deviation over documents of the model posterior's mean (over all
            dimensions, the root of the summed variances).
        gap: mean KL(q(z|x) ‖ p(z|x)) in nats, over the documents whose q the grid holds.
        likelihood: change of std per unit of learning rate along the gradient of the mean
            log p(x).
        agreement: the same along the gradient of minus the mean gap.
    """

    std: float
    gap: float
    likelihood: float
    agreement: float

    @property
    def together(self) -> float:
        """The same along the gradient of the bound itself: the sum, since derivatives add."""
        return self.likelihood + self.agreement


def forces(model: VAE, batch: Batch, limit: float = 6.0, stride: float = 0.2) -> Forces:
    """Both forces on the documents of a batch, exact but for the grid: no z is sampled.

    Args:
        model: in evaluation mode (no dropout), with one or two latent dimensions.
        batch: at least two documents.
        limit: of the grid, see :func:`collapse.metrics.grid_posterior`.
        stride: of the grid.

    Raises:
        CollapseError: for fewer than two documents, or as for the grid alone.
    """
    if len(batch.tokens) < 2:
        raise CollapseError(
            f"A standard deviation needs 2 documents or more; got {len(batch.tokens)}."
        )
    with torch.no_grad():
        q = model.encode(batch)
    posterior = batch_posterior(model, batch, limit, stride)
    variance, gap = posterior.mean.var(0).sum(), posterior.kl_from(q).nanmean()
    targets = (posterior.log_marginal.mean(), -gap, variance)
    raise_likelihood, agree, widen = (decoder_gradient(model, target) for target in targets)
    std = variance.sqrt().item()
    unit = max(2 * std, 1e-12)  # the derivative of a root
    return Forces(
        std=std,
        gap=gap.item(),
        likelihood=(widen @ raise_likelihood).item() / unit,
        agreement=(widen @ agree).item() / unit,
    )


def decoder_gradient(model: VAE, target: Float[Tensor, ""]) -> Float[Tensor, " parameters"]:
    """The gradient of a scalar with respect to the decoder's parameters, as one vector."""
    parameters = model.generator_parameters()
    gradients = torch.autograd.grad(target, parameters, retain_graph=True, materialize_grads=True)
    return torch.cat([gradient.flatten() for gradient in gradients])
