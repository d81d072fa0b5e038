"""The same systems on more documents of the same generator."""

from dataclasses import replace
from functools import partial

from collapse.base.errors import DataError
from collapse.chapters.train_alone import sizes_of, started, train_alone
from collapse.data import Corpus
from collapse.recipe import Recipe
from collapse.runs.settings import Settings
from collapse.system import System

FURTHER = 1  # the seed of documents that are in no split of the corpus


def with_more_documents(corpus: Corpus, times: int) -> Corpus:
    """A generated corpus with so many times the training documents; the other splits are as before.

    Args:
        corpus: generated, with seed 0.
        times: 1 or more. All training documents are then fresh draws of the same generator.

    Raises:
        DataError: for a corpus without a generator, or a number below 1.
    """
    if corpus.generator is None or times < 1:
        raise DataError(
            "More documents can be had 1 time or more, of a generated corpus; got "
            f"{times} times and the corpus {corpus.name!r}. Take 'synthetic'."
        )
    more = corpus.generator.sample(times * len(corpus.train), FURTHER)
    return replace(corpus, name=f"{corpus.name}-times-{times}", train=more)


def train_on(recipe: Recipe, corpus: Corpus, settings: Settings, seed: int) -> System:
    """A recipe's system trained jointly on a corpus that no run has, with nothing kept.

    Args:
        recipe: whose strategy is joint training.
        corpus: the documents.
        settings: widths and loop.
        seed: of weights, batches, dropout and samples.

    Returns:
        The system with the weights of its best epoch, in evaluation mode.
    """
    sizes = sizes_of(corpus, settings)
    system = started(partial(recipe.build, sizes), settings, seed)
    train_alone(system, corpus, settings, seed)
    return system
