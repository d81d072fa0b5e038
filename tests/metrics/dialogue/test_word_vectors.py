"""Word vectors: PMI by hand, and pretrained ones from the registered file."""

import math

import numpy as np
import pytest

from collapse.base.errors import CollapseError
from collapse.data import registry
from collapse.metrics.dialogue import word_vectors as wv


def test_pmi_of_three_words_by_hand() -> None:
    rows = {"a": 0, "b": 1, "c": 2}
    found = wv.positive_pmi([list("ab"), list("ab"), list("cb")], rows, window=1).toarray()
    # six ordered pairs: ab ba ab ba cb bc; p(a) = 2/6, p(b) = 3/6, p(c) = 1/6
    assert found[0, 1] == pytest.approx(math.log((2 / 6) / (2 / 6 * 3 / 6)))
    assert found[2, 1] == pytest.approx(math.log((1 / 6) / (1 / 6 * 3 / 6)))
    assert found[0, 2] == 0.0
    np.testing.assert_allclose(found, found.T)


def test_the_window_decides_who_is_company() -> None:
    rows = {"a": 0, "b": 1, "c": 2}
    near = wv.positive_pmi([list("abc")], rows, window=1).toarray()
    far = wv.positive_pmi([list("abc")], rows, window=2).toarray()
    assert near[0, 2] == 0
    assert far[0, 2] > 0


def test_words_in_the_same_company_are_alike() -> None:
    texts = ["the cat sleeps here", "the dog sleeps here", "a car drives fast", "a bus drives fast"]
    found = wv.learned_vectors([text.split() for text in texts * 3], width=5)
    cat, dog, car = (found.of([word])[0] for word in ("cat", "dog", "car"))
    cosine = lambda a, b: a @ b / np.linalg.norm(a) / np.linalg.norm(b)  # noqa: E731
    assert cosine(cat, dog) > 0.9 > 0.3 > cosine(cat, car)
    again = wv.learned_vectors([text.split() for text in texts * 3], width=5)
    np.testing.assert_array_equal(found.vectors, again.vectors)
    assert "5 dimensions" in found.source


def test_too_few_words_are_refused() -> None:
    with pytest.raises(CollapseError, match="three words"):
        wv.learned_vectors([["a", "b"]])


def test_pretrained_vectors_are_used_where_they_are(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("COLLAPSE_DATA", str(tmp_path))
    monkeypatch.setenv("COLLAPSE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setitem(registry.FILES, wv.GLOVE_FILE, registry.SourceFile("https://x", lines=2))
    assert "learned" in wv.word_vectors([["a", "b", "c"]] * 2, ["a"]).source
    (tmp_path / "glove").mkdir()
    (tmp_path / wv.GLOVE_FILE).write_text("hello 1 2\nyou 3 4.5\n")
    found = wv.word_vectors([], ["you", "me"])
    assert found.source.startswith("GloVe")
    assert found.of(["you", "me", "hello"]).tolist() == [[3.0, 4.5]]
