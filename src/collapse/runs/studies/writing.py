"""What the decoders of finished runs write between draws from the prior."""

from dataclasses import replace
from math import isfinite

from collapse.base.errors import RunError
from collapse.metrics import between_prior_draws, decode, quality
from collapse.recipes import RECIPES
from collapse.runs.run import Run, is_finished
from collapse.runs.studies.results import Results

# Song et al. (2024), section 4.4.
WRITTEN_PAIRS = 1000
POINTS_A_PAIR = 5
LONGEST_WRITTEN = 15  # words


def writing(run: Run) -> Results:
    """Quality and variety of greedy decodings between prior draws (Song et al. 2024, Table 5).

    The language model that judges them, and the draws, have the seed of the run: ``written_ppl``
    is its perplexity, ``written_gram_n`` the share of n-grams that the training split has,
    ``written_entropy`` that of their words in nats, ``written_distinct_n`` different n-grams over
    all n-grams. What is not defined is left out: documents of one word have no pairs.

    Raises:
        RunError: when the run ``lm`` on the same corpus, at the same scale, is not finished.
    """
    judge = replace(run.request, name="lm", recipe=RECIPES["lm"])
    if not is_finished(judge):
        raise RunError(
            "What a model writes is judged by a language model of the same corpus, scale and seed, "
            f"and that run is not finished: collapse run lm --corpus {judge.corpus} --scale "
            f"{judge.scale} --seed {judge.seed}"
        )
    model, corpus = run.model(), run.corpus()
    points = between_prior_draws(model, WRITTEN_PAIRS, POINTS_A_PAIR, run.request.seed)
    written = decode(model, points, LONGEST_WRITTEN)
    judged = quality(written, corpus.train, Run(judge, judge.folder).model())
    numbers = {
        "written_ppl": judged.perplexity,
        **{f"written_gram_{n}": share for n, share in judged.seen.items()},
        "written_entropy": judged.entropy,
        **{f"written_distinct_{n}": share for n, share in judged.distinct.items()},
    }
    return {name: value for name, value in numbers.items() if isfinite(value)}
