import pickle
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from small import tiny_corpus, tiny_documents

from collapse.base.errors import DataError
from collapse.data import END, PAD, START, Documents, make_batch

RAGGED = st.lists(st.lists(st.integers(4, 50), max_size=7), min_size=1, max_size=12)


def naive_batch(documents, indices, bos_eos):
    """Pad lists one by one: the obvious way."""
    rows = [documents[i].tolist() for i in indices]
    rows = [[START, *row, END] if bos_eos else row for row in rows]
    width = max(map(len, rows))
    return [row + [PAD] * (width - len(row)) for row in rows], [len(row) for row in rows]


@given(rows=RAGGED, bos_eos=st.booleans(), data=st.data())
def test_batch_equals_the_list_by_list_way(rows, bos_eos, data):
    arrays = [np.array(row, dtype=np.int32) for row in rows]
    documents = Documents.from_arrays(arrays, bos_eos=bos_eos)
    indices = data.draw(st.lists(st.integers(0, len(rows) - 1), min_size=1, max_size=8))
    batch = make_batch(documents, indices)
    tokens, lengths = naive_batch(documents, indices, bos_eos)
    assert batch.tokens.tolist() == tokens
    assert batch.lengths.tolist() == lengths
    assert batch.indices.tolist() == indices
    assert batch.predicted.tolist() == documents.predicted[indices].tolist()


def test_inputs_targets_and_mask_line_up():
    documents = Documents.from_arrays([[7, 8], [9]])
    batch = make_batch(documents, [0, 1])
    assert batch.inputs.tolist() == [[START, 7, 8], [START, 9, END]]
    assert batch.targets.tolist() == [[7, 8, END], [9, END, PAD]]
    assert batch.mask.tolist() == [[True, True, True], [True, True, False]]
    assert batch.predicted.tolist() == [3, 2]
    assert batch.mask.sum(1).tolist() == batch.predicted.tolist()
    assert torch.equal(batch.to("cpu").tokens, batch.tokens)


def test_an_empty_batch_is_refused():
    with pytest.raises(DataError, match="at least one document"):
        make_batch(Documents.from_arrays([[5]]), [])


@given(rows=RAGGED, data=st.data())
def test_subset_takes_documents_and_labels(rows, data):
    documents = Documents.from_arrays(rows, list(range(len(rows))))
    indices = data.draw(st.lists(st.integers(0, len(rows) - 1), max_size=8))
    chosen = documents.subset(indices)
    assert [chosen[i].tolist() for i in range(len(chosen))] == [rows[i] for i in indices]
    assert chosen.labels.tolist() == indices
    assert chosen.lengths.tolist() == [len(rows[i]) for i in indices]


def test_the_first_documents():
    documents = tiny_documents(5)
    for most, count in ((0, 0), (3, 3), (5, 5), (99, 5), (None, 5)):
        first = documents.first(most)
        assert len(first) == count
        assert all((first[i] == documents[i]).all() for i in range(count))


@pytest.mark.parametrize("bos_eos", [True, False])
def test_documents_keep_their_markers_wherever_they_go(bos_eos):
    documents = tiny_documents(5, bos_eos=bos_eos)
    gone = pickle.loads(pickle.dumps(documents))
    for kept in (documents, documents.subset([3, 1]), gone, replace(documents, labels=None)):
        assert kept.bos_eos is bos_eos
        assert (make_batch(kept, [0]).tokens[0, 0] == START) == bos_eos


def test_splits_of_one_corpus_have_markers_or_none():
    corpus = tiny_corpus()
    assert corpus.bos_eos
    bare = {name: tiny_documents(3, bos_eos=False) for name in ("train", "valid", "test")}
    assert not replace(corpus, **bare).bos_eos
    with pytest.raises(DataError, match="bos_eos is True, True, False for"):
        replace(corpus, test=bare["test"])


def test_a_document_that_is_not_there():
    documents = Documents.from_arrays([[5], [6, 7]])
    assert documents[-1].tolist() == [6, 7]
    with pytest.raises(IndexError, match="has 2"):
        documents[2]
