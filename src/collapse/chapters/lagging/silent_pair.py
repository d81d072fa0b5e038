"""Is collapse a minimum of the loss or a saddle? Its curvature, exactly.

At the *silent pair* the encoder says nothing, q(z|x) = p(z) = N(0, 1), and the decoder reads no z.
Let the encoder begin to speak, with means a m_n, and the decoder to read, with code weights b v.
Write l_n(u) for log p(x_n|u) of a decoder with code weights v, and l'_n and l''_n for its first and
second derivative at 0; a decoder with code weights b v gives l_n(b z). Then the loss, the mean
negative bound, is

    L(a, b) = L(0, 0) + ½ a² mean(m²) - a b mean(m l') - ½ b² mean(l'') + higher orders,

because E[z] = a m_n and E[z²] = 1 + a² m_n². Neither alone helps: the encoder pays a KL for what
nobody reads, the decoder reads noise. Together they help if and only if mean(m l')² > mean(m²) F,
where F = -mean(l'') is an information in Fisher's sense. The best means are m = l', and then the
condition is mean(l'²) > F: the slopes of the documents vary more than a decoder without z, if it
were the truth, would make them (that both are equal then is the information identity, which White
1982 turned into a test). For a linear VAE it reads λ > σ², the threshold of chapter 1. All other
second derivatives that touch weights of encoder or code are zero (by the decoder's other weights,
since E[z] = 0) or positive (by the log-variance), so nothing else decides.
"""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from jaxtyping import Float
from scipy.sparse.linalg import LinearOperator, eigsh
from torch import Tensor

from collapse.base.errors import CollapseError
from collapse.data import Corpus, Documents, make_batch
from collapse.decoders import LSTMDecoder
from collapse.objectives import Objective
from collapse.parts import Sizes
from collapse.posteriors import DiagonalGaussian
from collapse.runs.measuring.measure import measure_epoch
from collapse.runs.settings import Settings
from collapse.runs.train_alone import train_alone
from collapse.system import System
from collapse.training.checkpoint import Record
from collapse.vae import VAE

DocumentLikelihood = Callable[[Tensor], Tensor]
"""From one z a document, ``(documents, directions)``, to log p(x|z) in nats, ``(documents,)``."""

PRECISE = 1e-2  # of Lanczos' method: any direction will do, its curvature is taken exactly
SLIGHTEST = 1e-6  # directions of the features that are smaller, in proportion, are rounding


@dataclass(frozen=True)
class Curvature:
    """Second derivatives of the loss at the silent pair, in the plane of two directions.

    Attributes:
        means: by the gain of the encoder's means, mean(m²).
        mixed: by both, -mean(m l').
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
        """mean(m l')² / (mean(m²) F): above 1 a saddle, below 1 a minimum in the plane.

        Infinite where F is not positive, so that the decoder gains from reading noise
        already, and 0 where the encoder has no means to give.
        """
        if not self.means:
            return 0.0
        return self.mixed**2 / (self.means * self.weights) if self.weights > 0 else float("inf")


@dataclass(frozen=True)
class WayOut:
    """The curvature at the silent pair in one direction of the decoder's code weights.

    Attributes:
        any_encoder: with the best means that any encoder could give, on the training documents.
        this_encoder: with the best that a linear map of the model's own features can give.
        held_out: as ``any_encoder``, on documents with which the direction was not chosen.
    """

    any_encoder: Curvature
    this_encoder: Curvature
    held_out: Curvature


def slopes(
    log_likelihood: DocumentLikelihood, documents: int, directions: int
) -> tuple[Float[Tensor, "documents directions"], Float[Tensor, "documents directions"]]:
    """The gradient of log p(x_n|z) by z at 0, with its graph, and that z; in double precision."""
    with torch.enable_grad():
        z = torch.zeros(documents, directions, dtype=torch.float64, requires_grad=True)
        (slope,) = torch.autograd.grad(log_likelihood(z).sum(), z, create_graph=True)
    return slope, z


def slopes_and_information(
    log_likelihood: DocumentLikelihood, documents: int
) -> tuple[Float[Tensor, " documents"], float]:
    """Each document's l'_n along one direction, z in 1-D, and F; exact."""
    slope, z = slopes(log_likelihood, documents, 1)
    (bend,) = torch.autograd.grad(slope.sum(), z)
    return slope.detach()[:, 0], -bend.mean().item()


def curvature(
    slope: Float[Tensor, " documents"], means: Float[Tensor, " documents"], information: float
) -> Curvature:
    """The curvature from what it is made of: l'_n, m_n and F."""
    return Curvature(means.square().mean().item(), -(means * slope).mean().item(), information)


def steepest(
    scatter: Float[Tensor, "directions directions"],
    slope: Float[Tensor, "documents directions"],
    z: Float[Tensor, "documents directions"],
) -> Float[Tensor, " directions"]:
    """The direction in which the scatter exceeds the information F most, of length 1.

    By Lanczos' method, which asks for F times a vector only: one double differentiation each.

    Args:
        scatter: mean(l' l'^T) over documents.
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


def best_means(
    features: Float[Tensor, "documents features"], slope: Float[Tensor, " documents"]
) -> Float[Tensor, " documents"]:
    """The linear map of the features that comes nearest to the slopes.

    Of all means that the encoder can give without changing its features they have the
    largest ratio.
    """
    features = features.double()
    moment, cross = features.T @ features, features.T @ slope
    return features @ (torch.linalg.pinv(moment, rtol=SLIGHTEST, hermitian=True) @ cross)


def with_code_weights(
    decoder: LSTMDecoder, code: Float[Tensor, "weights directions"]
) -> LSTMDecoder:
    """The decoder in double precision with other code weights, for a z of any number of dimensions.

    A code of one number enters an LSTM of width H through 5 H weights: H to the first cell and 4 H
    beside every word. With the unit matrix, z is these weights themselves, and derivatives by z at
    0 are derivatives by all of them, for each document.
    """
    width, words = decoder.lstm.hidden_size, decoder.embedding.embedding_dim
    made = LSTMDecoder(Sizes(decoder.vocabulary, words, width, code.shape[1])).double().eval()
    first, beside = code.double().split([width, 4 * width])
    state = copy.deepcopy(decoder).double().state_dict()
    state["initial.weight"] = first
    state["lstm.weight_ih_l0"] = torch.cat([state["lstm.weight_ih_l0"][:, :words], beside], 1)
    made.load_state_dict(state)
    return made.requires_grad_(False)


def read_of(model: VAE) -> LSTMDecoder:
    """The decoder of a model with one latent dimension.

    Raises:
        CollapseError: for another number of dimensions, another decoder or posterior.
    """
    decoder, posterior = model.decoder, model.posterior
    kinds = type(decoder), type(posterior)
    if kinds != (LSTMDecoder, DiagonalGaussian) or model.latent != 1:
        raise CollapseError(
            "This needs an LSTMDecoder, a DiagonalGaussian and one latent dimension; got "
            f"{kinds[0].__name__}, {kinds[1].__name__} and {model.latent}."
        )
    assert isinstance(decoder, LSTMDecoder)
    return decoder


def own_direction(model: VAE) -> Float[Tensor, " weights"]:
    """The code weights that a model has, as a direction.

    Raises:
        CollapseError: as :func:`read_of`.
    """
    state = read_of(model).state_dict()
    return torch.cat([state["initial.weight"][:, 0], state["lstm.weight_ih_l0"][:, -1]]).double()


def search(model: VAE, documents: Documents, few: int = 400) -> Float[Tensor, " weights"]:
    """The direction of the code weights in which the pair is most of a saddle, for any encoder.

    Args:
        model: in evaluation mode; of its code weights nothing is used.
        documents: of training.
        few: how many of them stand for F, the dearest part, in the search.

    Raises:
        CollapseError: as :func:`read_of`.
    """
    decoder = read_of(model)
    size = 5 * decoder.lstm.hidden_size
    wide = with_code_weights(decoder, torch.eye(size))

    def slopes_of(count: int) -> tuple[Tensor, Tensor]:
        batch = make_batch(documents, range(count))
        return slopes(partial(wide.log_likelihood, batch), count, size)

    slope = slopes_of(len(documents))[0].detach()
    return steepest(slope.T @ slope / len(slope), *slopes_of(min(few, len(documents))))


def way_out(model: VAE, corpus: Corpus, direction: Float[Tensor, " weights"]) -> WayOut:
    """The curvature at the silent pair of a model's decoder along a direction; dropout is off.

    Args:
        model: in evaluation mode.
        corpus: training documents for the first two, test documents for what is held out.
        direction: of the code weights.

    Raises:
        CollapseError: as :func:`read_of`.
    """
    narrow = with_code_weights(read_of(model), direction[:, None])
    batch, other = (make_batch(d, range(len(d))) for d in (corpus.train, corpus.test))
    slope, fisher = slopes_and_information(partial(narrow.log_likelihood, batch), len(batch.tokens))
    unseen = slopes_and_information(partial(narrow.log_likelihood, other), len(other.tokens))
    with torch.no_grad():
        means = best_means(model.represent(batch), slope)
    return WayOut(
        curvature(slope, slope, fisher),
        curvature(slope, means, fisher),
        curvature(unseen[0], unseen[0], unseen[1]),
    )


def silenced(model: VAE) -> VAE:
    """A copy of the model at its silent pair: q(z|x) is the prior, the code weights are 0.

    Everything else is as it was, the features of the encoder among it.

    Raises:
        CollapseError: as :func:`read_of`.
    """
    read_of(model)
    silent = copy.deepcopy(model)
    weights = dict(silent.named_parameters())
    with torch.no_grad():
        weights["posterior.linear.weight"].zero_()
        weights["decoder.initial.weight"].zero_()
        weights["decoder.lstm.weight_ih_l0"][:, -1] = 0.0
    return silent


def from_silence(model: VAE, corpus: Corpus, settings: Settings, seed: int) -> list[Record]:
    """What ordinary training makes of a model that begins at its silent pair.

    Args:
        model: whose decoder and features are kept, and then trained.
        corpus: the documents.
        settings: of the loop.
        seed: of batches, dropout and samples, which are all that pushes it off the pair.

    Returns:
        What is measured after each epoch, and before the first, which is epoch 0.

    Raises:
        CollapseError: as :func:`read_of`.
    """
    system = System(silenced(model), Objective()).eval()
    first = {"epoch": 0, **measure_epoch(system, corpus, settings, seed)}
    return [first, *train_alone(system, corpus, settings, seed)]
