"""Priors that are learned: the VampPrior, and an autoregressive flow. Place 2, its other half."""

import math
from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.distributions import Categorical, Distribution, MixtureSameFamily, Normal, register_kl
from torch.nn import functional as F

from collapse.base.errors import CollapseError
from collapse.distributions import Multivariate
from collapse.distributions.sphere import Shape
from collapse.images.resnet import ResNetEncoder
from collapse.images.sizes import side_in
from collapse.parts import Sizes
from collapse.vae import VAE

DRAWS = 4  # of z, to estimate the KL of one document from a prior without a closed form


class LearnedPrior(nn.Module):
    """What every learned prior offers."""

    keep_init = True

    def forward(self, model: VAE) -> Distribution:
        """p(z); samples are ``(latent,)``. ``model`` is what it belongs to."""
        raise NotImplementedError


class VampPrior(LearnedPrior):
    """The mixture of the posteriors of pseudo-pictures (Tomczak & Welling 2018, Eq. 9).

        p(z) = (1 / K) Σ_k q(z | u_k)

    The u_k are learned with everything else; a pixel of theirs has any share of ink. The encoder
    reads them with its running statistics, so that they change none of these. The hierarchical
    model of that paper is another one and is left out.

    Args:
        sizes: see :class:`collapse.images.sizes.ImageSizes`.
        components: K; 500 is the default of the paper's released code.

    Raises:
        CollapseError: for less than one component.
    """

    def __init__(self, sizes: Sizes, *, components: int = 500) -> None:
        super().__init__()
        if components < 1:
            raise CollapseError(f"A mixture has at least one component; got {components}.")
        side = side_in(sizes, "VampPrior")
        self.pixels = nn.Parameter(torch.rand(components, side, side))

    def forward(self, model: VAE) -> "MixtureOfPosteriors":
        """The mixture.

        Raises:
            CollapseError: for an encoder that cannot read grey pictures, or a posterior that is
                not Gaussian.
        """
        encoder = model.encoder
        if not isinstance(encoder, ResNetEncoder):
            raise CollapseError(
                f"A VampPrior needs an encoder that reads grey pictures, a ResNetEncoder; got "
                f"{type(encoder).__name__}."
            )
        training = encoder.training
        features = encoder.eval().read(self.pixels.clamp(0, 1))
        encoder.train(training)
        q = model.posterior(features)
        if not isinstance(q, Normal):
            raise CollapseError(
                "A VampPrior is a mixture of Gaussian posteriors; this recipe's are "
                f"{type(q).__name__}."
            )
        return MixtureOfPosteriors(q.mean, q.stddev)


class MixtureOfPosteriors(Multivariate):
    """Σ_k N(means_k, diag stds_k²) / K over z, batch shape ``()``, event shape ``(latent,)``.

    Args:
        means: ``(components, latent)``.
        stds: likewise.
        validate_args: as in torch.
    """

    arg_constraints: ClassVar = {}
    shared = ("means", "stds")

    def __init__(self, means: Tensor, stds: Tensor, validate_args: bool | None = None) -> None:
        self.means, self.stds = means, stds
        super().__init__(torch.Size(), means.shape[-1:], validate_args=False)

    @property
    def mean(self) -> Tensor:
        """E z, ``(latent,)``."""
        return self.means.mean(0)

    def sample(self, sample_shape: Shape = ()) -> Tensor:
        """Draws ``sample_shape + (latent,)``."""
        return self._mixture().sample(torch.Size(sample_shape)).detach()

    def log_prob(self, value: Tensor) -> Tensor:
        """Log-density in nats, ``(..., 1)``."""
        each = Normal(self.means.to(value), self.stds.to(value), validate_args=False)
        by_component = each.log_prob(value.unsqueeze(-2)).sum(-1)
        return by_component.logsumexp(-1, keepdim=True) - math.log(len(self.means))

    def _mixture(self) -> MixtureSameFamily:
        equal = Categorical(logits=self.means.new_zeros(len(self.means)))
        parts = torch.distributions.Independent(Normal(self.means, self.stds), 1)
        return MixtureSameFamily(equal, parts)


class FlowPrior(LearnedPrior):
    """An autoregressive flow before z: the prior of the VLAE (Chen et al. 2017, section 3.2).

        z_d = ε_d · exp(s_d(z_<d)) + m_d(z_<d),   ε ~ N(0, I)

    with m and s from masked networks (Germain et al. 2015), one a step; between two steps the
    dimensions change their order. At its start it is N(0, I). Along the
    encoder's path it computes what an inverse flow behind the posterior would, and the generator is
    the deeper for it (section 3.2).

    Args:
        sizes: widths; each network has 4 units for a dimension of z, but at least 64.
        steps: how many flows.

    Raises:
        CollapseError: for less than one step.
    """

    def __init__(self, sizes: Sizes, *, steps: int = 2) -> None:
        super().__init__()
        if steps < 1:
            raise CollapseError(f"A flow has at least one step; got {steps}.")
        width = max(64, 4 * sizes.latent)
        self.steps = nn.ModuleList(MaskedStep(sizes.latent, width) for _ in range(steps))

    @property
    def in_order(self) -> list["MaskedStep"]:
        """The steps from ε to z."""
        return [step for step in self.steps if isinstance(step, MaskedStep)]

    def backwards(self, z: Float[Tensor, "*rows latent"]) -> tuple[Tensor, Tensor]:
        """ε that this z is made of, and ``log |det ∂ε/∂z|``, ``(*rows)``."""
        volume = z.new_zeros(z.shape[:-1])
        for step in reversed(self.in_order):
            z, change = step.backwards(z.flip(-1))
            volume = volume + change
        return z, volume

    def forwards(self, noise: Float[Tensor, "*rows latent"]) -> Float[Tensor, "*rows latent"]:
        """z that this ε makes."""
        for step in self.in_order:
            noise = step.forwards(noise).flip(-1)
        return noise

    def forward(self, model: VAE) -> "Autoregressive":
        """The density with the networks as they are."""
        return Autoregressive(self)


class MaskedStep(nn.Module):
    """m_d and s_d of the dimensions before d, by one masked network with one hidden layer.

    Args:
        latent: dimensions.
        width: of the hidden layer.
    """

    degrees: Tensor

    def __init__(self, latent: int, width: int) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(latent, width), nn.Linear(width, 2 * latent)
        nn.init.zeros_(self.second.weight)
        nn.init.zeros_(self.second.bias)
        # A hidden unit of degree k sees the dimensions 1 to k; output d sees units below d.
        degrees = torch.arange(width) % max(1, latent - 1) + 1
        order = torch.arange(1, latent + 1)
        seen = (degrees[:, None] >= order).float()
        self.register_buffer("inward", seen, persistent=False)
        outward = (order.repeat(2)[:, None] > degrees).float()
        self.register_buffer("outward", outward, persistent=False)

    def forward(self, z: Float[Tensor, "*rows latent"]) -> tuple[Tensor, Tensor]:
        """Shift m and log-scale s of each dimension, from those before it."""
        inward, outward = self.get_buffer("inward"), self.get_buffer("outward")
        hidden = F.elu(F.linear(z, self.first.weight * inward, self.first.bias))
        both = F.linear(hidden, self.second.weight * outward, self.second.bias)
        shift, log_scale = both.chunk(2, -1)
        return shift, 2 * torch.tanh(log_scale / 2)  # a scale within e² of 1 cannot run away

    def backwards(self, z: Float[Tensor, "*rows latent"]) -> tuple[Tensor, Tensor]:
        """ε that this z is made of, all at once, and ``log |det ∂ε/∂z|``, ``(*rows)``."""
        shift, log_scale = self(z)
        return (z - shift) * torch.exp(-log_scale), -log_scale.sum(-1)

    def forwards(self, noise: Float[Tensor, "*rows latent"]) -> Float[Tensor, "*rows latent"]:
        """z that this ε makes, one dimension after the other."""
        z = torch.zeros_like(noise)
        for d in range(noise.shape[-1]):
            shift, log_scale = self(z)
            now = noise[..., d] * torch.exp(log_scale[..., d]) + shift[..., d]
            z = torch.cat([z[..., :d], now.unsqueeze(-1), z[..., d + 1 :]], -1)
        return z


class Autoregressive(Multivariate):
    """The density of :class:`FlowPrior`, batch shape ``()``, event shape ``(latent,)``.

    Args:
        flow: its networks.
        validate_args: as in torch.
    """

    arg_constraints: ClassVar = {}
    shared = ("flow",)

    def __init__(self, flow: FlowPrior, validate_args: bool | None = None) -> None:
        self.flow = flow
        self.weight = next(flow.parameters())
        super().__init__(torch.Size(), self.weight.shape[1:], validate_args=False)

    def log_prob(self, value: Tensor) -> Tensor:
        """Log-density in nats, ``(..., 1)``; the networks reckon in their own precision."""
        noise, volume = self.flow.backwards(value.to(self.weight))
        standard = Normal(torch.zeros_like(noise), 1.0, validate_args=False)
        return (standard.log_prob(noise).sum(-1) + volume).unsqueeze(-1).to(value)

    @torch.no_grad()
    def sample(self, sample_shape: Shape = ()) -> Tensor:
        """Draws ``sample_shape + (latent,)``."""
        return self.flow.forwards(torch.randn(*sample_shape, *self.event_shape).to(self.weight))


@register_kl(Normal, MixtureOfPosteriors)
@register_kl(Normal, Autoregressive)
def _sampled_kl(q: Normal, p: Multivariate) -> Tensor:
    """A mean over a few draws of log q/p, ``(batch, 1)``: unbiased, and not always positive."""
    z = q.rsample(torch.Size([DRAWS]))
    return (q.log_prob(z).sum(-1, keepdim=True) - p.log_prob(z)).mean(0)
