"""The linear VAE (probabilistic PCA) in closed form.

Data x in R^P, centred, with covariance eigenvalues λ₁ ≥ λ₂ ≥ …; latent z in R^D
with prior N(0, I); decoder x | z ~ N(Wz, σ²I). Its marginal N(0, WWᵀ + σ²I) is probabilistic PCA
(Tipping & Bishop 1999, doi:10.1111/1467-9868.00196); training it as a VAE is studied by Lucas et
al. 2019 (arXiv:1911.02469). Everything here is in nats and exact.

Derivation, in three steps. (1) Dividing E log p(x|z) - β KL by β shows that the weight β acts on
the noise only: the objective is that of a VAE with noise variance τ = βσ², up to a constant and a
factor. (2) In the basis of the eigenvectors the problem falls apart into one-dimensional ones: for
a direction with variance λ and decoder weight w the marginal variance is w² + τ, the likelihood is
largest at w² + τ = λ, and that has a solution with w ≠ 0 only where λ > τ. (3) At that solution
the posterior of z given x is N(wx/λ, τ/λ), so the mean KL of the dimension is ½ log(λ/τ), and
where λ ≤ τ it is 0. D dimensions take the D leading directions.
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from collapse.base.errors import CollapseError
from collapse.theory.checks import not_negative, one_or_more


@dataclass(frozen=True)
class LinearOptimum:
    """The best linear VAE for a spectrum; one entry per latent dimension, largest eigenvalue first.

    Attributes:
        kept: (D,) whether the dimension is used, λ > βσ².
        kl: (D,) nats, KL(q(z_d|x) ‖ p) averaged over the data; 0 where the dimension is off.
        posterior_variance: (D,) βσ²/λ where kept, 1 where not.
        reconstruction: nats per datum, the mean of E_q log p(x|z).
    """

    kept: Bool[Tensor, " latent"]
    kl: Float[Tensor, " latent"]
    posterior_variance: Float[Tensor, " latent"]
    reconstruction: float

    @property
    def elbo(self) -> float:
        """Nats per datum, with weight one on the KL whatever β was trained with."""
        return self.reconstruction - self.kl.sum().item()


def linear_optimum(
    eigenvalues: Float[Tensor, " data"], latent: int, noise_variance: float, beta: float = 1.0
) -> LinearOptimum:
    """The global optimum of the (β-weighted) ELBO of a linear VAE with fixed noise variance.

    For β = 1 its ELBO equals the maximum of the marginal log-likelihood (Tipping & Bishop 1999;
    Lucas et al. 2019), because the posterior is then exact.

    Args:
        eigenvalues: (P,) of the data covariance, in any order.
        latent: number of latent dimensions D.
        noise_variance: decoder variance σ² > 0.
        beta: weight of the KL, > 0.

    Raises:
        CollapseError: for a noise variance or a β that is not positive, eigenvalues that are
            negative, not finite or absent, or a negative number of dimensions.
    """
    threshold = collapse_threshold(noise_variance, beta)
    leading = _leading(eigenvalues, latent)
    kept = leading > threshold
    posterior_variance = torch.where(kept, threshold / leading, torch.ones_like(leading))
    # A kept direction leaves the error τ, any other its whole variance.
    error = eigenvalues.sum() - (leading - threshold).clamp(min=0).sum()
    normaliser = len(eigenvalues) * math.log(2 * math.pi * noise_variance)
    reconstruction = -0.5 * (normaliser + error.item() / noise_variance)
    kl = 0.5 * posterior_variance.reciprocal().log()
    return LinearOptimum(kept, kl, posterior_variance, reconstruction)


def collapse_threshold(noise_variance: float, beta: float = 1.0) -> float:
    """The variance a direction must exceed to be worth a latent dimension: βσ².

    Raises:
        CollapseError: if either is not positive.
    """
    if not (0 < noise_variance < math.inf and 0 < beta < math.inf):
        raise CollapseError(
            f"Noise variance and β must be positive, not {noise_variance} and {beta}."
        )
    return beta * noise_variance


def _leading(eigenvalues: Float[Tensor, " data"], latent: int) -> Float[Tensor, " latent"]:
    """The largest ``latent`` eigenvalues; directions beyond the data have variance zero."""
    one_or_more(data_dimensions=len(eigenvalues))
    not_negative(latent=latent)
    check_spectrum(eigenvalues)
    ordered = eigenvalues.sort(descending=True).values[:latent]
    return torch.nn.functional.pad(ordered, (0, latent - len(ordered)))


def check_spectrum(eigenvalues: Float[Tensor, " data"]) -> None:
    """Refuse eigenvalues that no covariance has: below 0, but for what rounding makes of a 0.

    Raises:
        CollapseError: naming how many are wrong, and the first few.
    """
    least = -1e-4 * eigenvalues.nan_to_num(0.0, 0.0, 0.0).abs().max()
    wrong = ~(eigenvalues.isfinite() & (eigenvalues >= least))
    if wrong.any():
        raise CollapseError(
            f"Eigenvalues of a covariance are finite and not negative; {int(wrong.sum())} of "
            f"{len(eigenvalues)} are not: {eigenvalues[wrong][:5].tolist()}."
        )


def ppca_noise_variance(eigenvalues: Float[Tensor, " data"], latent: int) -> float:
    """The maximum-likelihood σ²: the mean of the P - D eigenvalues that no dimension explains.

    With it every dimension is kept, since no leading eigenvalue lies below the mean of the rest
    (Tipping & Bishop 1999, eq. 8): a learned σ² does not collapse, a fixed large one does.

    Raises:
        CollapseError: unless 0 <= D < P, or for eigenvalues that no covariance has.
    """
    if not 0 <= latent < len(eigenvalues):
        raise CollapseError(
            f"{latent} latent dimensions leave nothing for the noise of data with"
            f" {len(eigenvalues)} dimensions; use fewer."
        )
    check_spectrum(eigenvalues)
    return eigenvalues.sort(descending=True).values[latent:].mean().item()


def ppca_weight(
    covariance: Float[Tensor, "data data"], latent: int, noise_variance: float
) -> Float[Tensor, "data latent"]:
    """The maximum-likelihood decoder U (Λ - σ²I)₊^½, columns by falling eigenvalue.

    Source: Tipping & Bishop 1999, eq. 7, with the rotation that Lucas et al. 2019 show the
    diagonal posterior to select (the identity).

    Raises:
        CollapseError: unless 0 <= D <= P, for a covariance that is none, or a negative variance.
    """
    not_negative(noise_variance=noise_variance)
    if not 0 <= latent <= len(covariance):
        raise CollapseError(
            f"Data with {len(covariance)} dimensions have no {latent} leading directions."
        )
    _check_symmetric(covariance)
    eigenvalues, vectors = torch.linalg.eigh(covariance)
    check_spectrum(eigenvalues)
    order = eigenvalues.argsort(descending=True)[:latent]
    return vectors[:, order] * (eigenvalues[order] - noise_variance).clamp(min=0).sqrt()


def _check_symmetric(covariance: Float[Tensor, "data data"]) -> None:
    """A covariance is finite and symmetric, but for rounding."""
    if not covariance.isfinite().all():
        raise CollapseError("The covariance has entries that are not finite.")
    largest = covariance.abs().max().item() if covariance.numel() else 0.0
    asymmetry = (covariance - covariance.T).abs().max().item() if covariance.numel() else 0.0
    if asymmetry > 1e-4 * largest:
        raise CollapseError(
            f"A covariance is symmetric; entries of this one differ by {asymmetry:.3g} from the "
            "mirrored ones."
        )


def linear_log_likelihood(
    covariance: Float[Tensor, "data data"],
    weight: Float[Tensor, "data latent"],
    noise_variance: float,
) -> float:
    """Mean log p(x) in nats per datum under N(0, WWᵀ + σ²I), data centred with this covariance.

    Raises:
        CollapseError: for a noise variance that is not positive, or a covariance that is none or
            not of the data's dimensions.
    """
    collapse_threshold(noise_variance)  # refuses a variance that is not positive
    if len(covariance) != len(weight):
        raise CollapseError(
            f"A decoder of {len(weight)} data dimensions has no likelihood for a covariance of "
            f"{len(covariance)}."
        )
    _check_symmetric(covariance)
    check_spectrum(torch.linalg.eigvalsh(covariance))
    model = weight @ weight.T + noise_variance * torch.eye(len(weight)).to(weight)
    misfit = torch.linalg.solve(model, covariance).trace()
    return -0.5 * (len(weight) * math.log(2 * math.pi) + model.logdet() + misfit).item()
