"""Exercise 5.1: the floor at test time, where a layer divides by what it has kept."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.distributions import Normal, kl_divergence

from collapse.distributions import standard_normal
from collapse.homework.inputs import unchanged
from collapse.homework.kinds import Function, Values

Floor = Callable[..., Any]


def observe_floor(floor: Floor, generator: torch.Generator) -> Values:
    """The floor of four dimensions, whose statistics are not those that the layer has kept."""
    gamma, shift, small, kept_var, var = torch.rand(5, 4, generator=generator) + 0.2
    kept_mean, mean = torch.randn(2, 4, generator=generator)
    given = gamma, -shift, small / 5, kept_mean, kept_var, mean, var
    with unchanged(*given):
        return (floor(*given),)


def floor_of(
    gamma: Tensor,
    b: Tensor,
    eps: Tensor,
    kept_mean: Tensor,
    kept_var: Tensor,
    mean: Tensor,
    var: Tensor,
    spread: Callable[[Tensor, Tensor], Tensor] = lambda gamma, share: gamma**2 * share,
    shift: Callable[[Tensor, Tensor, Tensor], Tensor] = lambda b, gamma, z: (b + gamma * z) ** 2,
) -> Tensor:
    """The floor of each dimension, ½ (spread + squared shift), with other parts where asked."""
    left = (kept_var + eps) ** 0.5
    return 0.5 * (spread(gamma, var / left**2) + shift(b, gamma, (mean - kept_mean) / left))


def right_floor(*given: Tensor) -> float:
    """The KL of a normal as wide as the prior, a mean at a time, over documents of these moments.

    Two documents one deviation left and right of the mean have them.
    """
    gamma, b, eps, kept_mean, kept_var, mean, var = given
    documents = torch.stack([mean - var.sqrt(), mean + var.sqrt()])
    after = gamma * (documents - kept_mean) / (kept_var + eps).sqrt() + b
    posterior = Normal(after, torch.ones_like(after))
    return kl_divergence(posterior, standard_normal(torch.zeros_like(after))).sum(-1).mean().item()


def floor_with(**parts: Any) -> Floor:
    """A floor with another spread or shift."""
    return lambda *given: floor_of(*given, **parts).sum()


def of_these(gamma: Tensor, b: Tensor, eps: Tensor, *moments: Tensor) -> Tensor:
    """The floor of (5.3): what the layer has kept is what these documents have."""
    _, _, mean, var = moments
    return floor_of(gamma, b, eps, mean, var, mean, var).sum()


FLOOR = Function(
    observe=observe_floor,
    reference=right_floor,
    gives=("floor",),
    hint="Take spread, shift and width one by one: what are the variance and the mean of these "
    "documents after a layer that divides by what it has kept?",
    ideas={
        "That is (5.3), where the layer divides by the statistics of these documents themselves.": (
            of_these
        ),
        "That is the floor of the documents of training, whose statistics the layer has kept.": (
            lambda gamma, b, eps, kept_mean, kept_var, mean, var: of_these(
                gamma, b, eps, mean, var, kept_mean, kept_var
            )
        ),
        "The mean of these documents need not be the kept one. What is left of the difference?": (
            floor_with(shift=lambda b, gamma, z: b**2)
        ),
        "A shift costs, too: b is missing.": floor_with(shift=lambda b, gamma, z: (gamma * z) ** 2),
        "What is left of the mean and b are added before the square is taken.": floor_with(
            shift=lambda b, gamma, z: b**2 + (gamma * z) ** 2
        ),
        "What is left of the mean is stretched by γ, as everything before b is.": floor_with(
            shift=lambda b, gamma, z: (b + z) ** 2
        ),
        "Kept mean from mean, not the other way round: the sign counts once b is added.": (
            floor_with(shift=lambda b, gamma, z: (b - gamma * z) ** 2)
        ),
        "γ scales a deviation; what is paid is a variance.": floor_with(
            spread=lambda gamma, share: gamma * share
        ),
        "You have the deviation that is left; what is paid is its square, the variance.": (
            floor_with(spread=lambda gamma, share: gamma**2 * share**0.5)
        ),
        "ε is missing: the layer divides by the root of the kept variance and ε.": (
            lambda gamma, b, eps, *moments: floor_of(gamma, b, 0 * eps, *moments).sum()
        ),
        "The layer divides by a deviation; you divide by a variance.": (
            lambda gamma, b, eps, kept_mean, kept_var, mean, var: floor_of(
                gamma, b, 0 * eps, kept_mean, (kept_var + eps) ** 2, mean, var
            ).sum()
        ),
        "ε stands under the root, beside the kept variance.": (
            lambda gamma, b, eps, kept_mean, kept_var, mean, var: floor_of(
                gamma, b, 0 * eps, kept_mean, (kept_var**0.5 + eps) ** 2, mean, var
            ).sum()
        ),
        "The kept mean is taken off first: it is not 0.": (
            lambda gamma, b, eps, kept_mean, *rest: floor_of(
                gamma, b, eps, 0 * kept_mean, *rest
            ).sum()
        ),
        "That is the shift alone. What do documents that differ pay?": floor_with(
            spread=lambda gamma, share: 0 * share
        ),
        "That is the spread alone. Where do the means lie after the layer?": floor_with(
            shift=lambda b, gamma, z: 0 * b
        ),
        "The half is forgotten: a mean of m costs half of its square.": (
            lambda *given: 2 * floor_of(*given).sum()
        ),
        "The KL of a document is a sum over dimensions; yours is their mean.": (
            lambda *given: floor_of(*given).mean()
        ),
        "One number is asked for: the KL is a sum over dimensions.": floor_of,
    },
    praise="At test time nothing is guaranteed: documents that the layer has not seen may have "
    "less spread than it has kept, or a shift that hides it.",
)
