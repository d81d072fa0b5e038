"""What chapter 4 does with recipes and runs: a decoder for the topics, feature spaces, probes."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from collapse.base.seeding import seeded
from collapse.chapters.keeping.asked import Asked, requests_for
from collapse.data import Corpus, make_batch
from collapse.data.generated.moved_topics import moved_topics
from collapse.decoders import Decoder, LSTMDecoder
from collapse.encoders import Encoder, LSTMEncoder
from collapse.metrics import dispersion, gradient_reach, order_effect
from collapse.parts import Part
from collapse.recipe import Recipe
from collapse.recipes import RECIPES
from collapse.runs.execute import load_corpus, new_system
from collapse.runs.measuring.probes import Features
from collapse.runs.measuring.recording import Recorder, Snapshot, record_all
from collapse.runs.request import make_request
from collapse.runs.run import Run
from collapse.runs.studies import accuracy

Frames = dict[str, list[list[Snapshot]]]


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


def topics_in_the_middle(scale: str) -> Corpus:
    """The documents of ``topics-25`` with twelve words of noise before the topic, thirteen behind.

    Args:
        scale: of the corpus.
    """
    return moved_topics(12, 13, scale)


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
        scale: "light", "medium", "colab" or "full".
        seeds: one run each.
        steps: of the loop, counted from 0.

    Returns:
        By name, for each seed the frames of :class:`collapse.runs.measuring.probes.Features`.
    """
    asked = requests_for(recipes, corpus, scale, seeds)
    requests = [request for group in asked.values() for request in group]
    recorders = {"features": Recorder(Features(), tuple(steps))}
    frames = (recordings["features"] for recordings in record_all(requests, recorders))
    return {name: [next(frames) for _ in seeds] for name in recipes}


def dispersion_rows(frames: Sequence[Snapshot]) -> list[dict[str, float]]:
    """Dispersion over training, one row a frame, as ``viz.training_curves`` reads them.

    ``cosine`` and ``rank`` as in :class:`collapse.metrics.Dispersion`; ``std`` is the root of
    the mean variance of a dimension.
    """
    rows = []
    for frame in frames:
        measured = dispersion(frame.values["features"])
        rows.append(
            {
                "step": float(frame.iteration),
                "cosine": measured.cosine,
                "std": measured.variances.mean().sqrt().item(),
                "rank": measured.effective_rank,
            }
        )
    return rows


def dispersions(asked: Asked, steps: Sequence[int]) -> dict[str, list[list[dict[str, float]]]]:
    """:func:`dispersion_rows` of runs, which are made on the way.

    Args:
        asked: the runs, by name.
        steps: of the loop, counted from 0.

    Returns:
        By name, for each run its rows.
    """
    requests = [request for group in asked.values() for request in group]
    recorded = iter(record_all(requests, {"features": Recorder(Features(), tuple(steps))}))
    return {
        name: [dispersion_rows(next(recorded)["features"]) for _ in group]
        for name, group in asked.items()
    }


def topic_shares(runs: Sequence[Run], view: str) -> list[float]:
    """Share of test documents whose topic a linear classifier finds, run by run.

    Args:
        runs: finished ones.
        view: "features" or "mean", see :func:`collapse.runs.studies.accuracy`.
    """
    return [accuracy(run, view, learn="valid") for run in runs]


def order_effects(run: Run, documents: int, samples: Sequence[int]) -> list[dict[str, Tensor]]:
    """What shuffled input costs, for each number of samples, as the fields of its ``OrderEffect``.

    Args:
        run: finished.
        documents: of the test split, from the first.
        samples: see :func:`collapse.metrics.order_effect`.
    """
    model, few = run.model(), run.corpus().test.first(documents)
    return [dict(vars(order_effect(model, few, samples=count))) for count in samples]


def reach_at_the_start(
    recipes: Mapping[str, Recipe], corpus: str, scale: str, seeds: Sequence[int], documents: int
) -> dict[str, list[float]]:
    """Mean size of the gradient at each word before training, over documents and seeds.

    Documents must be of one length.
    """
    loaded = load_corpus(corpus, scale)
    batch = make_batch(loaded.valid, range(documents))

    def reach(recipe: Recipe, seed: int) -> Tensor:
        system = new_system(make_request(recipe, corpus, scale, seed, name="fresh"), loaded)
        with seeded(seed):
            return gradient_reach(system.eval().model, batch).mean(0)

    return {
        name: torch.stack([reach(recipe, seed) for seed in seeds]).mean(0).tolist()
        for name, recipe in recipes.items()
    }
