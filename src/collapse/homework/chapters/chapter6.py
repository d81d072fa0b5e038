"""The exercises of chapter 6, on a prior that is learned."""

import math
from collections.abc import Callable
from itertools import permutations
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.distributions import Normal, kl_divergence

from collapse.distributions import standard_normal
from collapse.exact import silent_codes
from collapse.homework.answers import numbers
from collapse.homework.inputs import unchanged
from collapse.homework.kinds import Choice, Find, Function, Numbers, Values, Verdict
from collapse.theory import kl_floor, silent_rates, speaking_rates, two_kls

# --- 6.1: a cheaper way to tell nothing ------------------------------------------------------

CONTEXTS = tuple(f"mean {number}" for number in range(1, 9))
FAR = 2.0  # no mean may lie further from 0
CHEAP = 0.93  # of the price of two equal groups


def tells_nothing_for_less(answer: Any, seed: int, scale: str) -> Verdict:
    """What the means of eight contexts pay, as a share of what two equal groups pay."""
    given = answer.tolist() if isinstance(answer, np.ndarray | Tensor) else answer
    means = np.array(numbers(given, CONTEXTS))
    if abs(means.mean()) > 1e-3:
        return Verdict(False, f"The layer makes the mean 0; yours have {means.mean():.3f}.")
    if abs(means.var() - 1) > 1e-3:
        divisor = " Its divisor is 8, not 7." if abs(means.var(ddof=1) - 1) < 1e-3 else ""
        return Verdict(
            False, f"The layer makes the variance 1; yours is {means.var():.3f}.{divisor}"
        )
    if (far := abs(means).max()) > FAR + 1e-3:
        return Verdict(False, f"A mean lies {far:.2f} from 0, further than {FAR:g}.")
    share = silent_codes.price(means.tolist()).kl / silent_rates(1.0)[0]
    seen = f"You pay {share:.1%} of two equal groups."
    if share > CHEAP:
        return Verdict(False, f"{seen} Must every context pay its share?")
    return Verdict(True, f"{seen} Of the reply none of it tells anything.")


# --- 6.2: a stiff tie ------------------------------------------------------------------------

GAMMA = 1.4
STIFF = Numbers(
    truth=lambda: [kl_floor(GAMMA)],
    names=("KL in nats",),
    hint="Where is p when the tie is infinitely stiff?",
    ideas={
        "That is the variance of the means; a normal that is off by γ costs half of its square.": (
            lambda: [GAMMA**2]
        ),
        "The deviation enters with its square.": lambda: [GAMMA / 2],
        "That is (6.5), the price at α = 1, where p still comes half of the way.": (
            lambda: [silent_rates(GAMMA)[0]]
        ),
        "That is the whole price at α = 1. The second KL costs more and more: what will p do?": (
            lambda: [sum(silent_rates(GAMMA))]
        ),
        "That is a code that tells, at α = 1. Here the means follow the context.": (
            lambda: [speaking_rates(GAMMA)[0]]
        ),
        "Nothing is paid where p may follow q. What does the tie do to p?": lambda: [0.0],
        "In nats the logarithm is natural; yours has base 2.": (
            lambda: [kl_floor(GAMMA) / math.log(2)]
        ),
    },
    praise="With a prior that cannot move, the old floor is back.",
)

# --- 6.3: the loss of a training step --------------------------------------------------------

Loss = Callable[[Normal, Normal, Tensor, float], Any]


def observe_loss(loss: Loss, generator: torch.Generator) -> Values:
    """The loss of four documents, and the gradients that it sends to q, p and the decoder."""
    means = torch.randn(2, 4, 3, generator=generator)
    deviations = torch.rand(2, 4, 3, generator=generator) + 0.5
    leaves = [*means, *deviations, torch.randn(4, generator=generator)]
    q_mean, p_mean, q_std, p_std, told = (leaf.clone().requires_grad_() for leaf in leaves)
    with unchanged(q_mean, p_mean, q_std, p_std, told):
        given = loss(Normal(q_mean, q_std), Normal(p_mean, p_std), told, 0.5)
    if given is None:
        return None, None, None, None
    q_slopes, p_slopes = gradient(given, q_mean, q_std), gradient(given, p_mean, p_std)
    return given, q_slopes, p_slopes, gradient(given, told)


def gradient(loss: Any, *inputs: Tensor) -> Tensor:
    """The gradient of a loss in all of these; empty where it reaches none of them."""
    if not isinstance(loss, Tensor) or not loss.requires_grad or loss.numel() != 1:
        return torch.zeros(0)
    slopes = torch.autograd.grad(loss.sum(), inputs, retain_graph=True, allow_unused=True)
    reached = [slope for slope in slopes if slope is not None]
    return torch.cat([torch.zeros(0), *(slope.flatten() for slope in reached)])


def to_standard(q: Normal) -> Tensor:
    """KL(q ‖ N(0, I)) of each dimension."""
    return kl_divergence(q, standard_normal(torch.zeros_like(q.mean)))


def right_loss(q: Normal, p: Normal, log_likelihood: Tensor, beta: float) -> Tensor:
    """The negative of (6.2) with weight beta on both KLs, averaged over the batch."""
    both = two_kls(q.mean, q.stddev, p.mean, p.stddev).sum(-1)
    return (beta * both - log_likelihood).mean()


def with_kls(first: Callable[[Normal, Normal], Tensor], tie: Callable[..., Tensor]) -> Loss:
    """The loss with other KLs."""
    return lambda q, p, told, beta: (beta * (first(q, p) + tie(q, p)).sum(-1) - told).mean()


LOSS = Function(
    observe=observe_loss,
    reference=right_loss,
    gives=("loss", "gradient to q", "gradient to p", "gradient to the decoder"),
    hint="Take it term by term: which KLs, from where to where, what sum, what mean?",
    ideas={
        "The second KL is missing: nothing holds p.": with_kls(
            kl_divergence, lambda q, p: torch.zeros_like(q.mean)
        ),
        "The second KL is that of p; yours ties q to the standard normal.": with_kls(
            kl_divergence, lambda q, p: to_standard(q)
        ),
        "The first KL goes from q to p; yours is KL(p‖q).": with_kls(
            lambda q, p: kl_divergence(p, q), lambda q, p: to_standard(p)
        ),
        "The second KL goes from p to r; yours is KL(r‖p).": with_kls(
            kl_divergence,
            lambda q, p: kl_divergence(standard_normal(torch.zeros_like(p.mean)), p),
        ),
        "With the printed -1 the sum is not 0 where q, p and r are one: mind (6.3).": with_kls(
            kl_divergence, lambda q, p: to_standard(p) + 0.5
        ),
        "beta weighs both KLs; yours weighs the first alone.": lambda q, p, told, beta: (
            (beta * kl_divergence(q, p) + to_standard(p)).sum(-1) - told
        ).mean(),
        "beta weighs the KLs alone; yours weighs the likelihood, too.": (
            lambda q, p, told, beta: beta * right_loss(q, p, told, 1.0)
        ),
        "beta weighs the KLs; yours does not.": lambda q, p, told, _: right_loss(q, p, told, 1.0),
        "The KL of a document is a sum over the dimensions of z; yours is their mean.": (
            lambda q, p, told, beta: right_loss(q, p, told, beta / q.mean.shape[-1])
        ),
        "The loss is a mean over documents; yours is their sum.": lambda q, p, told, beta: (
            len(told) * right_loss(q, p, told, beta)
        ),
        "A loss is a cost: the better the likelihood, the lower it is.": (
            lambda q, p, told, beta: right_loss(q, p, -told, beta)
        ),
        "That is the bound; a loss is its negative.": lambda q, p, told, beta: (
            -right_loss(q, p, told, beta)
        ),
        "The number is right, but no gradient comes from it: give a tensor, without item() and "
        "detach().": lambda q, p, told, beta: right_loss(q, p, told, beta).detach(),
        "The number is right, but p cannot learn from it: no gradient reaches p.": (
            lambda q, p, told, beta: right_loss(
                q, Normal(p.mean.detach(), p.stddev.detach()), told, beta
            )
        ),
    },
    praise="The value is right, and so is what it teaches q, p and the decoder.",
)

# --- 6.4: a log ------------------------------------------------------------------------------

LOG = {"A": (0.25, 0.22), "B": (0.62, 0.14), "C": (0.00, 7.50)}  # KL(q‖p), KL(p‖r)
DIMENSIONS = 2


def who_is_who() -> str:
    """The line whose prior has followed, then those that are closed forms, a dimension each."""
    untied = next(line for line, (to_prior, _) in LOG.items() if to_prior == 0)
    forms = ([DIMENSIONS * nats for nats in form(1.0)] for form in (silent_rates, speaking_rates))
    return untied + "".join(
        next(line for line in LOG if np.allclose(LOG[line], form, atol=0.006)) for form in forms
    )


# --- 6.5: a column of perplexities -----------------------------------------------------------

PRINTED = {"CVAE": (36.40, 0.15), "CVAE (BOW)": (24.49, 9.30), "BN-CVAE": (30.67, 5.18)}
"""Perplexity and KL, Zhu et al. (2020), Table 4."""


def length_of_equal_bounds(
    one: str = "CVAE", other: str = "BN-CVAE", log: Callable[[float], float] = math.log
) -> float:
    """The number of words at which T log PPL + KL is the same for two models."""
    (ppl, kl), (other_ppl, other_kl) = PRINTED[one], PRINTED[other]
    return (other_kl - kl) / log(ppl / other_ppl)


LENGTH = Numbers(
    truth=lambda: [length_of_equal_bounds()],
    names=("words",),
    hint="Write both bounds down and set them equal: T stands in one term only.",
    ideas={
        "A word costs the logarithm of the perplexity, not the perplexity.": lambda: [
            (PRINTED["BN-CVAE"][1] - PRINTED["CVAE"][1])
            / (PRINTED["CVAE"][0] - PRINTED["BN-CVAE"][0])
        ],
        "The KLs are in nats; your words are in bits.": (
            lambda: [length_of_equal_bounds(log=math.log2)]
        ),
        "The KLs are in nats, whose logarithm is natural; yours has base 10.": (
            lambda: [length_of_equal_bounds(log=math.log10)]
        ),
        "That is the CVAE beside the one with a bag of words.": (
            lambda: [length_of_equal_bounds(other="CVAE (BOW)")]
        ),
        "That is BN-CVAE beside the CVAE with a bag of words.": (
            lambda: [length_of_equal_bounds(one="CVAE (BOW)")]
        ),
        "Each model pays its own KL: what counts is how much more one pays.": lambda: [
            (PRINTED["BN-CVAE"][1] + PRINTED["CVAE"][1])
            / math.log(PRINTED["CVAE"][0] / PRINTED["BN-CVAE"][0])
        ],
        "A length is positive: BN-CVAE pays the larger KL and has the cheaper words.": (
            lambda: [-length_of_equal_bounds()]
        ),
    },
    praise="And for shorter replies? Then the KL weighs more than the words.",
    tolerance=0.29,  # then the bounds are less than 0.05 nats apart
)

EXERCISES = {
    "6.1": Find(tells_nothing_for_less),
    "6.2": STIFF,
    "6.3": LOSS,
    "6.4": Choice(
        truth=who_is_who,
        options=["".join(order) for order in permutations(LOG)],
        hint="Without a tie p may go where q is: what do the two KLs become then?",
        why_not={
            "CBA": "Of A and B, in which do the means differ between the replies to one context?",
        },
        praise="The variance of all means decides nothing; that within a context does.",
    ),
    "6.5": LENGTH,
}
