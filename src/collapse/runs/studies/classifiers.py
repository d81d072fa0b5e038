"""What classifiers find in the posteriors of finished runs: three tables of the papers."""

from dataclasses import replace

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from collapse.base.errors import RunError
from collapse.base.seeding import seeded
from collapse.data import Corpus, Documents
from collapse.distributions.densities import ask_torch
from collapse.metrics import (
    Supervision,
    classification_accuracy,
    few_labels,
    split_features,
    supervised_accuracy,
)
from collapse.metrics.text.probes import LABELS
from collapse.metrics.text.supervised import labels_of
from collapse.parts import Sizes
from collapse.runs.execute import load_corpus
from collapse.runs.run import Run
from collapse.runs.studies.results import Results

ABROAD = {"yahoo": "yelp", "ptb": "yelp-sentiment"}
"""By the corpus of a run, the labelled one on which its codes are tried."""


def labels(run: Run) -> Results:
    """Shares of the test documents whose label a classifier finds (Long et al. 2019, Table 5).

    ``label_mlp`` reads mean and variance of q(z|x), as in the paper; ``label_draw`` is a linear
    classifier of one z, all that the decoder hears; ``label_supervised`` a bi-LSTM that is trained
    on the words and labels; ``label_common`` the share of the commonest label.
    """
    return {
        "label_mlp": accuracy(run, "mean and variance", kind="mlp"),
        "label_draw": accuracy(run, "draw"),
        "label_supervised": supervised(run, run.request.seed),
        "label_common": commonest(labels_of(run.corpus().test)),
    }


def commonest(numbers: Int[np.ndarray, " documents"]) -> float:
    """The share of the commonest label."""
    return float(np.unique(numbers, return_counts=True)[1].max() / len(numbers))


def labels_abroad(run: Run) -> Results:
    """As ``label_mlp``, but of another corpus's documents (Long et al. 2019, Table 5, last row).

    Its words are read with the vocabulary of the run; those that it does not have are unknown, a
    share of ``abroad_unknown`` of all. ``abroad_common`` is the share of the commonest label.

    Raises:
        RunError: for a run on a corpus for which no other is known.
    """
    if run.request.corpus not in ABROAD:
        raise RunError(
            f"Codes learned on {run.request.corpus} are tried on no other corpus; those of "
            f"{' and '.join(ABROAD)} are."
        )
    other = load_corpus(ABROAD[str(run.request.corpus)], run.request.scale)
    train, test = (read_with(run.corpus(), other, split) for split in (other.train, other.test))
    unknown = run.corpus().vocabulary.encode(["<unk>"])[0]
    return {
        "abroad_mlp": classification_accuracy(
            views(run, train)["mean and variance"],
            labels_of(train),
            views(run, test)["mean and variance"],
            labels_of(test),
            kind="mlp",
        ),
        "abroad_common": commonest(labels_of(test)),
        "abroad_unknown": float((test.tokens == unknown).mean()),
    }


def read_with(home: Corpus, other: Corpus, documents: Documents) -> Documents:
    """Documents of another corpus, their words numbered as at home."""
    numbers = home.vocabulary.encode(other.vocabulary.words)
    return replace(documents, tokens=numbers[documents.tokens])


def labels_few(run: Run) -> Results:
    """Accuracy of a linear classifier of posterior means that learns from few labels.

    Zhu et al. (2020), Table 3; Song et al. (2024), Table 4: ``few_100`` and so on, as far as the
    training split goes, each the mean over ten samples of labelled documents.
    """
    train, test = labelled(run, "train"), labelled(run, "test")
    sizes = [size for size in LABELS if size <= len(train[1])]
    accuracies = few_labels(*train, *test, sizes=sizes, seed=run.request.seed)
    return {f"few_{each.labels}": each.mean for each in accuracies}


def labelled(
    run: Run, split: str
) -> tuple[Float[Tensor, "documents latent"], Int[np.ndarray, " documents"]]:
    """Posterior means and labels of a split."""
    documents = getattr(run.corpus(), split)
    return views(run, documents)["mean"], labels_of(documents)


@torch.no_grad()
def views(run: Run, documents: Documents) -> dict[str, Float[Tensor, "documents width"]]:
    """What a probe may read of each document.

    Args:
        run: a finished run with a Gaussian posterior.
        documents: of its corpus, or numbered as there.

    Returns:
        ``features``; ``mean``; ``mean and variance``, side by side (Long et al. 2019, Appendix A);
        ``draw``, one z from each posterior, which is all that the decoder ever hears.
    """
    model = run.model()
    features = split_features(model, documents)
    q = model.posterior(features.to(model.device))
    with seeded(run.request.seed):
        z = q.sample()
    variance = ask_torch(lambda: q.variance, f"{type(q).__name__} does not know its variance")
    both = torch.cat([q.mean, variance], dim=1)
    of_posterior = {"mean": q.mean, "mean and variance": both, "draw": z}
    return {"features": features, **{name: view.cpu() for name, view in of_posterior.items()}}


def accuracy(run: Run, of: str, kind: str = "linear", learn: str = "train") -> float:
    """How often a classifier of one of the :func:`views` finds the label of a test document.

    Args:
        run: a finished run.
        of: name of the view.
        kind: see :func:`collapse.metrics.classification_accuracy`.
        learn: the split whose labels it learns from, all of them.
    """
    taught, test = getattr(run.corpus(), learn), run.corpus().test
    return classification_accuracy(
        views(run, taught)[of],
        labels_of(taught),
        views(run, test)[of],
        labels_of(test),
        kind=kind,
    )


def supervised(run: Run, seed: int) -> float:
    """Accuracy of a bi-LSTM of the size of the run's encoder that is trained on all labels."""
    s = run.request.settings
    sizes = Sizes(len(run.corpus().vocabulary), s.embedding, s.hidden, s.latent)
    return supervised_accuracy(run.corpus(), sizes, Supervision(epochs=3), seed)
