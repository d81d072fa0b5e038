"""Is collapse a minimum of the loss or a saddle? Its curvature, exactly.

At the *silent pair* the encoder says nothing, q(z|x) = p(z) = N(0, 1), and the decoder reads no z.
Let the encoder begin to speak, with means a m_n, and the decoder to listen, with code weights b v.
Write s_n for the derivative of log p(x_n|z) at z = 0 of a decoder with code weights v, and t_n for
the second derivative. Then the loss, the mean negative bound, is

    L(a, b) = L(0, 0) + ½ a² mean(m²) - a b mean(m s) - ½ b² mean(t) + higher orders,

because E[z] = a m_n and E[z²] = 1 + a² m_n². Neither alone helps: the encoder pays a KL for what
nobody reads, the decoder reads noise. Together they help if and only if mean(m s)² > mean(m²) F,
where F = -mean(t) is an information in Fisher's sense. The best means are m = s, and then the
condition is mean(s²) > F: the documents' slopes vary more than a decoder without z, if it were the
truth, would make them (that the two are equal then is the information identity; White 1982 tests
it). For a linear VAE it reads λ > σ², chapter 1's threshold. All other second derivatives that touch
encoder or code weights are zero (in the decoder's other weights, since E[z] = 0) or positive (in the
log-variance), so nothing else decides.
"""

import copy
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import torch
from jaxtyping import Float
from scipy.sparse.linalg import LinearOperator, eigsh
from torch import Tensor

from collapse.base.errors import CollapseError
from collapse.data import Batch
from collapse.decoders import LSTMDecoder
from collapse.parts import Sizes
from collapse.vae import VAE

LogLikelihood = Callable[[Tensor], Tensor]
"""From one z a document, ``(documents, directions)``, to log p(x|z) in nats, ``(documents,)``."""

TINY = 1e-12
PRECISE = 1e-2  # of Lanczos' method: any direction is as good as its curvature, which is exact
SLIGHTEST = 1e-6  # directions of the features that are smaller, in proportion, are rounding


def with_every_code_weight(decoder: LSTMDecoder) -> LSTMDecoder:
    """The decoder in double precision with a z that has one dimension for each code weight.

    A code of one number enters an LSTM of width H through H weights to the first cell and 4 H
    weights beside every word. Here z is these 5 H weights themselves, so that derivatives by z at 0
    are derivatives by them, for each document.
    """
    width, words = decoder.lstm.hidden_size, decoder.embedding.embedding_dim
    wide = LSTMDecoder(Sizes(decoder.vocabulary, words, width, 5 * width)).double().eval()
    state = copy.deepcopy(decoder).double().state_dict()
    first, beside = torch.eye(5 * width, dtype=torch.float64).split([width, 4 * width])
    state["initial.weight"] = first
    state["lstm.weight_ih_l0"] = torch.cat([state["lstm.weight_ih_l0"][:, :words], beside], 1)
    wide.load_state_dict(state)
    return wide.requires_grad_(False)


def slopes(
    log_likelihood: LogLikelihood, documents: int, directions: int
) -> tuple[Float[Tensor, "documents directions"], Float[Tensor, "documents directions"]]:
    """The gradient of log p(x_n|z) by z at 0, with its graph, and that z; in double precision."""
    with torch.enable_grad():
        z = torch.zeros(documents, directions, dtype=torch.float64, requires_grad=True)
        (slope,) = torch.autograd.grad(log_likelihood(z).sum(), z, create_graph=True)
    return slope, z


def steepest(
    scatter: Float[Tensor, "directions directions"],
    slope: Float[Tensor, "documents directions"],
    z: Float[Tensor, "documents directions"],
) -> Float[Tensor, " directions"]:
    """The direction in which the scatter exceeds the information F most, of length 1.

    By Lanczos' method, which asks for F times a vector only: one double differentiation each.

    Args:
        scatter: of what the encoder can say, mean(s s^T) or a part of it.
        slope: of some documents, with its graph, as :func:`slopes` gives it; F is their mean.
        z: by which it was taken.
    """

    def excess(vector: np.ndarray) -> np.ndarray:
        v = torch.from_numpy(vector).double().view(-1)
        (bend,) = torch.autograd.grad((slope @ v).sum(), z, retain_graph=True)
        return (scatter @ v + bend.mean(0)).numpy()

    size = len(scatter)
    operator = LinearOperator((size, size), matvec=excess, dtype=np.float64)
    _, vectors = eigsh(operator, k=1, which="LA", tol=PRECISE, v0=np.ones(size))
    return torch.from_numpy(vectors[:, 0])


@dataclass(frozen=True)
class Curvature:
    """Second derivatives of the loss at the silent pair, in the plane of two directions.

    Attributes:
        means: by the gain of the encoder's means, mean(m²).
        mixed: by both, -mean(m s).
        weights: by the size of the decoder's code weights, F.
    """

    means: float
    mixed: float
    weights: float

    @property
    def hessian(self) -> Float[Tensor, "2 2"]:
        """The matrix of them."""
        return torch.tensor([[self.means, self.mixed], [self.mixed, self.weights]]).double()

    @property
    def ratio(self) -> float:
        """mean(m s)² / (mean(m²) F): above 1 the pair is a saddle, below 1 a minimum in the plane.

        Where F is not positive the decoder gains from noise already; the ratio is then infinite.
        """
        return self.mixed**2 / (self.means * self.weights) if self.weights > 0 else float("inf")


def curvature(
    log_likelihood: LogLikelihood,
    direction: Float[Tensor, " directions"],
    means: Float[Tensor, " documents"],
) -> Curvature:
    """The curvature along one direction of the code weights and one set of means, exact.

    Args:
        log_likelihood: of the documents, from a z of every code weight.
        direction: v, of the code weights.
        means: m_n of each document. The best that any encoder could say are the slopes themselves.
    """
    slope, z = slopes(log_likelihood, len(means), len(direction))
    (bend,) = torch.autograd.grad((slope @ direction).sum(), z)
    s = slope.detach() @ direction
    return Curvature(
        means.square().mean().item(), -(means * s).mean().item(), -(bend @ direction).mean().item()
    )


def readout(
    features: Float[Tensor, "documents features"], slope: Float[Tensor, "documents *directions"]
) -> Float[Tensor, "features *directions"]:
    """The weights with which a linear map of the features comes nearest to the slopes.

    The means m = features @ weights have the largest ratio of all that this encoder can say
    without changing its features.
    """
    moment, cross = features.T @ features, features.T @ slope
    return torch.linalg.pinv(moment, rtol=SLIGHTEST, hermitian=True) @ cross


@dataclass(frozen=True)
class WayOut:
    """A way out of the silent pair, and the curvature of the loss along it.

    Attributes:
        direction: of the decoder's code weights, of length 1.
        weights: of the encoder's last map, the best that its features allow for this direction.
        any_encoder: with the best means that any encoder could say, on the documents of the search.
        this_encoder: with the best means that these features can give.
        held_out: as ``any_encoder``, on documents that the search has not seen.
    """

    direction: Float[Tensor, " directions"]
    weights: Float[Tensor, " features"]
    any_encoder: Curvature
    this_encoder: Curvature
    held_out: Curvature


@dataclass(frozen=True)
class SilentPair:
    """The steepest ways out of the silent pair that a model's decoder makes if it reads no z.

    Attributes:
        free: where the encoder could say anything.
        bound: where the encoder can say what a linear map makes of its present features.
    """

    free: WayOut
    bound: WayOut


def silent_pair(model: VAE, batch: Batch, other: Batch, few: int = 400) -> SilentPair:
    """Look for the ways out; of the model's own code weights nothing is used.

    Args:
        model: in evaluation mode, with an LSTM decoder.
        batch: documents on which is looked, those of training.
        other: documents that the search does not see.
        few: how many of ``batch`` stand for F in the search, its dearest part. The curvature along
            the direction that is found is that of all.

    Raises:
        CollapseError: for another decoder, or one without a code.
    """
    if not isinstance(model.decoder, LSTMDecoder) or not model.latent:
        raise CollapseError(
            "This needs a model with an LSTMDecoder and a code; got a "
            f"{type(model.decoder).__name__} and {model.latent} latent dimensions."
        )
    wide = with_every_code_weight(model.decoder)
    slope = all_slopes(wide, batch)[0].detach()
    with torch.no_grad():
        features = model.represent(batch).double()
    said = features @ readout(features, slope)
    some = first_of(batch, few)

    def way(scatter: Tensor) -> WayOut:
        direction = steepest(scatter, *all_slopes(wide, some))
        weights = readout(features, slope @ direction)
        return WayOut(
            direction,
            weights,
            curvature(partial(wide.log_likelihood, batch), direction, slope @ direction),
            curvature(partial(wide.log_likelihood, batch), direction, features @ weights),
            curvature(
                partial(wide.log_likelihood, other),
                direction,
                all_slopes(wide, other)[0].detach() @ direction,
            ),
        )

    return SilentPair(way(slope.T @ slope / len(slope)), way(said.T @ said / len(slope)))


def first_of(batch: Batch, most: int) -> Batch:
    """The first documents of a batch."""
    rows = {name: getattr(batch, name)[:most] for name in ("tokens", "lengths", "indices")}
    return replace(batch, **rows)


def all_slopes(
    wide: LSTMDecoder, batch: Batch
) -> tuple[Float[Tensor, "batch directions"], Float[Tensor, "batch directions"]]:
    """As :func:`slopes`, of a decoder with every code weight and its documents."""
    assert wide.initial is not None
    size = wide.initial.in_features
    return slopes(partial(wide.log_likelihood, batch), len(batch.tokens), size)


def kicked(model: VAE, way: WayOut, size: float) -> VAE:
    """A copy of the model at its silent pair, pushed along a way out.

    Args:
        model: with an LSTM decoder and one latent dimension.
        way: of this model.
        size: 0 is the silent pair itself. The code weights are so many times those with F = 1, and
            the encoder's means have this root mean square over the documents of the search.
    """
    pushed = copy.deepcopy(model)
    assert isinstance(pushed.decoder, LSTMDecoder)
    assert pushed.decoder.initial is not None
    width = pushed.decoder.lstm.hidden_size
    code = way.direction * size / max(way.any_encoder.weights, TINY) ** 0.5
    say = way.weights * size / max(way.this_encoder.means, TINY) ** 0.5
    with torch.no_grad():
        pushed.decoder.initial.weight[:, 0] = code[:width]
        pushed.decoder.lstm.weight_ih_l0[:, -1] = code[width:]
        pushed.posterior.linear.weight.zero_()
        pushed.posterior.linear.weight[0] = say
    return pushed
