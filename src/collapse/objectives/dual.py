"""The KL in its dual form, with a critic: what iVAE and iVAE-MI minimise."""

from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.distributions import Distribution

from collapse.base.errors import CollapseError, choose
from collapse.base.seeding import seeded
from collapse.data import Documents, in_batches
from collapse.objectives.regulariser import Regulariser
from collapse.parts import Sizes
from collapse.theory.checks import one_or_more
from collapse.vae import VAE

PARTICLES = 16  # draws of z over which a report averages; Fang et al. take 128
DUAL_CHARGES = {"conditional": "KL(q(z|x) ‖ p), iVAE", "marginal": "KL(q(z) ‖ p), iVAE-MI"}


class DualKL(Regulariser):
    """E_q ν - E_p exp(ν) + 1 ≤ KL(q ‖ p), with equality for ν = log q/p (Fang et al. 2019).

    Two critics are trained, as in the released code: ν(x, z) for KL(q(z|x) ‖ p) and ν(z) for
    KL(q(z) ‖ p), which differ by the mutual information. iVAE charges the first, iVAE-MI the
    second. Whatever the critics are, both values are *lower* bounds of their KL: with the
    first, the "negative ELBO" is not an upper bound of anything (Long et al. 2019, Appendix B).
    The second does not even aim at the ELBO: it does not charge for the information.

    Long et al. let ν be any positive function; log q/p may be negative, and so may ν here.

    Args:
        sizes: widths; q must hold ``features`` of width ``hidden``.
        charge: "conditional" or "marginal".
        width: of the critics' three hidden layers; by default half of ``hidden``, as in the
            released code.

    Raises:
        UnknownNameError: for another charge.
        CollapseError: for a width below 1.
    """

    def __init__(
        self, sizes: Sizes, *, charge: str = "conditional", width: int | None = None
    ) -> None:
        super().__init__()
        choose(charge, DUAL_CHARGES, "charge")
        width = max(1, sizes.hidden // 2) if width is None else width
        one_or_more(width=width)
        self.charge = charge
        self.conditional = critic(sizes.latent + sizes.hidden, width)
        self.marginal = critic(sizes.latent, width)

    def forward(
        self, q: Distribution, z: Float[Tensor, "batch latent"], prior: Distribution
    ) -> Float[Tensor, "batch 1"]:
        """The dual form of the KL that is charged, with one draw of each expectation."""
        return self.estimates(q, z, prior)[self.charge]

    def critic_loss(
        self, q: Distribution, z: Float[Tensor, "batch latent"], prior: Distribution
    ) -> Float[Tensor, ""]:
        """Minus both dual forms: the better the critic, the higher they are."""
        return -torch.cat(list(self.estimates(q, z, prior).values())).sum() / len(z)

    def estimates(
        self, q: Distribution, z: Float[Tensor, "batch latent"], prior: Distribution
    ) -> dict[str, Float[Tensor, "batch 1"]]:
        """Both dual forms, in nats, by name.

        Raises:
            CollapseError: for posteriors that do not hold the features they were made from.
        """
        if not isinstance(features := getattr(q, "features", None), Tensor):
            raise CollapseError(
                f"The critic is told the features of each document, and {type(q).__name__} does not"
                " hold them; use ImplicitPosterior, or a distribution with an attribute 'features'."
            )
        features = features.detach()
        z_prior = prior.sample(torch.Size([len(z)]))
        pair, pair_prior = (torch.cat([draws, features], -1) for draws in (z, z_prior))
        return {
            "conditional": dual(self.conditional, pair, pair_prior),
            "marginal": dual(self.marginal, z, z_prior),
        }

    @torch.no_grad()
    def averaged(
        self, model: VAE, documents: Documents, particles: int = 128, seed: int = 0
    ) -> dict[str, Float[Tensor, " documents"]]:
        """Both dual forms of each document, averaged over draws (128 in Fang et al.'s evaluation).

        "conditional" stands for KL(q(z|x) ‖ p), "marginal" for KL(q(z) ‖ p), and their difference,
        in Fang et al.'s table, for the mutual information. The first two are too low in
        expectation, whatever the critics; about the difference of two lower bounds nothing is
        known.

        Raises:
            CollapseError: for less than one draw.
        """
        one_or_more(particles=particles)
        zeros = torch.zeros(len(documents), dtype=model.like.dtype)
        means = {name: zeros.clone() for name in DUAL_CHARGES}
        with seeded(seed):
            for batch in in_batches(documents, most=256):
                q, prior = model.encode(batch.to(model.device)), model.prior()
                for _ in range(particles):
                    for name, values in self.estimates(q, q.rsample(), prior).items():
                        means[name][batch.indices] += values.squeeze(-1).cpu() / particles
        return means

    def report(
        self,
        model: VAE,
        documents: Documents,
        log_likelihood: Float[Tensor, " documents"],
        seed: int,
    ) -> dict[str, Float[Tensor, " documents"] | float]:
        """The numbers of iVAE's own evaluation, none of them a bound; see the base class.

        ``nll_dual`` has the dual form in place of the KL, ``mi_dual`` is the difference of two.
        """
        means = self.averaged(model, documents, PARTICLES, seed)
        conditional, marginal = means["conditional"], means["marginal"]
        return {
            "nll_dual": conditional - log_likelihood,
            "kl_dual": conditional,
            "mi_dual": conditional - marginal,
        }


def dual(
    nu: nn.Module, of_q: Float[Tensor, "batch width"], of_p: Float[Tensor, "batch width"]
) -> Float[Tensor, "batch 1"]:
    """ν at draws of q, minus exp(ν) at draws of p, plus one."""
    return nu(of_q) - nu(of_p).exp() + 1


def critic(width: int, hidden: int) -> nn.Sequential:
    """Three hidden layers with leaky rectifiers, as in Fang et al.'s code."""
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise((width, hidden, hidden, hidden)):
        layers += [nn.Linear(inputs, outputs), nn.LeakyReLU()]
    return nn.Sequential(*layers, nn.Linear(hidden, 1))
