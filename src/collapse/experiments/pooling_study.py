"""What chapter 4 does with recipes and runs: a decoder for the topics, feature spaces, probes."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import torch
from jaxtyping import Float
from torch import Tensor

from collapse.data import make_batch
from collapse.decoders import Decoder, LSTMDecoder
from collapse.encoders import Encoder, LSTMEncoder
from collapse.experiments.execute import load_corpus, new_model
from collapse.experiments.feature_probe import Features
from collapse.experiments.recording import Frame, Recorder, record_all
from collapse.experiments.requests import request
from collapse.experiments.run import Run
from collapse.metrics import (
    classification_accuracy,
    dispersion,
    gradient_reach,
    split_features,
    supervised_accuracy,
)
from collapse.metrics.supervised import labels_of
from collapse.parts import Part, Sizes
from collapse.recipe import Recipe
from collapse.recipes import RECIPES
from collapse.seeding import seeded

Frames = dict[str, list[list[Frame]]]


def on_topics(name: str, *, hidden: float = 0.5, width: int | None = None) -> Recipe:
    """A recipe of the table with the decoder that makes a topic worth saying.

    Args:
        name: of the recipe; its own decoder is replaced.
        hidden: probability with which a word is hidden from the decoder in training.
        width: units of the encoder, if not as many as the decoder has.
    """
    recipe = RECIPES[name]
    decoder: Part[Decoder] = Part(LSTMDecoder, dropout=0.0, word_dropout=hidden)
    narrow: Part[Encoder] = Part(LSTMEncoder, width=width)
    return replace(recipe, encoder=narrow if width else recipe.encoder, decoder=decoder)


def watch(
    recipes: Mapping[str, Recipe],
    corpus: str,
    scale: str,
    seeds: Sequence[int],
    steps: Sequence[int],
) -> Frames:
    """The feature spaces of runs at some steps of their training; the runs are made on the way.

    Args:
        recipes: by name.
        corpus: a name from ``CORPORA``.
        scale: "light", "colab" or "full".
        seeds: one run each.
        steps: of the loop, counted from 0.

    Returns:
        By name, for each seed the frames of :class:`.feature_probe.Features`.
    """
    asked = [
        request(recipe, corpus, scale, seed, name=name)
        for name, recipe in recipes.items()
        for seed in seeds
    ]
    recorders = {"features": Recorder(Features(), tuple(steps))}
    found = (seen["features"] for seen in record_all(asked, recorders))
    return {name: [next(found) for _ in seeds] for name in recipes}


def dispersion_rows(frames: Sequence[Frame]) -> list[dict[str, float]]:
    """Dispersion over training, one row a frame, as ``viz.training_curves`` reads them.

    ``cosine`` and ``rank`` as in :class:`collapse.metrics.Dispersion`; ``spread`` is the root of
    the mean variance of a dimension.
    """
    rows = []
    for frame in frames:
        found = dispersion(frame.values["features"])
        rows.append(
            {
                "step": float(frame.iteration),
                "cosine": found.cosine,
                "spread": found.variances.mean().sqrt().item(),
                "rank": found.effective_rank,
            }
        )
    return rows


@torch.no_grad()
def views(run: Run, split: str) -> dict[str, Float[Tensor, "documents width"]]:
    """What a probe may read of each document of a split: its features, its mean, its posterior.

    Args:
        run: a finished run with a Gaussian posterior.
        split: "train", "valid" or "test".

    Returns:
        ``features``; ``mean``; ``mean and variance``, side by side (Long et al. 2019, Appendix A).
    """
    model, corpus = run.model(), run.corpus()
    features = split_features(model, getattr(corpus, split), corpus.markers)
    q = model.posterior(features.to(model.device))
    both = torch.cat([q.mean, q.variance], dim=1)
    return {"features": features, "mean": q.mean.cpu(), "mean and variance": both.cpu()}


def accuracy(run: Run, of: str, kind: str = "linear", learn: str = "train") -> float:
    """How often a classifier of one of the :func:`views` finds the label of a test document.

    Args:
        run: a finished run.
        of: name of the view.
        kind: see :func:`collapse.metrics.classification_accuracy`.
        learn: the split whose labels it learns from, all of them.
    """
    corpus = run.corpus()
    labels = labels_of(getattr(corpus, learn))
    known, test = views(run, learn)[of], views(run, "test")[of]
    return classification_accuracy(known, labels, test, labels_of(corpus.test), kind=kind)


def supervised(run: Run, seed: int) -> float:
    """Accuracy of a bi-LSTM of the size of the run's encoder that is trained on all labels."""
    s = run.request.settings
    sizes = Sizes(len(run.corpus().vocabulary), s.embedding, s.hidden, s.latent)
    return supervised_accuracy(run.corpus(), sizes, seed=seed)


def reach_at_the_start(
    recipes: Mapping[str, Recipe], corpus: str, scale: str, seeds: Sequence[int], documents: int
) -> dict[str, list[float]]:
    """Mean size of the gradient at each word before training, over documents and seeds.

    Documents must be of one length.
    """
    text = load_corpus(corpus, scale)
    batch = make_batch(text.valid, range(documents), text.markers)

    def one(recipe: Recipe, seed: int) -> Tensor:
        model = new_model(request(recipe, corpus, scale, seed, name="fresh"), text).eval()
        with seeded(seed):
            return gradient_reach(model, batch).mean(0)

    return {
        name: torch.stack([one(recipe, seed) for seed in seeds]).mean(0).tolist()
        for name, recipe in recipes.items()
    }
