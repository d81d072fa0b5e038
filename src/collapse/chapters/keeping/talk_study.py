"""What appendix 6a makes of its runs on telephone talk: replies that can be read."""

from collections.abc import Sequence

import numpy as np

from collapse.cvae import CVAE
from collapse.metrics.dialogue.replies import sample_replies
from collapse.runs.measuring.measure_dialogue import exchanges
from collapse.runs.run import Run


def replies(
    run: Run, asked: Sequence[int], samples: int, longest: int, seed: int
) -> list[list[str]]:
    """What a system answers to some contexts of the test split, by its most likely words.

    Args:
        run: of a conditional model.
        asked: numbers of test replies, whose contexts are read.
        samples: draws of z for each context.
        longest: words after which a reply is cut.
        seed: of the draws.

    Returns:
        For each context its replies as text.
    """
    model, corpus = run.model(), run.corpus()
    assert isinstance(model, CVAE), f"{run.request.name} is no conditional model"
    found = sample_replies(
        model, exchanges(corpus, "test"), np.asarray(asked), samples, longest=longest, seed=seed
    )
    return [[corpus.vocabulary.decode(each.tolist()) for each in group] for group in found]
