"""What a small classifier finds in the features of a frozen encoder.

The downstream test of Li et al. (2019), Zhu et al. (2020, Table 3) and others: train the VAE
without labels, freeze its encoder, and fit a classifier on few labelled documents.

scikit-learn is imported when a probe is made: it takes a second that no other metric needs.
"""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from collapse.base.errors import CollapseError, choose
from collapse.data import Documents
from collapse.metrics.checks import at_least_one, check_finite
from collapse.metrics.information import Estimate
from collapse.metrics.likelihood import posterior_means
from collapse.vae import VAE

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

LABELS = (100, 500, 1000, 2000, 10_000)
"""Sizes of the labelled sample in Zhu et al. (2020), Table 3."""

MLP_WIDTH = 64  # width of the MLP
STEPS = 1000  # most iterations of a classifier; standardised features need far fewer


@dataclass(frozen=True)
class ProbeResult:
    """Accuracy of a probe at one number of labels.

    Attributes:
        labels: size of the labelled sample.
        values: accuracy on the test documents, from 0 to 1, one for each draw of the sample.
    """

    labels: int
    values: tuple[float, ...]

    @property
    def mean(self) -> float:
        """Mean accuracy over the draws."""
        return Estimate.of(self.values).value

    @property
    def standard_error(self) -> float:
        """Of the mean over the draws (nan for a single draw): the test documents stay the same."""
        return Estimate.of(self.values).standard_error


def frozen_features(model: VAE, documents: Documents) -> Float[Tensor, "documents latent"]:
    """The posterior mean of every document from an encoder that cannot change.

    The model is in evaluation mode while it reads, whatever mode it is in before and after: no
    dropout, and no batch statistics are taken or updated. No tensor of its state changes.

    Args:
        model: in any mode.
        documents: the split.
    """
    mode = model.training
    model.eval()
    try:
        return posterior_means(model, documents)
    finally:
        model.train(mode)


def word_counts(documents: Documents, vocabulary: int) -> Float[Tensor, "documents vocabulary"]:
    """How often each word type occurs in each document: features that no model has touched.

    Args:
        documents: the split.
        vocabulary: number of word types.

    Raises:
        CollapseError: for a word number that the vocabulary has not.
    """
    if len(documents.tokens) and documents.tokens.max() >= vocabulary:
        raise CollapseError(
            f"The documents hold word numbers up to {documents.tokens.max()}, the vocabulary has "
            f"{vocabulary} words. Is it that of this corpus?"
        )
    counts = torch.zeros(len(documents), vocabulary)
    rows = np.repeat(np.arange(len(documents)), documents.lengths)
    where = (torch.from_numpy(rows), torch.from_numpy(documents.tokens.astype(np.int64)))
    return counts.index_put_(where, torch.ones(len(rows)), accumulate=True)


def classification_accuracy(
    features: Float[Tensor, "documents width"],
    labels: Int[np.ndarray, " documents"],
    test_features: Float[Tensor, "tests width"],
    test_labels: Int[np.ndarray, " tests"],
    *,
    kind: str = "linear",
    seed: int = 0,
) -> float:
    """Share of the test documents that a classifier of the features gets right.

    Features are standardised with the mean and the spread of the labelled documents alone. A
    feature without any spread is only centred.

    Args:
        features: of the labelled documents.
        labels: their classes.
        test_features: of the test documents.
        test_labels: their classes.
        kind: "linear" is a logistic regression (scikit-learn's default penalty, C = 1), "mlp" has
            one hidden layer of 64 units.
        seed: of the MLP's first weights.

    Raises:
        UnknownNameError: for another ``kind``.
        CollapseError: when the labelled documents are all of one class, a feature is not finite,
            there is no test document, or a document lacks a label.
    """
    pipeline = choose(kind, PROBES, "kind of probe")
    for table, known in ((features, labels), (test_features, test_labels)):
        check_finite(table, "Features")
        at_least_one(len(table), "documents")
        if len(table) != len(known):
            raise CollapseError(f"{len(table)} documents have {len(known)} labels.")
    if len(np.unique(labels)) < 2:
        raise CollapseError(
            f"A classifier needs labelled documents of two classes or more; these "
            f"{len(labels)} have {len(np.unique(labels))}. Draw more of them."
        )
    with warnings.catch_warnings():
        # An MLP may use up its steps. The category is scikit-learn's, which is not imported yet.
        warnings.filterwarnings("ignore", message=".*[Mm]aximum iterations.*")
        fitted = pipeline(seed).fit(features.double().numpy(), labels)
    return float(fitted.score(test_features.double().numpy(), test_labels))


def few_labels(
    features: Float[Tensor, "documents width"],
    labels: Int[np.ndarray, " documents"],
    test_features: Float[Tensor, "tests width"],
    test_labels: Int[np.ndarray, " tests"],
    *,
    sizes: Sequence[int] = LABELS,
    draws: int = 10,
    kind: str = "linear",
    seed: int = 0,
) -> list[ProbeResult]:
    """Accuracy from few labels: ``draws`` samples of each size, without replacement.

    Which documents are drawn depends on (seed, size, number of the draw) and the number of
    documents only, so that two systems are compared on the same samples. Of all documents there
    is one sample only.

    Args:
        features: of the documents that may be drawn.
        labels: their classes.
        test_features: of the test documents.
        test_labels: their classes.
        sizes: labelled documents in a sample.
        draws: samples of each size.
        kind: see :func:`classification_accuracy`.
        seed: decides the samples.

    Returns:
        One result a size, in the order of ``sizes``.

    Raises:
        CollapseError: when a size exceeds the number of documents, a sample has one class, there
            are no labels, or for less than one draw, and as :func:`classification_accuracy`.
    """
    at_least_one(draws, "draws")
    if labels is None or test_labels is None:
        raise CollapseError(
            "few_labels() compares with known labels, and these documents have none. Take a corpus "
            "that has, such as 'yelp-sentiment'."
        )
    test = (test_features, test_labels)
    results = []
    for size in sizes:
        samples = draws if size < len(labels) else 1
        drawn = [sample(len(labels), size, seed, draw) for draw in range(samples)]
        accuracies = [
            classification_accuracy(features[rows], labels[rows], *test, kind=kind, seed=seed)
            for rows in drawn
        ]
        results.append(ProbeResult(size, tuple(accuracies)))
    return results


def sample(documents: int, size: int, seed: int, draw: int) -> Int[np.ndarray, " size"]:
    """``size`` different document numbers below ``documents``.

    Raises:
        CollapseError: when there are not as many.
    """
    if not 0 < size <= documents:
        raise CollapseError(f"Cannot draw {size} labels from {documents} labelled documents.")
    return np.random.default_rng([seed, size, draw]).permutation(documents)[:size]


def _linear(seed: int) -> "Pipeline":
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), LogisticRegression(max_iter=STEPS))


def _mlp(seed: int) -> "Pipeline":
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    probe = MLPClassifier((MLP_WIDTH,), max_iter=STEPS, random_state=seed)
    return make_pipeline(StandardScaler(), probe)


PROBES: dict[str, Callable[[int], "Pipeline"]] = {"linear": _linear, "mlp": _mlp}
