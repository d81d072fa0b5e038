"""What chapter 4 looks at while a model is trained."""

from dataclasses import dataclass

from collapse.data import Corpus
from collapse.experiments.recording import Probe, Values
from collapse.metrics.dispersion import split_features
from collapse.vae import VAE


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
        few = corpus.valid.subset(range(min(self.documents, len(corpus.valid))))
        features = split_features(model, few, corpus.markers)
        return {
            "features": features,
            "mean": model.posterior(features.to(model.device)).mean.detach().cpu(),
        }
