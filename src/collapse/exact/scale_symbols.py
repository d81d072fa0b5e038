"""The smallest case that decides what kind of number Scale-VAE's is: V equally likely symbols.

x is one of V symbols, each with probability 1/V. The encoder is a table of means and variances, the
decoder a small network from a scalar u to V probabilities, and the means are scaled as Song et al.
(2024) do it; one batch holds every symbol, so that its factor is the factor of the data. It is each
batch's own, or, as in their Algorithm 1, it is held after some epochs. By Gibbs' inequality no
distribution over the symbols has a mean negative log-likelihood below log V. A number that goes
below is no negative log-likelihood, and the reason can be seen by summing what it takes for
probabilities over all x. Every number here is an integral over one dimension, done on a grid; all
are in nats, in double precision."""

import math
from dataclasses import dataclass, field

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.distributions import Normal, kl_divergence

from collapse.base.errors import choose
from collapse.theory.checks import not_negative, one_or_more, positive
from collapse.theory.dual_bound import PRIOR
from collapse.theory.grids import even_axis
from collapse.theory.scale_bounds import charges

CHARGES = {"unscaled": "Eq. 7", "generation": "prior N(0, f²)", "standard": "prior N(0, 1)"}
NORMAL_GRID = even_axis(9.0, 0.003, torch.float64)


@dataclass(frozen=True)
class SymbolModel:
    """A trained model.

    Attributes:
        means: μ of each symbol, ``(symbols,)``.
        variances: σ² of each symbol, ``(symbols,)``.
        factor: f.
        decoder: u of any shape to log p(x|u), with an axis for x at the end.
    """

    means: Float[Tensor, " symbols"]
    variances: Float[Tensor, " symbols"]
    factor: float
    decoder: nn.Module

    @property
    def scaled(self) -> Normal:
        """q̂ of each symbol: what the decoder reads."""
        return Normal(self.factor * self.means, self.variances.sqrt())


@dataclass(frozen=True)
class SymbolNumbers:
    """What can be said about a model, means over the symbols, in nats.

    Attributes:
        kl: KL(N(μ, σ²) ‖ N(0, 1)), what Eq. 7 charges.
        information: I(x; u) of the scaled codes.
        objective: the negative of Eq. 7.
        told: what importance weighting with the weights of Eq. 7 tends to.
        told_sum: the sum over x of its "probabilities"; 1 for a likelihood.
        mixed: what the mixed weights tend to.
        standard: exact NLL of the model whose decoder reads u ~ N(0, 1).
        standard_sum: the sum of its probabilities.
        generation: exact NLL of the model whose decoder reads u ~ N(0, f²), as the paper generates.
        generation_sum: the sum of its probabilities.
        aggregate: exact NLL with the aggregated posterior as the prior.
        factor: f.
        variance: mean σ².
    """

    kl: float
    information: float
    objective: float
    told: float
    told_sum: float
    mixed: float
    standard: float
    standard_sum: float
    generation: float
    generation_sum: float
    aggregate: float
    factor: float
    variance: float


def train(
    des_std: float | None,
    seed: int,
    *,
    symbols: int = 16,
    charge: str = "unscaled",
    steps: int = 1500,
    draws: int = 8,
    f_epo: int | None = None,
    epoch: int = 20,
) -> SymbolModel:
    """Fit table and decoder by Adam, every step on all symbols.

    Args:
        des_std: the standard deviation of the scaled means; None for a plain VAE.
        seed: of weights and noise.
        symbols: V.
        charge: which KL is charged, a name from ``CHARGES``.
        steps: of the optimiser.
        draws: of u for each symbol and step.
        f_epo: epochs in which each batch has its own factor; after them it is held, see
            :class:`Factors`. Without it every batch has its own to the end.
        epoch: steps in an epoch.

    Raises:
        UnknownNameError: for another charge.
        CollapseError: for less than one symbol, draw or step of an epoch, less than two symbols or
            a ``des_std`` that is not positive where means are scaled, or a negative number of
            steps or epochs.
    """
    choose(charge, CHARGES, "charge")
    one_or_more(symbols=symbols, draws=draws, epoch=epoch)
    not_negative(steps=steps, f_epo=f_epo or 0)
    if des_std is not None:
        positive(des_std=des_std)
        one_or_more(symbols_but_one=symbols - 1)  # one mean has no spread to be scaled
    random = torch.Generator().manual_seed(seed)
    means = 0.1 * torch.randn(symbols, generator=random, dtype=torch.float64)
    log_vars, decoder = torch.zeros_like(means), new_decoder(symbols, random)
    optimizer = torch.optim.Adam(
        [means.requires_grad_(), log_vars.requires_grad_(), *decoder.parameters()], lr=1e-2
    )
    targets = torch.arange(symbols).expand(draws, -1).unsqueeze(-1)
    factors = Factors(des_std, f_epo, epoch)
    for step in range(steps):
        factor = factors.at(step, means)
        noise = torch.randn(draws, symbols, generator=random, dtype=torch.float64)
        u = factor * means + (0.5 * log_vars).exp() * noise
        rate = getattr(charges(means[:, None], log_vars.exp()[:, None], factor[None]), charge)
        loss = rate.mean() - decoder(u).gather(-1, targets).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    means, variances = means.detach(), log_vars.detach().exp()
    return SymbolModel(means, variances, data_factor(means, des_std).item(), decoder)


@dataclass
class Factors:
    """The factor of each step of training (Song et al. 2024, Algorithm 1).

    In the first epochs it is the batch's own, and the gradient goes through it. In a later epoch it
    is the mean of the own factors of the epoch before: one number, and no gradient.

    Attributes:
        des_std: the standard deviation of the scaled means; None for a factor of 1.
        f_epo: epochs with own factors; None for all.
        epoch: steps in an epoch.
        held: the mean factor of the last full epoch; 1 before there is one.
        seen: own factors of this epoch.
    """

    des_std: float | None
    f_epo: int | None
    epoch: int
    held: Float[Tensor, ""] = field(default_factory=lambda: torch.ones((), dtype=torch.float64))
    seen: list[Float[Tensor, ""]] = field(default_factory=list)

    def at(self, step: int, means: Float[Tensor, " symbols"]) -> Float[Tensor, ""]:
        """The factor of a step; steps are asked for in order, from 0."""
        if len(self.seen) == self.epoch:
            self.held, self.seen = torch.stack(self.seen).mean(), []
        own = data_factor(means, self.des_std)
        self.seen.append(own.detach())
        own_epochs = self.f_epo is None or step < self.f_epo * self.epoch
        return own if own_epochs else self.held


def data_factor(means: Float[Tensor, " symbols"], des_std: float | None) -> Float[Tensor, ""]:
    """f = des_std / Std[μ] over all symbols, divisor V; 1 without a ``des_std``."""
    return means.new_ones(()) if des_std is None else des_std / means.std(correction=0)


def held_excess(des_std: float) -> float:
    """By how much a negative Eq. 7 lies below log V where a held factor comes to rest, in nats.

    Take V so large that the scaled codes can be normal, with variance d² = des_std², and the best
    decoder for them: the objective is ½ log(1 + d²/σ²) less the charge, and with f fixed it has to
    be stationary. In the variance of μ that asks for σ² + d² = f², in σ² for σ² + d² = 1 or, if d
    is 1 or more, for a σ² as small as V allows. So f is 1 for d < 1: then the objective is a bound.
    Above that f tends to d, and the excess to log d. With an own factor in every batch it is
    :func:`collapse.theory.largest_excess`, d²/2 and log d + ½.

    Raises:
        CollapseError: for a ``des_std`` that is not positive.
    """
    positive(des_std=des_std)
    return max(0.0, math.log(des_std))


def new_decoder(symbols: int, random: torch.Generator) -> nn.Module:
    """One hidden layer of 32 units, in double precision, with weights drawn from ``random``."""
    decoder = nn.Sequential(Scalar(), nn.Linear(1, 32), nn.Tanh(), nn.Linear(32, symbols)).double()
    for parameter in decoder.parameters():
        with torch.no_grad():
            parameter.uniform_(-1, 1, generator=random)
    return decoder.append(nn.LogSoftmax(-1))


class Scalar(nn.Module):
    """Gives each number an axis of its own."""

    def forward(self, u: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape 1"]:
        """The same numbers, with an axis at the end."""
        return u.unsqueeze(-1)


@torch.no_grad()
def read(model: SymbolModel) -> SymbolNumbers:
    """Every number, by quadrature."""
    decoder, f, means = model.decoder, model.factor, model.means
    shift, q = (f - 1) * means, model.scaled
    told = shifted_probs(decoder, shift)
    wide = shift / model.variances
    mixed_constant = 0.5 * wide * (wide - (f + 1) * means)
    standard = probs(decoder, 1.0)
    generation = probs(decoder, f)
    reconstruction = expected(own_log_probs(decoder, at(q)))
    kl = kl_divergence(Normal(means, model.variances.sqrt()), PRIOR)
    return SymbolNumbers(
        kl=kl.mean().item(),
        information=information(q),
        objective=(kl - reconstruction).mean().item(),
        told=-told.log().mean().item(),
        told_sum=told.sum().item(),
        mixed=-(shifted_probs(decoder, wide).log() + mixed_constant).mean().item(),
        standard=-standard.log().mean().item(),
        standard_sum=standard.sum().item(),
        generation=-generation.log().mean().item(),
        generation_sum=generation.sum().item(),
        aggregate=-aggregate_probs(decoder, q).log().mean().item(),
        factor=f,
        variance=model.variances.mean().item(),
    )


def weights() -> Float[Tensor, " grid"]:
    """Mass of N(0, 1) at the points of the grid."""
    return PRIOR.log_prob(NORMAL_GRID).exp() * (NORMAL_GRID[1] - NORMAL_GRID[0])


def probs(decoder: nn.Module, std: float) -> Float[Tensor, " symbols"]:
    """∫ p(x|u) N(u; 0, std²) du of every symbol."""
    return (weights()[:, None] * decoder(std * NORMAL_GRID).exp()).sum(0)


def shifted_probs(
    decoder: nn.Module, shift: Float[Tensor, " symbols"]
) -> Float[Tensor, " symbols"]:
    """∫ p(x | z + shift(x)) N(z; 0, 1) dz of every symbol: no distribution over x."""
    log_probs = own_log_probs(decoder, NORMAL_GRID[:, None] + shift)
    return (weights()[:, None] * log_probs.exp()).sum(0)


def aggregate_probs(decoder: nn.Module, q: Normal) -> Float[Tensor, " symbols"]:
    """p(x) with the mean of all q̂ as the prior: the mean over its parts."""
    parts = (weights()[:, None, None] * decoder(at(q)).exp()).sum(0)  # (part, x)
    return parts.mean(0)


def information(q: Normal) -> float:
    """I(x; u) for equally likely symbols with codes q."""
    u = at(q)  # (grid, symbols)
    mixture = q.log_prob(u.unsqueeze(-1)).logsumexp(-1) - math.log(u.shape[-1])
    return expected(q.log_prob(u) - mixture).mean().item()


def at(q: Normal) -> Float[Tensor, "grid symbols"]:
    """The grid, moved and stretched to each posterior."""
    return q.loc + q.scale * NORMAL_GRID[:, None]


def expected(values: Float[Tensor, "grid symbols"]) -> Float[Tensor, " symbols"]:
    """E_q of values given at the points of :func:`at`, whatever q is."""
    return (weights()[:, None] * values).sum(0)


def own_log_probs(
    decoder: nn.Module, u: Float[Tensor, "grid symbols"]
) -> Float[Tensor, "grid symbols"]:
    """log p(x|u) where column x has its own u."""
    return decoder(u).diagonal(dim1=-2, dim2=-1)
