"""What the pages on real text make of their runs, as numbers and sentences that can be kept."""

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from collapse.metrics import active_units, encode_split, iw_nll
from collapse.runs import sampling
from collapse.runs.run import Run


def surprises(runs: Sequence[Run], documents: int, samples: int, seed: int) -> list[Tensor]:
    """The NLL of the same test documents under each run, ``(documents,)`` in nats.

    Args:
        runs: finished ones.
        documents: how many of the test split, from the first.
        samples: of the importance-weighted bound.
        seed: of its draws.
    """
    few = range(documents)
    return [
        iw_nll(run.model(), run.corpus().test.subset(few), samples=samples, seed=seed)
        for run in runs
    ]


def units_of(run: Run) -> dict[str, Any]:
    """The ``variances`` of the posterior means over the test documents; how many are ``active``."""
    units = active_units(encode_split(run.model(), run.corpus().test).q.mean)
    return {"variances": units.variances.tolist(), "active": units.count}


def reconstructions(run: Run, documents: int) -> list[str]:
    """What the model writes from the posterior mean of each of the first test documents."""
    corpus = run.corpus()
    return sampling.reconstruct(run.model(), corpus, corpus.test.subset(range(documents)))


def words_back(run: Run, documents: int) -> dict[str, float]:
    """How much of the first test documents comes back when they are reconstructed.

    Returns:
        ``words``: the share of their words that stand in their places again; ``sentences``: the
        share that is written back word for word.
    """
    test, vocabulary = run.corpus().test, run.corpus().vocabulary
    given = [vocabulary.decode(test[i]).split() for i in range(documents)]
    told = [text.split() for text in reconstructions(run, documents)]
    pairs = list(zip(given, told, strict=True))
    back = sum(a == b for one, other in pairs for a, b in zip(one, other, strict=False))
    return {
        "words": back / sum(map(len, given)),
        "sentences": sum(one == other for one, other in pairs) / documents,
    }


def walk(run: Run, steps: int) -> list[str]:
    """What the model writes on the way from the first test document to the second."""
    corpus = run.corpus()
    return sampling.interpolate(run.model(), corpus, corpus.test.subset([0, 1]), steps=steps)


def prior_samples(run: Run, count: int, seed: int) -> list[str]:
    """What the model writes from draws of the prior."""
    return sampling.sample_prior(run.model(), run.corpus(), count=count, seed=seed)
