from collections import Counter

import pytest
import torch

from collapse.base.errors import DataError
from collapse.data import END, PAD, START, UNKNOWN, Vocabulary


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


@pytest.mark.parametrize("most", [3, 0, -1])
def test_a_size_below_the_specials_is_refused(most):
    """A slice from the end would have kept all words but one."""
    counts = Counter(["a", "b"])
    with pytest.raises(DataError, match=f"size is 4 or more; got {most}"):
        Vocabulary.from_counts(counts, most=most)
    assert Vocabulary.from_counts(counts, most=4).words[4:] == []


def test_a_text_in_one_piece_is_no_list_of_words():
    with pytest.raises(DataError, match=r"encode\('good food'\.split\(\)\)"):
        Vocabulary(["good", "food"]).encode("good food")


@pytest.mark.parametrize("numbers", [[6], [-1], [4.5], [[4, 5]], torch.tensor([[4, 5]])])
def test_numbers_of_no_word_are_refused(numbers):
    with pytest.raises(DataError, match="whole numbers from 0 to 5"):
        Vocabulary.decode.__wrapped__(Vocabulary(["good", "food"]), numbers)
