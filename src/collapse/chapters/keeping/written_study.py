"""What appendix 7a makes of its runs on real text: what they write and what their codes know."""

from collections.abc import Sequence

import torch

from collapse import metrics
from collapse.metrics.text.supervised import labels_of
from collapse.runs.run import Run


def qualities(run: Run, judge: Run, pairs: int, seeds: Sequence[int]) -> list[dict[str, float]]:
    """What Table 5 of Song et al. (2024) counts, of lines between draws of the prior.

    Args:
        run: whose model writes five points on each line, greedily.
        judge: a run of the language model; the perplexity is by it.
        pairs: lines.
        seeds: of the draws, one result each.
    """
    model, train = run.model(), run.corpus().train
    found = []
    for seed in seeds:
        texts = metrics.decode(model, metrics.between_prior_draws(model, pairs, seed=seed))
        quality = metrics.quality(texts, train, judge.model())
        found.append(
            {
                "perplexity": quality.perplexity,
                "entropy": quality.entropy,
                **{f"seen-{n}": share for n, share in quality.seen.items()},
                **{f"dist-{n}": share for n, share in quality.distinct.items()},
            }
        )
    return found


def line_of(run: Run, seed: int) -> list[str]:
    """What the model writes, with words drawn by chance, on one line between two draws."""
    model, vocabulary = run.model(), run.corpus().vocabulary
    line = metrics.between_prior_draws(model, 1, steps=5, seed=seed)
    drawn = metrics.decode(model, line, generator=torch.Generator().manual_seed(seed))
    return [vocabulary.decode(drawn[i].tolist()) for i in range(len(drawn))]


def accuracies(run: Run, sizes: Sequence[int], draws: int, seed: int) -> list[float]:
    """How often a linear classifier of the frozen codes is right, for each number of labels.

    Args:
        run: on a corpus with labels.
        sizes: labelled training documents.
        draws: samples of each size; the result is their mean.
        seed: decides the samples.
    """
    model, corpus = run.model(), run.corpus()
    train, test = (
        (metrics.frozen_features(model, part), labels_of(part))
        for part in (corpus.train, corpus.test)
    )
    few = metrics.few_labels(*train, *test, sizes=sizes, draws=draws, seed=seed)
    return [result.mean for result in few]
