"""A batch of replies carries the contexts that belong to them."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from small_dialogue import tiny_exchanges

from collapse.base.errors import DataError
from collapse.data import DialogueBatch, Documents, Exchanges, make_batch


def one_talk() -> Exchanges:
    """Speakers 0 1 0 say a, bc, d; replies by 1 after the third, by 0 after the second."""
    return Exchanges(
        **vars(Documents.from_arrays([[7, 8], [9]])),
        utterances=Documents.from_arrays([[4], [5, 6], [4]], bos_eos=False),
        speakers=np.array([0, 1, 0]),
        windows=np.array([[0, 3], [0, 2]]),
        repliers=np.array([1, 0]),
    )


def test_a_batch_holds_the_utterances_of_each_window_in_order() -> None:
    batch = make_batch(one_talk(), [1, 0])
    assert isinstance(batch, DialogueBatch)
    assert batch.tokens.tolist() == [[1, 9, 2, 0], [1, 7, 8, 2]]
    assert batch.context.tolist() == [[4, 0], [5, 6], [4, 0], [5, 6], [4, 0]]
    assert batch.context_lengths.tolist() == [1, 2, 1, 2, 1]
    assert batch.turns.tolist() == [2, 3]
    assert batch.same_speaker.tolist() == [True, False, False, True, False]


def test_a_subset_keeps_replies_with_their_contexts() -> None:
    whole = tiny_exchanges()
    part = whole.subset([5, 2, 5])
    for place, index in enumerate([5, 2, 5]):
        assert part[place].tolist() == whole[index].tolist()
        mine, theirs = part.context(place), whole.context(index)
        assert [u.tolist() for u in mine] == [u.tolist() for u in theirs]
    assert part.repliers.tolist() == whole.repliers[[5, 2, 5]].tolist()
    assert part.bos_eos
    assert not part.utterances.bos_eos
    assert not replace(whole, bos_eos=False).subset([5]).bos_eos


def test_repeating_a_batch_is_making_it_of_repeated_numbers() -> None:
    whole = tiny_exchanges()
    repeated = make_batch(whole, [3, 1]).repeat(2)
    made = make_batch(whole, [3, 1, 3, 1])
    context = ("context", "context_lengths", "turns", "same_speaker")
    for name in ("tokens", "lengths", "indices", *context):
        torch.testing.assert_close(getattr(repeated, name), getattr(made, name), msg=name)


def test_moving_a_batch_changes_nothing_in_it() -> None:
    batch = make_batch(tiny_exchanges(), [3, 1])
    there = batch.to("cpu")
    assert isinstance(there, DialogueBatch)
    assert (there.context == batch.context).all()
    assert there.turns is batch.turns


def test_replies_are_grouped_by_the_words_before_them() -> None:
    talk = one_talk()
    again = talk.subset([0, 1, 0])
    assert [group.tolist() for group in again.same_context()] == [[0, 2], [1]]


def test_what_cannot_be_read_is_refused() -> None:
    with pytest.raises(DataError, match="without a context"):
        Exchanges(**{**vars(one_talk()), "windows": np.array([[0, 0], [0, 2]])})
    marked = {**vars(one_talk()), "utterances": Documents.from_arrays([[4], [5, 6], [4]])}
    with pytest.raises(DataError, match="Contexts are read without markers"):
        Exchanges(**marked)
    with pytest.raises(DataError, match="without words"):
        Exchanges(**{**vars(one_talk()), "utterances": Documents.from_arrays([[], [4], [4]])})
