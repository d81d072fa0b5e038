"""A linear VAE: the smallest model that collapses, one dimension at a time.

Encoder q(z|x) = N(Gx, diag(exp(log_var))) with a log_var that does not depend on x, decoder
N(Wz, σ²I), prior N(0, I), centred data. That family contains the optimum of the ELBO, so what
training reaches can be held against the closed forms of ``collapse.theory`` (Lucas et al. 2019,
arXiv:1911.02469).
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.distributions import Normal

from collapse.base.errors import CollapseError
from collapse.theory.checks import not_empty, not_negative, one_or_more, positive
from collapse.theory.linear import check_spectrum


def generate(eigenvalues: Float[Tensor, " data"], n: int, seed: int) -> Float[Tensor, "n data"]:
    """n points with mean zero and a sample covariance (divisor n) of exactly this spectrum.

    Gaussian noise, whitened, scaled and turned to random axes: no sampling error is left between
    the data and the theory.

    Args:
        eigenvalues: of the covariance, at least one.
        n: how many points, more than P.
        seed: of noise and axes.

    Raises:
        CollapseError: for eigenvalues that no covariance has, or too few points for them.
    """
    not_empty(eigenvalues, "eigenvalues")
    check_spectrum(eigenvalues)
    if n <= len(eigenvalues):
        raise CollapseError(
            f"A covariance of {len(eigenvalues)} dimensions needs more points than that; got {n}."
        )
    generator = torch.Generator().manual_seed(seed)
    size = len(eigenvalues)
    noise = torch.randn(n, size, generator=generator, dtype=eigenvalues.dtype)
    white = torch.linalg.qr(noise - noise.mean(0)).Q * math.sqrt(n)
    axes = torch.linalg.qr(torch.randn(size, size, generator=generator).to(eigenvalues)).Q
    return (white * eigenvalues.clamp(min=0).sqrt()) @ axes.T


class LinearVAE(nn.Module):
    """The linear VAE for centred data of ``data`` dimensions, in double precision.

    Data of another precision are taken as doubles.

    Args:
        data: dimensions P of x.
        latent: dimensions D of z.
        noise_variance: σ² of the decoder, > 0; where it starts, if it is learned.
        seed: of the initial weights.
        learn_noise: train log σ² too.
        init_std: of the initial weights; with 0 the model starts at, and never leaves, collapse.

    Raises:
        CollapseError: for a noise variance that is not positive, no dimension of the data, or a
            negative number of latent ones or standard deviation.
    """

    def __init__(
        self,
        data: int,
        latent: int,
        noise_variance: float,
        *,
        seed: int,
        learn_noise: bool = False,
        init_std: float = 0.1,
    ) -> None:
        super().__init__()
        one_or_more(data=data)
        positive(noise_variance=noise_variance)
        not_negative(latent=latent, init_std=init_std)
        generator = torch.Generator().manual_seed(seed)
        start = torch.randn(2, data, latent, generator=generator, dtype=torch.float64) * init_std
        self.decoder = nn.Parameter(start[0])  # W: (data, latent)
        self.encoder = nn.Parameter(start[1].T.contiguous())  # G: (latent, data)
        self.log_var = nn.Parameter(torch.zeros(latent, dtype=torch.float64))
        log_noise = torch.tensor(math.log(noise_variance), dtype=torch.float64)
        self.log_noise_variance = nn.Parameter(log_noise, requires_grad=learn_noise)

    @property
    def noise_variance(self) -> float:
        """σ² of the decoder."""
        return self.log_noise_variance.exp().item()

    def prior(self) -> Normal:
        """N(0, I), batch shape (D,)."""
        return Normal(torch.zeros_like(self.log_var), torch.ones_like(self.log_var))

    def encode(self, x: Float[Tensor, "batch data"]) -> Normal:
        """q(z|x), batch shape (B, D)."""
        means = self._means(x)
        return Normal(means, (0.5 * self.log_var).exp().expand_as(means))

    def log_likelihood(
        self, x: Float[Tensor, "batch data"], z: Float[Tensor, "batch latent"]
    ) -> Float[Tensor, " batch"]:
        """log p(x|z) in nats, summed over the dimensions of x."""
        error = x.to(self.decoder) - z.to(self.decoder) @ self.decoder.T
        return self._log_density(error.square().sum(-1))

    def expected_log_likelihood(
        self,
        x: Float[Tensor, "batch data"],
    ) -> Float[Tensor, " batch"]:
        """E_q log p(x|z) in nats, in closed form: the spread of z adds Σ_d ‖w_d‖² s_d²."""
        error = (x.to(self.decoder) - self._means(x) @ self.decoder.T).square().sum(-1)
        trace = (self.decoder.square().sum(0) * self.log_var.exp()).sum()  # of W diag(s²) Wᵀ
        return self._log_density(error + trace)

    def kl(self, x: Float[Tensor, "batch data"]) -> Float[Tensor, "batch latent"]:
        """KL(q(z_d|x) ‖ p) in nats, for each example and dimension."""
        means = self._means(x)
        return 0.5 * (means.square() + self.log_var.exp() - 1 - self.log_var)

    def elbo(self, x: Float[Tensor, "batch data"]) -> Float[Tensor, " batch"]:
        """The ELBO in nats, without sampling."""
        return self.expected_log_likelihood(x) - self.kl(x).sum(-1)

    def _means(self, x: Float[Tensor, "batch data"]) -> Float[Tensor, "batch latent"]:
        return x.to(self.encoder) @ self.encoder.T

    def _log_density(self, squared_error: Float[Tensor, " batch"]) -> Float[Tensor, " batch"]:
        log_variance = self.log_noise_variance
        normaliser = len(self.decoder) * (math.log(2 * math.pi) + log_variance)
        return -0.5 * (normaliser + squared_error / log_variance.exp())


@dataclass(frozen=True)
class LinearRun:
    """What training recorded before each step and after the last; nats, means over the data.

    Attributes:
        elbo: (steps + 1,) with weight one on the KL.
        kl: (steps + 1, D), columns by falling final KL.
    """

    elbo: Float[Tensor, " steps"]
    kl: Float[Tensor, "steps latent"]


def train(
    model: LinearVAE,
    x: Float[Tensor, "n data"],
    *,
    steps: int = 1000,
    learning_rate: float = 0.02,
    beta: float = 1.0,
    sample_seed: int | None = None,
) -> LinearRun:
    """Train in place with Adam on the whole set at every step; the rate falls to 0 as a cosine.

    Args:
        model: changed by training.
        x: centred data.
        steps: of Adam.
        learning_rate: at the start.
        beta: weight of the KL in the objective.
        sample_seed: None for the closed-form ELBO; a seed to estimate the reconstruction from one
            reparameterised draw for each example, as every other VAE has to.

    Raises:
        CollapseError: without data, for a negative number of steps or weight, or a learning rate
            that is not positive.
    """
    not_empty(x, "data points")
    not_negative(steps=steps, beta=beta)
    positive(learning_rate=learning_rate)
    optimiser = torch.optim.Adam(model.parameters(), lr=learning_rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    generator = None if sample_seed is None else torch.Generator().manual_seed(sample_seed)
    record = [_summary(model, x)]
    for _ in range(steps):
        optimiser.zero_grad()
        loss = beta * model.kl(x).sum(-1) - _reconstruction(model, x, generator)
        loss.mean().backward()
        optimiser.step()
        schedule.step()
        record.append(_summary(model, x))
    elbo, kl = (torch.stack(column) for column in zip(*record, strict=True))
    return LinearRun(elbo, kl[:, kl[-1].argsort(descending=True)])


def _reconstruction(
    model: LinearVAE, x: Float[Tensor, "n data"], generator: torch.Generator | None
) -> Float[Tensor, " n"]:
    if generator is None:
        return model.expected_log_likelihood(x)
    q = model.encode(x)
    noise = torch.randn(q.loc.shape, generator=generator, dtype=q.loc.dtype)
    return model.log_likelihood(x, q.loc + q.scale * noise)


@torch.no_grad()
def _summary(model: LinearVAE, x: Float[Tensor, "n data"]) -> tuple[Tensor, Tensor]:
    kl = model.kl(x).mean(0)
    return model.expected_log_likelihood(x).mean() - kl.sum(), kl
