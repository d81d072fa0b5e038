"""Which documents share a training step: four plans, each a pure function of seed and epoch.

The plan matters to the numbers. Batches of one length, as the released code of He et al. (2019)
and its descendants makes them, never pad; but they are small where a length is rare, and so they
lower the cap of the mutual information that is estimated inside a batch.
"""

import math
from collections.abc import Callable, Iterator

import numpy as np

from collapse.base.errors import DataError, choose
from collapse.data.documents import Batch, Documents, make_batch


def plan_batches(
    lengths: np.ndarray, batch_size: int, how: str, seed: int, epoch: int
) -> list[np.ndarray]:
    """The batches of one epoch as arrays of document numbers.

    Every document is in exactly one batch. The same arguments give the same plan.

    Args:
        lengths: (n,) the number of words of each document.
        batch_size: the largest number of documents in a batch.
        how: "random" draws new batches every epoch; "fixed" draws them once and permutes only
            their order; "bucket" makes batches of documents of exactly one length, once, and
            permutes their order (``create_data_batch`` in the released code of He et al. 2019);
            "label" does the same with documents of one label, given in place of the lengths (the
            third way to cut batches of Song et al. 2024, section 4.4).
        seed: decides the batches.
        epoch: decides the order, and for "random" the batches as well.

    Raises:
        UnknownNameError: for another ``how``.
        DataError: when there are no documents or ``batch_size`` is below 1.
    """
    plan = choose(how, PLANS, "batching")
    if len(lengths) == 0 or batch_size < 1:
        raise DataError(
            f"Batches need at least one document and a batch size of 1 or more; "
            f"there are {len(lengths)} documents and the batch size is {batch_size}."
        )
    return plan(np.asarray(lengths), batch_size, seed, epoch)


def plan_split(
    documents: Documents, batch_size: int, how: str, seed: int, epoch: int
) -> list[np.ndarray]:
    """The batches of one epoch of a split, by its lengths or, for "label", by its labels.

    Arguments and errors as in :func:`plan_batches`.

    Raises:
        DataError: for "label" where there are no labels.
    """
    key = documents.labels if how == "label" else documents.lengths
    if key is None:
        raise DataError("Batches of one label need labels; these documents have none.")
    return plan_batches(key, batch_size, how, seed, epoch)


def _random(lengths: np.ndarray, batch_size: int, seed: int, epoch: int) -> list[np.ndarray]:
    order = np.random.default_rng([seed, epoch]).permutation(len(lengths))
    return _cut(order, batch_size)


def _fixed(lengths: np.ndarray, batch_size: int, seed: int, epoch: int) -> list[np.ndarray]:
    batches = _cut(np.random.default_rng(seed).permutation(len(lengths)), batch_size)
    return _permuted(batches, seed, epoch)


def _bucket(lengths: np.ndarray, batch_size: int, seed: int, epoch: int) -> list[np.ndarray]:
    shuffled = np.random.default_rng(seed).permutation(len(lengths))
    by_length = shuffled[np.argsort(lengths[shuffled], kind="stable")]
    ends = np.flatnonzero(np.diff(lengths[by_length])) + 1
    buckets = np.split(by_length, ends)
    return _permuted(
        [batch for bucket in buckets for batch in _cut(bucket, batch_size)], seed, epoch
    )


def _cut(order: np.ndarray, batch_size: int) -> list[np.ndarray]:
    return [order[start : start + batch_size] for start in range(0, len(order), batch_size)]


def _permuted(batches: list[np.ndarray], seed: int, epoch: int) -> list[np.ndarray]:
    order = np.random.default_rng([seed, epoch]).permutation(len(batches))
    return [batches[number] for number in order]


PLANS: dict[str, Callable[[np.ndarray, int, int, int], list[np.ndarray]]] = {
    "random": _random,
    "fixed": _fixed,
    "bucket": _bucket,
    "label": _bucket,
}


def in_batches(documents: Documents, most: int) -> Iterator[Batch]:
    """All documents of a split for a look at them, neighbours in length together, in a fixed order.

    Args:
        documents: the split.
        most: documents in a batch.
    """
    order = documents.lengths.argsort(kind="stable")
    for indices in np.array_split(order, max(1, math.ceil(len(order) / most))):
        yield make_batch(documents, indices)
