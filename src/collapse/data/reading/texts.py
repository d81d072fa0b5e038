"""Texts of one's own as a corpus: from lists in memory, from a folder, or from one file."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from collapse.base.errors import DataError
from collapse.data.arrays import SPLITS, encode
from collapse.data.reading.files import read_path
from collapse.data.reading.how import TOKENS, How, Pile, ReadingLog, read_options
from collapse.data.texts import SPLIT_SEED, Texts, numbered, shorten
from collapse.data.vocabulary import SPECIALS, UNKNOWN

LEAST_DOCUMENTS = 2  # of a split: of one there is neither a variance nor a standard error
MOST_HELD_OUT = 10_000  # documents of a validation or test split that is made here
MARKER_WORDS = frozenset(SPECIALS[:UNKNOWN])  # no word of a text gets their numbers
RIGHTS = "A text of your own; the terms are those under which you have it."


def from_texts(
    given: Mapping[str, Iterable[str] | None], labels: Any, how: How, name: str
) -> dict[str, Any]:
    """The fields of :meth:`collapse.data.Corpus.from_texts`."""
    texts = {k: checked_texts(split, k) for k, split in given.items() if split is not None}
    if labels is None:
        piles = {split: Pile(documents) for split, documents in texts.items()}
    else:
        names = labels_by_split(labels, list(texts))
        piles = {k: Pile(split, checked_labels(names[k], split, k)) for k, split in texts.items()}
    return corpus_of(piles, ReadingLog(how), name)


def from_folder(path: str | Path, name: str | None, options: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of :meth:`collapse.data.Corpus.from_folder`."""
    if not isinstance(path, str | os.PathLike):
        raise DataError(
            f"from_folder takes the path of a folder or a file, 'my/texts.csv'; got {path!r:.60}. "
            "For texts that are in memory: Corpus.from_texts(list)."
        )
    path = Path(path).expanduser()
    how = How.from_plain({**read_options(path), **options})
    piles = read_path(path, how)
    unread = tuple(dict.fromkeys(column for pile in piles.values() for column in pile.unread))
    path = path.absolute()
    return corpus_of(piles, ReadingLog(how, str(path), unread=unread), name or path.stem)


def labels_by_split(labels: Any, splits: Sequence[str]) -> dict[str, list[Any]]:
    """The labels of each split that has texts.

    Args:
        labels: by the name of the split; or one list a split, in order; or, where the texts are
            all in one list, a list beside it.
        splits: the names of those with texts.

    Raises:
        DataError: when they are of other splits.
    """
    if not isinstance(labels, Mapping):
        lists = list(labels)
        nested = any(isinstance(label, Iterable) and not isinstance(label, str) for label in lists)
        texts = all(isinstance(label, str) for label in lists) and len(lists) == len(splits)
        if len(splits) > 1 and not nested and not texts:
            raise DataError(
                f"labels is one list of {len(lists):,}, and there are texts of "
                f"{', '.join(splits)}. Give a list of labels for each list of texts: "
                f"labels={{{', '.join(f'{split!r}: [...]' for split in splits)}}}."
            )
        alone = len(splits) == 1 and not nested
        lists = [lists] if alone else lists
        surplus = (f"list {number}" for number in range(len(SPLITS) + 1, len(lists) + 1))
        labels = dict(zip([*SPLITS, *surplus], lists, strict=False))
    if labels.keys() != set(splits):
        raise DataError(
            f"There are texts of {', '.join(splits)}, and labels of "
            f"{', '.join(labels) or 'none'}. Give a list of labels for each list of "
            "texts, or none at all."
        )
    return {split: list(names) for split, names in labels.items()}


def checked_texts(texts: Iterable[Any], split: str) -> list[str]:
    """The documents of a split.

    Raises:
        DataError: for what is no list of texts.
    """
    if isinstance(texts, str):
        raise DataError(
            f"{split} is a list of texts, one a document; got one text: {texts[:60]!r}. For a "
            "document a line give text.split('\\n'); for a file, Corpus.from_folder(path)."
        )
    names = texts if isinstance(texts, Mapping) else getattr(texts, "columns", None)
    if names is not None:
        raise DataError(
            f"{split} is a list of texts, one a document; got a {type(texts).__name__} of "
            f"{', '.join(map(repr, names)) or 'nothing'}. Give the texts in it, such as "
            f"{split}=NAME[{next(iter(names), 'text')!r}]."
        )
    if not isinstance(texts, Iterable):
        raise DataError(f"{split} is a list of texts, one a document; got {texts!r:.80}.")
    documents = list(texts)
    for number, text in enumerate(documents):
        if not isinstance(text, str):
            raise DataError(
                f"Document {number} of {split} is {text!r}, not a text. Make it one, as with "
                "str(...), or leave it out; the first document has the number 0."
            )
    return documents


def checked_labels(labels: Sequence[Any], texts: Sequence[str], split: str) -> list[str]:
    """The names of the labels of a split; a blank document needs none.

    Raises:
        DataError: for labels of another number, or none.
    """
    if len(labels) != len(texts):
        raise DataError(
            f"{split} has {len(texts):,} documents and {len(labels):,} labels. Give one label "
            "a document, in the same order."
        )
    names = ["" if label is None or label != label else str(label).strip() for label in labels]
    for number, label in enumerate(labels):
        if texts[number].strip() and not names[number]:
            raise DataError(
                f"Document {number} of {split} has no label: {label!r}. Give it one, or leave the "
                "labels of all documents out; the first document has the number 0."
            )
    return names


def corpus_of(piles: Mapping[str, Pile], log: ReadingLog, name: str) -> dict[str, Any]:
    """The fields of the corpus of these documents.

    Raises:
        DataError: when a split is missing or empty, or only some have labels.
    """
    where, how = log.path or "The texts given", log.how
    full = {  # without blank documents
        split: chosen(pile, [n for n, text in enumerate(pile.texts) if text.strip()])
        for split, pile in piles.items()
    }
    check_splits(full, where)
    dealt = list(full) == ["train"]
    splits = deal(full["train"], where) if dealt else {split: full[split] for split in SPLITS}
    spelled = {s: list(map(TOKENS[how.tokens], pile.texts)) for s, pile in splits.items()}
    shortened = {split: shorten(texts, how.longest) for split, texts in spelled.items()}
    labels, names = None, tuple[str, ...]()
    if splits["train"].labels is not None:
        labels, names = numbered({split: pile.labels or [] for split, pile in splits.items()})
    documents = Texts({split: texts for split, (texts, _) in shortened.items()}, labels)
    encoded = encode(documents, how.vocabulary_size)
    reading = replace(
        log,
        dropped={split: len(piles[split].texts) - len(full[split].texts) for split in piles},
        cut={split: cut for split, (_, cut) in shortened.items()},
        longest=max(len(text.split()) for texts in spelled.values() for text in texts),
        labels=names,
        dealt=dealt,
        markers=sum(
            w in MARKER_WORDS for texts in spelled.values() for t in texts for w in t.split()
        ),
    )
    return {
        "name": name,
        "scale": "full",
        "vocabulary": encoded.vocabulary,
        **encoded.splits,
        "source": f"Texts of your own, {log.path or 'from memory'}, {how.tokens} as tokens.",
        "rights": RIGHTS,
        "reading": reading,
    }


def chosen(pile: Pile, numbers: Iterable[int]) -> Pile:
    """The documents with these numbers."""
    order = list(numbers)
    labels = pile.labels
    return Pile([pile.texts[n] for n in order], labels and [labels[n] for n in order])


def check_splits(piles: Mapping[str, Pile], where: str) -> None:
    """Refuse splits of which some are missing, are empty, or have no labels.

    Raises:
        DataError: naming them.
    """
    missing = [split for split in SPLITS if split not in piles]
    if missing and list(piles) != ["train"]:
        raise DataError(
            f"{where}: there is {' and '.join(piles)} but no {' and no '.join(missing)}. Give all "
            f"of {', '.join(SPLITS)}; or train alone, from which the package makes the others."
        )
    for split, pile in piles.items():
        if not pile.texts:
            raise DataError(
                f"{where}: the split {split} has no document with a text. Give it one or more."
            )
    labelled = [split for split, pile in piles.items() if pile.labels is not None]
    if labelled and len(labelled) < len(piles):
        raise DataError(
            f"{where}: labels only in {' and '.join(labelled)}. Give every split labels, in "
            "columns of the same name, or none."
        )


def deal(pile: Pile, where: str) -> dict[str, Pile]:
    """One list of documents as three splits, after a shuffle with a fixed seed.

    A tenth, at least 2 and at most 10,000, is for validation, as many are for the test, and the
    rest is to learn from. The same documents in the same order give the same splits.

    Raises:
        DataError: when there are too few.
    """
    count = len(pile.texts)
    held_out = min(max(count // 10, LEAST_DOCUMENTS), MOST_HELD_OUT)
    if count - 2 * held_out < LEAST_DOCUMENTS:
        raise DataError(
            f"{where}: {count} {'document is' if count == 1 else 'documents are'} too few to make "
            f"splits of, for each of "
            f"{', '.join(SPLITS)} needs {LEAST_DOCUMENTS}. Give {3 * LEAST_DOCUMENTS} or more, "
            "or splits of your own."
        )
    order = np.random.default_rng(SPLIT_SEED).permutation(count).tolist()
    ends = {"train": count - 2 * held_out, "valid": count - held_out, "test": count}
    starts = [0, *ends.values()]
    return {
        split: chosen(pile, order[start:end])
        for start, (split, end) in zip(starts, ends.items(), strict=False)
    }
