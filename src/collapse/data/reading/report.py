"""What is in a corpus, in numbers: documents, lengths, vocabulary, what was left out or cut."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from collapse.data.reading.how import ReadingLog, say_option
from collapse.data.vocabulary import SPECIALS, UNKNOWN, Vocabulary

LONG_WORD = 10.0  # characters of a word on average: more, and it is rather a sentence
MOST_LABELS, LONGEST_LABEL = 12, 24  # rows of a table, and characters of one


@dataclass(frozen=True)
class SplitReport:
    """What is in one split.

    Attributes:
        documents: how many.
        tokens: of all documents together.
        shortest: tokens of the shortest document.
        median: of all lengths.
        longest: tokens of the longest document.
        unknown: share of the tokens that are ``<unk>``, from 0 to 1.
        dropped: blank documents that were left out.
        cut: documents that were cut.
        repeated: documents that are the same as another one of the training split.
        labels: how many documents have each label, by its number.
    """

    documents: int
    tokens: int
    shortest: int
    median: float
    longest: int
    unknown: float
    dropped: int
    cut: int
    repeated: int
    labels: tuple[int, ...]


@dataclass(frozen=True, repr=False)
class Report:
    """What is in a corpus; shown as a table with remarks, printed or as the last line of a cell.

    Attributes:
        name: of the corpus.
        splits: by name.
        vocabulary: tokens that have a number, the four markers included.
        token_length: characters of a token of the training split on average.
        reading: how texts of one's own were read; None for other corpora.
        labels: the names of the labels; empty where there are none.
    """

    name: str
    splits: Mapping[str, SplitReport]
    vocabulary: int
    token_length: float
    reading: ReadingLog | None
    labels: tuple[str, ...]

    def __repr__(self) -> str:
        rows = [["", *self.splits], *self.rows()]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = (
            "  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])])
            for row in rows
        )
        return "\n".join([self.name, *lines, *self.remarks()])

    def rows(self) -> Iterator[list[str]]:
        """The lines of the table, one a measure."""
        measures: dict[str, Callable[[SplitReport], str]] = {
            "documents": lambda s: f"{s.documents:,}",
            "tokens": lambda s: f"{s.tokens:,}",
            "shortest": lambda s: f"{s.shortest:,}",
            "median length": lambda s: f"{s.median:g}",
            "longest": lambda s: f"{s.longest:,}",
            "<unk>": lambda s: f"{s.unknown:.1%}",
            "same as in train": lambda s: f"{s.repeated:,}",
        }
        if self.reading is not None:
            measures["blank, left out"] = lambda s: f"{s.dropped:,}"
            measures["cut"] = lambda s: f"{s.cut:,}"
        for name, show in measures.items():
            yield [name, *map(show, self.splits.values())]
        yield from self.label_rows()

    def label_rows(self) -> Iterator[list[str]]:
        """Documents by label; of many labels the commonest, and the others together."""
        counts = np.array([split.labels for split in self.splits.values()])
        order = np.arange(len(self.labels))
        if len(order) > MOST_LABELS:
            order = np.argsort(-counts.sum(0), kind="stable")
        for number in order[:MOST_LABELS]:
            name = self.labels[number]
            name = name if len(name) <= LONGEST_LABEL else f"{name[: LONGEST_LABEL - 1]}…"
            yield [f"label {name}", *(f"{count:,}" for count in counts[:, number])]
        if len(others := order[MOST_LABELS:]):
            together = counts[:, others].sum(1)
            yield [f"{len(others):,} other labels", *(f"{count:,}" for count in together)]

    def remarks(self) -> Iterator[str]:
        """What a reader should know, one sentence or two each."""
        yield f"{self.vocabulary:,} tokens in the vocabulary, {len(SPECIALS)} of them markers."
        log = self.reading
        if log is None:
            return
        yield f"The tokens are {log.how.tokens}, read from {log.path or 'memory'}."
        if log.dealt:
            yield "The splits were made here: shuffled with a fixed seed, a tenth each held out."
        if log.cuts():
            yield log.cuts()
        if log.markers:
            yield (
                f"{log.markers:,} words of the texts are <pad>, <s> or </s>, which are the names "
                "of markers: they became <unk>. Spell them in another way to keep them."
            )
        if log.how.tokens == "words":
            yield from self.without_spaces(log)
        if log.unread:
            yield f"Columns that were not read: {', '.join(log.unread)}."
        documents = sum(split.documents for split in self.splits.values())
        if len(self.labels) > max(MOST_LABELS, documents / 2):
            yield (
                f"{len(self.labels):,} labels for {documents:,} documents are hardly labels. Give "
                "each document one of a few, or leave the labels out."
            )

    def without_spaces(self, log: ReadingLog) -> Iterator[str]:
        """The remark on texts of which white space makes no words, as of Chinese or Japanese."""
        characters = say_option(log.path, "tokens", "characters")
        advice = f"If the language has no spaces, take characters as tokens: {characters}."
        if self.token_length > LONG_WORD:
            yield f"A word has {self.token_length:.0f} characters on average. {advice}"
        elif self.splits["train"].median <= 1:
            yield f"Most documents have no white space in them: each is a single word. {advice}"


def report_on(name: str, vocabulary: Vocabulary, splits: Mapping[str, Any], log: Any) -> Report:
    """The report on a corpus.

    Args:
        name: of the corpus.
        vocabulary: of all splits.
        splits: by name, :class:`collapse.data.Documents` each.
        log: how it was read, a :class:`ReadingLog`, or None.
    """
    train = splits["train"]
    known = set(texts_of(train))
    labels = label_names(splits, log)
    used = np.array([len(word) for word in vocabulary.words])[train.tokens]
    return Report(
        name=name,
        splits={
            split: SplitReport(
                documents=len(documents),
                tokens=int(documents.lengths.sum()),
                shortest=int(documents.lengths.min(initial=documents.lengths.max(initial=0))),
                median=float(np.median(documents.lengths)) if len(documents) else 0.0,
                longest=int(documents.lengths.max(initial=0)),
                unknown=float((documents.tokens == UNKNOWN).mean())
                if documents.tokens.size
                else 0.0,
                dropped=log.dropped.get(split, 0) if log else 0,
                cut=log.cut.get(split, 0) if log else 0,
                repeated=repeated(documents, set() if documents is train else known),
                labels=tuple(int((documents.labels == n).sum()) for n in range(len(labels))),
            )
            for split, documents in splits.items()
        },
        vocabulary=len(vocabulary),
        token_length=float(used.mean()) if len(used) else 0.0,
        reading=log,
        labels=labels,
    )


def label_names(splits: Mapping[str, Any], log: Any) -> tuple[str, ...]:
    """The names of the labels, or their numbers where they have none."""
    if log is not None and log.labels:
        return tuple(log.labels)
    labels = [split.labels for split in splits.values()]
    if any(numbers is None for numbers in labels):
        return ()
    highest = max((int(numbers.max(initial=-1)) for numbers in labels), default=-1)
    return tuple(map(str, range(highest + 1)))


def texts_of(documents: Any) -> Iterator[bytes]:
    """Each document as a value that can be compared."""
    return (documents[number].tobytes() for number in range(len(documents)))


def repeated(documents: Any, known: set[bytes]) -> int:
    """How many documents are known, or the same as an earlier one where none is known."""
    texts = list(texts_of(documents))
    return sum(text in known for text in texts) if known else len(texts) - len(set(texts))
