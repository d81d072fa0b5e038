"""What a chapter looks at while a model is trained: probes for recordings."""

from dataclasses import dataclass

import torch

from collapse.data import Corpus, make_batch
from collapse.distributions import ScaledNormal
from collapse.distributions.densities import ask_torch
from collapse.metrics.forces import forces
from collapse.metrics.likelihood import encode_split, posterior_means
from collapse.metrics.model_posterior import grid_posterior
from collapse.metrics.text.dispersion import split_features
from collapse.runs.measuring.recording import Probe, Values
from collapse.vae import VAE


@dataclass(frozen=True)
class PosteriorMeans(Probe):
    """The posterior-mean space (He et al. 2019, section 2.3) on validation documents.

    Gives ``model`` and ``inference``, the means of p(z|x) and of q(z|x), each
    ``(documents, latent)``, and ``gap``, KL(q(z|x) ‖ p(z|x)) in nats, ``(documents,)``.

    Attributes:
        documents: how many, from the first.
        first: number of the first one.
        limit: of the grid of z.
        stride: of the grid of z.
    """

    documents: int = 400
    first: int = 0
    limit: float = 6.0
    stride: float = 0.2

    def __call__(self, model: VAE, corpus: Corpus) -> Values:
        """See the class."""
        end = min(self.first + self.documents, len(corpus.valid))
        documents = corpus.valid.subset(range(self.first, end))
        posterior = grid_posterior(model, documents, self.limit, self.stride)
        q = encode_split(model, documents).q
        return {"model": posterior.mean, "inference": q.mean, "gap": posterior.kl_from(q)}


@dataclass(frozen=True)
class TwoForces(Probe):
    """The forces of He et al.'s Eq. 3 on the first validation documents, all scalars.

    See :class:`collapse.metrics.Forces` for ``std``, ``gap``, ``likelihood`` and ``agreement``.

    Attributes:
        documents: how many.
        limit: of the grid of z.
        stride: of the grid of z.
    """

    documents: int = 64
    limit: float = 6.0
    stride: float = 0.2

    def __call__(self, model: VAE, corpus: Corpus) -> Values:
        """See the class."""
        batch = make_batch(corpus.valid, range(self.documents)).to(model.device)
        with torch.enable_grad():
            measured = forces(model, batch, self.limit, self.stride)
        return {name: torch.tensor(value) for name, value in vars(measured).items()}


@dataclass(frozen=True)
class Features(Probe):
    """The feature space on validation documents (Long et al. 2019, section 5.2).

    Gives ``features``, ``(documents, hidden)``, and ``mean``, the posterior means that are made of
    them, ``(documents, latent)``.

    Attributes:
        documents: how many, from the first.
    """

    documents: int = 400

    def __call__(self, model: VAE, corpus: Corpus) -> Values:
        """See the class."""
        documents = corpus.valid.first(self.documents)
        return {
            "features": split_features(model, documents),
            "mean": posterior_means(model, documents),
        }


@dataclass(frozen=True)
class Codes(Probe):
    """Posterior means and deviations of validation documents, as the decoder reads them.

    Gives ``means`` and ``stds``, each ``(documents, latent)``, and ``factor``, ``(latent,)``, by
    which the means were scaled; ones where nothing is scaled.

    Attributes:
        documents: how many, from the first.
    """

    documents: int = 400

    def __call__(self, model: VAE, corpus: Corpus) -> Values:
        """See the class."""
        documents = corpus.valid.first(self.documents)
        q = encode_split(model, documents).q
        factor = q.factor if isinstance(q, ScaledNormal) else torch.ones(model.latent)
        stds = ask_torch(lambda: q.stddev, f"{type(q).__name__} does not know its width")
        return {"means": q.mean, "stds": stds, "factor": factor}
