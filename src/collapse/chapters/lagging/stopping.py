"""What a rule that watches the information would do, on recorded values and on known ones."""

from collections.abc import Sequence

import torch
from torch.distributions import Normal

from collapse.metrics import mutual_information


def first_fall(values: Sequence[float]) -> int | None:
    """The epoch, from 1, in which a mutual information first falls; None if never.

    The stopping rule of He et al. (2019, section 4.2) as their released code has it: each
    value is compared with the one before, the first with 0.
    """
    before = 0.0
    for epoch, value in enumerate(values, 1):
        if value < before:
            return epoch
        before = value
    return None


def rising_estimates(
    truth: Sequence[float],
    documents: int,
    dimensions: int,
    size: int,
    entropy: str,
    generator: torch.Generator,
) -> list[float]:
    """Estimates of a mutual information that is known and rises, one an epoch, in nats.

    The codes' means are drawn from N(0, I) once. In each epoch all posteriors have the variance
    with which the information of that Gaussian channel is the true one.

    Args:
        truth: of each epoch, in nats, positive.
        documents: in the estimate.
        dimensions: of the code.
        size: of the batches within which documents are compared.
        entropy: "sampled" or "analytic", see :func:`collapse.metrics.mutual_information`.
        generator: of means and draws.
    """
    batches = [batch.numpy() for batch in torch.arange(documents).split(size)]
    mean = torch.randn(documents, dimensions, generator=generator)
    estimates = []
    for nats in truth:
        variance = 1 / (torch.tensor(2 * nats / dimensions).exp() - 1)
        q = Normal(mean, variance.sqrt().expand_as(mean), validate_args=False)
        z = mean + q.stddev * torch.randn(mean.shape, generator=generator)
        estimates.append(mutual_information(q, z, batches, entropy).value)
    return estimates
