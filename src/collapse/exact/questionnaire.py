"""A VAE small enough to integrate: yes/no answers x, a scalar latent z, every integral a sum.

M questions give J = 2^M answer sheets. A decoder is a module that returns log p(x_j|z) for all J
sheets at once; the prior is N(0, 1); the posterior is one Gaussian for each sheet, so there is no
amortisation gap. Integrals over z are trapezoid sums on a fixed grid, which for such smooth
integrands are exact to about 1e-12 while posterior standard deviations exceed 0.02; what the grid
does not hold is refused. All values are in nats, in double precision.
"""

import itertools
import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.distributions import Normal

from collapse.base.errors import CollapseError
from collapse.theory.checks import not_empty, one_or_more
from collapse.theory.dual_bound import PRIOR, check_held
from collapse.theory.grids import even_axis

GRID = even_axis(12.0, 0.005, torch.float64)
LOG_STEP = math.log(GRID[1] - GRID[0])
MOST_QUESTIONS = 20  # questions: a sheet each for a million patterns


def answer_sheets(questions: int) -> Float[Tensor, "patterns questions"]:
    """All 2^M patterns of M answers, 1 for yes, in counting order.

    Raises:
        CollapseError: for a negative number of questions, or more than 20.
    """
    if not 0 <= questions <= MOST_QUESTIONS:
        raise CollapseError(
            f"The number of questions is from 0 to {MOST_QUESTIONS}; got {questions}."
        )
    return torch.tensor(list(itertools.product([0.0, 1.0], repeat=questions)), dtype=torch.float64)


class Questionnaire(nn.Module):
    """Answers that are independent given z: p(yes to question m | z) = sigmoid(a_m z + b_m).

    Psychometricians know it as the two-parameter logistic model of item response theory.

    Args:
        slopes: a_m, one for each question.
        intercepts: b_m.

    Raises:
        CollapseError: unless there are as many of the one as of the other.
    """

    def __init__(self, slopes: list[float], intercepts: list[float]) -> None:
        super().__init__()
        _check_count(slopes=len(slopes), intercepts=len(intercepts))
        self.slopes = nn.Parameter(torch.tensor(slopes, dtype=torch.float64))
        self.intercepts = nn.Parameter(torch.tensor(intercepts, dtype=torch.float64))

    def forward(self, z: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape patterns"]:
        """log p(x_j|z) for every sheet j."""
        logits = z[..., None] * self.slopes + self.intercepts
        sheets = answer_sheets(len(self.slopes))
        yes, no = nn.functional.logsigmoid(logits), nn.functional.logsigmoid(-logits)
        return yes @ sheets.T + no @ (1 - sheets).T


class FreeDecoder(nn.Module):
    """Any distribution over the sheets: log p(x_j|z) = log softmax_j(a_j z + b_j).

    With slopes of zero it still fits every distribution of x, which ``Questionnaire`` cannot.

    Args:
        slopes: a_j, where training starts; one for each sheet.
    """

    def __init__(self, slopes: Float[Tensor, " patterns"]) -> None:
        super().__init__()
        self.slopes = nn.Parameter(slopes.clone())
        self.intercepts = nn.Parameter(torch.zeros_like(slopes))

    def forward(self, z: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape patterns"]:
        """log p(x_j|z) for every sheet j."""
        return (z[..., None] * self.slopes + self.intercepts).log_softmax(-1)


@dataclass(frozen=True)
class Readings:
    """The exact terms of the bound, for each sheet (J,), unreduced.

    Attributes:
        log_marginal: log p(x).
        reconstruction: E_q log p(x|z).
        rate: KL(q(z|x) ‖ p(z)).
        gap: KL(q(z|x) ‖ p(z|x)), integrated from the two densities, not by subtraction.
    """

    log_marginal: Float[Tensor, " patterns"]
    reconstruction: Float[Tensor, " patterns"]
    rate: Float[Tensor, " patterns"]
    gap: Float[Tensor, " patterns"]

    @property
    def elbo(self) -> Float[Tensor, " patterns"]:
        """Reconstruction minus rate, (J,)."""
        return self.reconstruction - self.rate


def log_joint(decoder: nn.Module) -> Float[Tensor, "grid patterns"]:
    """log p(x_j, z) at every point of the grid."""
    return decoder(GRID) + PRIOR.log_prob(GRID)[:, None]


def log_marginal(decoder: nn.Module) -> Float[Tensor, " patterns"]:
    """log p(x_j) = log ∫ p(x_j|z) p(z) dz."""
    return _log_integral(log_joint(decoder))


def log_posterior(decoder: nn.Module) -> Float[Tensor, "grid patterns"]:
    """log p(z|x_j) at every point of the grid: Bayes' rule."""
    joint = log_joint(decoder)
    return joint - _log_integral(joint)


def read(decoder: nn.Module, q: Normal) -> Readings:
    """Every term of the ELBO of q under the decoder.

    Args:
        decoder: maps z of any shape to log p(x_j|z).
        q: the posteriors, batch shape (J,).

    Raises:
        CollapseError: for a posterior that the grid does not hold, or for more
            or fewer of them than the decoder has sheets.
    """
    check_held(q, GRID)
    log_q, marginal = _log_density(q), log_marginal(decoder)
    _check_count(decoder_sheets=len(marginal), posteriors=log_q.shape[1])
    return Readings(
        log_marginal=marginal,
        reconstruction=_expectation(log_q, decoder(GRID)),
        rate=_expectation(log_q, log_q - PRIOR.log_prob(GRID)[:, None]),
        gap=_expectation(log_q, log_q - log_posterior(decoder)),
    )


def information(
    q: Normal, frequencies: Float[Tensor, " patterns"]
) -> tuple[Float[Tensor, ""], Float[Tensor, ""]]:
    """I_q(x; z) and KL(q(z) ‖ p), where q(z) mixes the posteriors by the frequencies of the sheets.

    Source: Hoffman & Johnson 2016, "ELBO surgery".

    Raises:
        CollapseError: for a posterior that the grid does not hold, or frequencies that are none,
            do not sum to 1 or are not as many.
    """
    check_held(q, GRID)
    _check_frequencies(frequencies)
    log_q = _log_density(q)
    _check_count(posteriors=log_q.shape[1], frequencies=len(frequencies))
    log_mixture = (log_q + frequencies.log()).logsumexp(1)
    shared = _expectation(log_q, log_q - log_mixture[:, None])
    marginal = _expectation(log_mixture[:, None], (log_mixture - PRIOR.log_prob(GRID))[:, None])
    return (frequencies * shared).sum(), marginal[0]


def fit(
    decoder: nn.Module,
    frequencies: Float[Tensor, " patterns"],
    *,
    train_decoder: bool = False,
    steps: int = 300,
) -> Normal:
    """The posteriors that maximise the exact ELBO averaged over the sheets, by L-BFGS from N(0, 1).

    Args:
        decoder: changed in place if ``train_decoder``.
        frequencies: (J,) how often each sheet occurs, all positive, summing to 1.
        train_decoder: whether the decoder learns too.
        steps: at most this many iterations.

    Raises:
        CollapseError: if a sheet never occurs: its posterior would be undefined; or for frequencies
            that are none, do not sum to 1 or are not as many as the decoder's sheets.
    """
    _check_frequencies(frequencies)
    if (frequencies <= 0).any():
        raise CollapseError("Every answer sheet needs a positive frequency.")
    _check_count(decoder_sheets=log_joint(decoder).shape[1], frequencies=len(frequencies))
    means = torch.zeros_like(frequencies).requires_grad_()
    log_vars = torch.zeros_like(frequencies).requires_grad_()
    weights = list(decoder.parameters()) if train_decoder else []
    optimiser = torch.optim.LBFGS(
        [means, log_vars, *weights], max_iter=steps, line_search_fn="strong_wolfe"
    )

    def loss() -> Tensor:
        optimiser.zero_grad()
        q = Normal(means, (0.5 * log_vars).exp())
        log_q = _log_density(q)
        value = -(frequencies * _expectation(log_q, log_joint(decoder) - log_q)).sum()
        value.backward()
        return value

    optimiser.step(loss)
    return Normal(means.detach(), (0.5 * log_vars).exp().detach())


@torch.no_grad()
def importance_bounds(
    decoder: nn.Module, q: Normal, counts: list[int], repeats: int, seed: int
) -> Float[Tensor, "counts repeats patterns"]:
    """log (1/K) Σ_k p(x, z_k) / q(z_k|x) for every K in ``counts``, many times over.

    Within a repeat the smaller counts use the first draws of the larger. Source: Burda et al. 2016
    (arXiv:1509.00519), eq. 8.

    Raises:
        CollapseError: without a count, or for a count or a number of repeats below 1.
    """
    one_or_more(repeats=repeats, **{f"counts[{i}]": count for i, count in enumerate(counts)})
    not_empty(torch.tensor(counts), "counts")
    generator = torch.Generator().manual_seed(seed)
    shape = (repeats, max(counts), len(q.loc))
    z = q.loc + q.scale * torch.randn(shape, generator=generator, dtype=torch.float64)
    columns = [decoder(z[..., j])[..., j] for j in range(len(q.loc))]
    log_weights = torch.stack(columns, -1) + PRIOR.log_prob(z) - q.log_prob(z)
    return torch.stack([log_weights[:, :k].logsumexp(1) - math.log(k) for k in counts])


def _check_count(**counts: int) -> None:
    """Refuse what is not one for one."""
    if len(set(counts.values())) > 1:
        listed = ", ".join(f"{name.replace('_', ' ')} {count}" for name, count in counts.items())
        raise CollapseError(f"There must be as many of the one as of the other; got {listed}.")


def _check_frequencies(frequencies: Float[Tensor, " patterns"]) -> None:
    """Refuse what is no distribution over the sheets."""
    total = frequencies.sum().item()
    if not ((frequencies >= 0).all() and abs(total - 1) < 1e-4):
        raise CollapseError(
            "The frequencies of the answer sheets are 0 or more and sum to 1; the least is "
            f"{frequencies.min().item():.4g} and they sum to {total:.6g}."
        )


def _log_density(q: Normal) -> Float[Tensor, "grid patterns"]:
    return q.log_prob(GRID[:, None])


def _log_integral(log_values: Float[Tensor, "grid columns"]) -> Float[Tensor, " columns"]:
    return log_values.logsumexp(0) + LOG_STEP


def _expectation(
    log_density: Float[Tensor, "grid columns"], values: Float[Tensor, "grid columns"]
) -> Float[Tensor, " columns"]:
    return ((log_density + LOG_STEP).exp() * values).sum(0)
