"""Why is the encoder slow? The gradient that it gets, split into what documents share and the rest.

The mean of q(z|x_n) is a linear map of the document's features, mu_n = W h_n. With g_n the gradient
of the bound with respect to mu_n, the gradient of the mean bound with respect to W is

    mean_n g_n h_n^T = mean(g) mean(h)^T + cov(g, h).

A step dW moves a mean by dW h_n, so both parts move means apart as far as the features differ. As
asked, though, mean_n (g_n - mean(g)) dmu_n = rate (|cov|^2 + <mean(g) mean(h)^T, cov>), which is
zero without the second part. That is small as long as either the gradients or the features are
almost the same for all.
"""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.distributions import Normal

from collapse.base.errors import CollapseError
from collapse.data import Batch, Corpus, make_batch
from collapse.runs.measuring.recording import Probe, Values
from collapse.vae import VAE

QUADRATURE_POINTS = 12  # of the quadrature over q(z|x)


@dataclass(frozen=True)
class MeanGradients:
    """The gradient of the bound with respect to the mean of each document's posterior.

    Attributes:
        bound: of E_q log p(x|z) - KL, in nats per unit of z, ``(documents, 1)``.
        features: from which the posterior is made, ``(documents, features)``.
    """

    bound: Float[Tensor, "documents 1"]
    features: Float[Tensor, "documents features"]

    @property
    def shared(self) -> float:
        """Size of the part that is the same for all documents: of the mean."""
        return self.bound.mean(0).norm().item()

    @property
    def specific(self) -> float:
        """Size of the part that differs: the standard deviation over documents (divisor n)."""
        return self.bound.std(0, correction=0).norm().item()

    @property
    def weight_shared(self) -> float:
        """Norm of mean(g) mean(h)^T, of a step for the average document."""
        return (self.bound.mean(0).norm() * self.features.mean(0).norm()).item()

    @property
    def weight_specific(self) -> float:
        """Norm of cov(g, h), without which no posterior means move apart as asked."""
        apart = [part - part.mean(0) for part in (self.bound, self.features)]
        return (apart[0].T @ apart[1] / len(self.bound)).norm().item()


def mean_gradients(model: VAE, batch: Batch, points: int = QUADRATURE_POINTS) -> MeanGradients:
    """The gradients of the bound at the posterior means; no z is sampled.

    The expectation over q is a Gauss-Hermite sum, whose values of z move with mean and deviation,
    as the draws of training do.

    Args:
        model: in evaluation mode (no dropout), with one latent dimension and a normal posterior.
        batch: at least two documents.
        points: values of z a document.

    Raises:
        CollapseError: for another posterior, more dimensions, or fewer than two documents.
    """
    with torch.no_grad():
        features = model.represent(batch)
        q = model.posterior(features)
    if not isinstance(q, Normal) or q.mean.shape[1] != 1 or len(q.mean) < 2:
        raise CollapseError(
            "This needs two documents or more and a normal posterior of one dimension; got a "
            f"{type(q).__name__} of shape {tuple(q.batch_shape)}."
        )
    mean = q.mean.clone().requires_grad_()
    with torch.enable_grad():
        bound = expected_log_likelihood(model, batch, mean, q.stddev, points)
        bound = (
            bound - torch.distributions.kl_divergence(Normal(mean, q.stddev), model.prior())[:, 0]
        )
        (gradient,) = torch.autograd.grad(bound.sum(), mean)
    return MeanGradients(gradient, features)


def expected_log_likelihood(
    model: VAE,
    batch: Batch,
    mean: Float[Tensor, "batch 1"],
    std: Float[Tensor, "batch 1"],
    points: int = QUADRATURE_POINTS,
) -> Float[Tensor, " batch"]:
    """E log p(x|z) over z from N(mean, std²), in nats, by Gauss-Hermite quadrature."""
    nodes = np.polynomial.hermite_e.hermegauss(points)
    places, weights = (torch.from_numpy(part).to(mean) for part in nodes)
    z = mean + std * places  # (batch, points)
    log_likelihood = model.log_likelihood(batch.repeat(points), z.T.reshape(-1, 1))
    return (weights / weights.sum()) @ log_likelihood.view(points, -1)


@dataclass(frozen=True)
class SlowEncoder(Probe):
    """The parts of :class:`MeanGradients` on the first validation documents, all scalars.

    Attributes:
        documents: how many.
    """

    documents: int = 200

    def __call__(self, model: VAE, corpus: Corpus) -> Values:
        """See the class."""
        count = min(self.documents, len(corpus.valid))
        batch = make_batch(corpus.valid, range(count)).to(model.device)
        gradients = mean_gradients(model, batch)
        parts = ("shared", "specific", "weight_shared", "weight_specific")
        return {part: torch.tensor(getattr(gradients, part)) for part in parts}
