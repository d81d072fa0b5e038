import lzma
import math
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collapse.base.errors import DataError, UnknownNameError
from collapse.data import PLANS, Documents, make_batch, plan_batches, plan_split

LENGTHS = st.lists(st.integers(1, 6), min_size=1, max_size=60).map(np.array)


@given(lengths=LENGTHS, size=st.integers(1, 9), how=st.sampled_from(sorted(PLANS)))
def test_every_document_is_in_exactly_one_batch(lengths, size, how):
    for epoch in range(3):
        plan = plan_batches(lengths, size, how, seed=1, epoch=epoch)
        assert sorted(np.concatenate(plan).tolist()) == list(range(len(lengths)))
        assert all(1 <= len(batch) <= size for batch in plan)


@pytest.mark.parametrize("how", sorted(PLANS))
def test_the_batches_hold_the_same_corpus(how):
    random = np.random.default_rng(0)
    rows = [random.integers(4, 99, size=length) for length in random.integers(1, 9, size=101)]
    documents = Documents.from_arrays(rows)
    found = {}
    for indices in plan_batches(documents.lengths, 8, how, seed=3, epoch=2):
        batch = make_batch(documents, indices)
        for row, length, index in zip(batch.tokens, batch.lengths, batch.indices, strict=True):
            found[int(index)] = row[1 : int(length) - 1].tolist()
    assert [found[i] for i in range(len(rows))] == [row.tolist() for row in rows]


@given(lengths=LENGTHS, size=st.integers(1, 9))
def test_a_bucket_batch_holds_one_length_and_as_few_batches_as_possible(lengths, size):
    plan = plan_batches(lengths, size, "bucket", seed=0, epoch=0)
    assert all(len(set(lengths[batch].tolist())) == 1 for batch in plan)
    assert len(plan) == sum(math.ceil(count / size) for count in np.bincount(lengths))


def as_sets(plan):
    return {frozenset(batch.tolist()) for batch in plan}


def test_what_changes_between_epochs():
    lengths = np.random.default_rng(0).integers(1, 9, size=200)
    for how, redrawn in (("random", True), ("fixed", False), ("bucket", False)):
        one, two = (plan_batches(lengths, 7, how, seed=0, epoch=epoch) for epoch in (0, 1))
        assert (as_sets(one) != as_sets(two)) == redrawn
        assert [b.tolist() for b in one] != [b.tolist() for b in two]
        again = plan_batches(lengths, 7, how, seed=0, epoch=1)
        assert [b.tolist() for b in two] == [b.tolist() for b in again]
        assert as_sets(one) != as_sets(plan_batches(lengths, 7, how, seed=1, epoch=0))


def test_bad_arguments():
    with pytest.raises(UnknownNameError, match="'bucket'"):
        plan_batches(np.array([1]), 2, "buckets", seed=0, epoch=0)
    with pytest.raises(DataError, match="batch size is 0"):
        plan_batches(np.array([1]), 0, "random", seed=0, epoch=0)
    with pytest.raises(DataError, match="0 documents"):
        plan_batches(np.array([]), 2, "random", seed=0, epoch=0)


@pytest.mark.data
def test_the_cap_of_the_real_yahoo_test_set():
    """Facts of the file: 392 batches of 32, two of them singletons, a cap of 3.322 nats."""
    path = Path(os.environ.get("COLLAPSE_DATA", "")) / "yahoo" / "test.txt.xz"
    if not path.is_file():
        pytest.skip("the Yahoo test file is not in COLLAPSE_DATA")
    with lzma.open(path, "rt", encoding="utf-8") as lines:
        lengths = np.array([len(line.split()) for line in lines])
    plan = plan_batches(lengths, 32, "bucket", seed=0, epoch=0)
    sizes = np.array([len(batch) for batch in plan])
    assert (len(plan), int((sizes == 1).sum())) == (392, 2)
    assert round(float((sizes / sizes.sum() * np.log(sizes)).sum()), 3) == 3.322


def test_batches_of_one_label_are_drawn_once() -> None:
    documents = Documents.from_arrays([np.array([4, 5])] * 40, np.arange(40) % 3)
    first = plan_split(documents, 6, "label", 0, 0)
    again = plan_split(documents, 6, "label", 0, 1)
    assert sorted(i for batch in first for i in batch) == list(range(40))
    assert all(len(set(documents.labels[batch])) == 1 for batch in first)
    assert {tuple(b) for b in first} == {tuple(b) for b in again}
    assert [tuple(b) for b in first] != [tuple(b) for b in again]
    with pytest.raises(DataError, match="need labels"):
        plan_split(Documents.from_arrays([np.array([4, 5])]), 6, "label", 0, 0)
