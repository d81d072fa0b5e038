"""What the pages on real text make of their runs."""

import pytest

from collapse.chapters.keeping import text_study
from collapse.data import load
from collapse.runs.run import Run


class FakeRun(Run):
    """A run whose corpus is generated reviews."""

    def __init__(self) -> None: ...

    def corpus(self):
        return load("toy-reviews", "smoke")


def test_words_that_come_back_are_counted_in_their_places(monkeypatch) -> None:
    run = FakeRun()
    test, vocabulary = run.corpus().test, run.corpus().vocabulary
    given = [vocabulary.decode(test[i]).split() for i in range(3)]
    told = [given[0], ["xyz", *given[1][1:]], given[2][:1]]
    texts = [" ".join(words) for words in told]
    monkeypatch.setattr(text_study, "reconstructions", lambda run, documents: texts)
    share = text_study.words_back(run, 3)
    lengths = [len(words) for words in given]
    assert min(lengths) > 1
    assert share["sentences"] == pytest.approx(1 / 3)
    assert share["words"] == pytest.approx((lengths[0] + lengths[1] - 1 + 1) / sum(lengths))
