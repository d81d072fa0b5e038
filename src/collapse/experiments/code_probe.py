"""What chapter 7 looks at while a model is trained: where its codes are."""

from dataclasses import dataclass

import torch

from collapse.data import Corpus
from collapse.experiments.recording import Probe, Values
from collapse.metrics.likelihood import encode_split
from collapse.posteriors import ScaledNormal
from collapse.vae import VAE


@dataclass(frozen=True)
class Codes(Probe):
    """Posterior means and deviations of validation documents, as the decoder reads them.

    Gives ``means`` and ``sds``, each ``(documents, latent)``, and ``factor``, ``(latent,)``, by
    which the means were scaled; ones where nothing is scaled.

    Attributes:
        documents: how many, from the first.
    """

    documents: int = 400

    def __call__(self, model: VAE, corpus: Corpus) -> Values:
        """See the class."""
        few = corpus.valid.subset(range(min(self.documents, len(corpus.valid))))
        q = encode_split(model, few, corpus.markers).q
        factor = q.factor if isinstance(q, ScaledNormal) else torch.ones(model.latent)
        return {"means": q.mean, "sds": q.stddev, "factor": factor}
