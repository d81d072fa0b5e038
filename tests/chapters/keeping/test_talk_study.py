"""What appendix 6a makes of its runs, beside the functions that it calls."""

import numpy as np

from collapse import run
from collapse.chapters.keeping import talk_study
from collapse.metrics.dialogue.replies import sample_replies


def test_replies_are_the_words_of_the_samples() -> None:
    trained = run("bn-cvae", "toy-dialogue", "smoke", 0)
    told = talk_study.replies(trained, [1, 3], samples=2, longest=5, seed=4)
    words = trained.corpus().vocabulary.words
    direct = sample_replies(
        trained.model(), trained.corpus().test, np.array([1, 3]), 2, longest=5, seed=4
    )
    assert told == [[" ".join(words[n] for n in each) for each in group] for group in direct]
    assert [len(group) for group in told] == [2, 2]
    assert all(len(reply.split()) <= 5 for group in told for reply in group)
