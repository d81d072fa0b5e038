"""The MMD² of two samples of one distribution: what a measured one has to be held against."""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.distributions import Distribution

from collapse.metrics import discrepancy
from collapse.theory.checks import one_or_more


def chance_discrepancies(
    prior: Distribution, documents: int, repeats: int = 1000, seed: int = 0
) -> Float[Tensor, " repeats"]:
    """MMD² between two samples of a prior, as :func:`collapse.metrics.discrepancy` measures it.

    The estimate is unbiased, so these have mean 0 and about half of them are negative. A measured
    value among them does not tell an aggregated posterior from its prior; one above nearly all of
    them does. The kernel is as wide as the prior: a prior that is wider by one factor in all
    dimensions gives the same numbers.

    Args:
        prior: of a single document.
        documents: draws in each of the two samples.
        repeats: pairs of samples.
        seed: of the first pair; the next have the numbers that follow.

    Raises:
        CollapseError: for fewer than two documents, or less than one repeat.
    """
    one_or_more(repeats=repeats)
    alike = prior.expand(torch.Size([documents, *prior.batch_shape]))
    return torch.tensor([discrepancy(alike, prior, seed=seed + n) for n in range(repeats)])


def chance_differences(
    values: Float[Tensor, " repeats"], runs: int, repeats: int = 10_000, seed: int = 0
) -> Float[Tensor, " differences"]:
    """Differences between the means of two groups of such values, all drawn from ``values``.

    Args:
        values: discrepancies by chance.
        runs: values in each group, drawn with replacement.
        repeats: pairs of groups.
        seed: of the draws.

    Raises:
        CollapseError: for less than one run or repeat.
    """
    one_or_more(runs=runs, repeats=repeats)
    random = torch.Generator().manual_seed(seed)
    chosen = torch.randint(len(values), (2, repeats, runs), generator=random)
    one, other = values[chosen].mean(-1)
    return one - other
