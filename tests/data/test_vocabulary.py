from collections import Counter

import pytest

from collapse.data import END, PAD, START, UNKNOWN, Vocabulary
from collapse.errors import DataError


def test_commonest_words_first_and_size_counts_the_specials():
    vocabulary = Vocabulary.from_counts(Counter(["b", "b", "a", "a", "c"]), most=6)
    assert vocabulary.words == ["<pad>", "<s>", "</s>", "<unk>", "a", "b"]
    assert len(vocabulary) == 6
    assert "c" not in vocabulary
    assert vocabulary.encode(["a", "c", "b"]).tolist() == [4, UNKNOWN, 5]


def test_text_cannot_contain_markers():
    vocabulary = Vocabulary.from_counts(Counter(["</s>", "<pad>", "<s>", "<unk>", "a"]))
    assert vocabulary.words[4:] == ["a"]
    assert vocabulary.encode(["</s>", "<pad>", "<s>", "<unk>"]).tolist() == [UNKNOWN] * 4


def test_decode_drops_markers_and_stops_at_the_end():
    vocabulary = Vocabulary(["good", "food"])
    assert vocabulary.decode([START, 4, 5, END, 4, PAD]) == "good food"
    assert vocabulary.decode([UNKNOWN, 5, PAD]) == "<unk> food"
    assert vocabulary.decode(vocabulary.encode(["good", "food"])) == "good food"


def test_a_word_twice_is_refused():
    with pytest.raises(DataError, match="'a' is there twice"):
        Vocabulary(["a", "b", "a"])
