"""From the public files to plain documents: one reader for each kind of corpus."""

import itertools
import re
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from collapse.base.errors import DataError

LONGEST_DOCUMENT = 200
SPLIT_SEED = 0
FULL_SPLITS = {"train": 100_000, "valid": 10_000, "test": 10_000}
REVIEW = re.compile(r"aclImdb/(train|test)/(pos|neg|unsup)/\d+_\d+\.txt")
WORD = re.compile(r"\w+(?:'\w+)*|[^\w\s]")


@dataclass(frozen=True)
class Texts:
    """The documents of the three splits as text, words separated by blanks.

    Attributes:
        splits: "train", "valid" and "test", each a list of documents.
        labels: the labels of each split, or ``None``.
        note: what was dropped or cut, as a sentence; may be empty.
    """

    splits: dict[str, list[str]]
    labels: dict[str, list[int]] | None = None
    note: str = ""


TextReader = Callable[[list[Path], dict[str, int]], Texts]


def read_lines(path: Path) -> list[str]:
    """The lines of a UTF-8 file that are not blank, without the line ends.

    Raises:
        DataError: when the file is empty or not UTF-8 (names the line and the byte).
    """
    lines = [line for line in plain_text(path.read_bytes(), path).split("\n") if line.strip()]
    if not lines:
        raise DataError(f"The file {path} has no text in it. Fetch it again.")
    return lines


def plain_text(content: bytes, where: Path | str) -> str:
    """Bytes of UTF-8 as text: without a byte-order mark, lines ended by a line feed.

    A carriage return ends a line before a line feed, and where a text has no line feed at all;
    elsewhere it is a blank among others.

    Args:
        content: of a file, or of a member of an archive.
        where: what a reader knows it by.

    Raises:
        DataError: for other bytes (names the line and the byte).
    """
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DataError(
            f"The file {where} is not UTF-8: line {line}, byte {error.start} is "
            f"0x{content[error.start]:02x}. Convert it to UTF-8 or fetch it again."
        ) from error
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    return text if "\n" in text else text.replace("\r", "\n")


def read_plain(paths: list[Path], sizes: dict[str, int]) -> Texts:
    """One document a line; the files are the training, validation and test split, in order.

    A line of more than 200 words is cut after the 200th.
    """
    splits, cut = {}, 0
    for (name, size), path in zip(sizes.items(), paths, strict=True):
        splits[name], shortened = shorten(read_lines(path)[:size])
        cut += shortened
    return Texts(splits, note=_cut_note(cut))


def read_labelled(paths: list[Path], sizes: dict[str, int]) -> Texts:
    """Like ``read_plain`` for lines of a label, a tab and the document.

    Labels are numbered from 0 in the order of their names; blanks and byte-order marks around a
    name, as where files were joined, are no part of it.

    Raises:
        DataError: when a line has no tab.
    """
    splits, names = {}, {}
    cut = 0
    for (split, size), path in zip(sizes.items(), paths, strict=True):
        pairs = [_at_tab(line, path) for line in read_lines(path)[:size]]
        names[split] = [name for name, _ in pairs]
        splits[split], shortened = shorten([text for _, text in pairs])
        cut += shortened
    return Texts(splits, numbered(names)[0], _cut_note(cut))


def read_yelp_sentiment(paths: list[Path], sizes: dict[str, int]) -> Texts:
    """Sentences of Shen et al. (2017) in new splits; a path that ends in ".1" holds positive ones.

    All distinct sentences are pooled, those that occur with both labels are dropped, the rest is
    shuffled with a fixed seed and dealt out as 100,000 / 10,000 / 10,000. Smaller sizes take the
    beginning of each of these splits.
    """
    label_of: dict[str, set[int]] = {}
    for path in paths:
        for line in shorten(read_lines(path))[0]:
            label_of.setdefault(line, set()).add(int(path.name.endswith(".1")))
    labelled = [(text, min(labels)) for text, labels in label_of.items() if len(labels) == 1]
    order = np.random.default_rng(SPLIT_SEED).permutation(len(labelled))
    splits: dict[str, list[str]] = {}
    labels: dict[str, list[int]] = {}
    start = 0
    for name, full in FULL_SPLITS.items():
        chosen = [labelled[number] for number in order[start : start + min(full, sizes[name])]]
        splits[name] = [text for text, _ in chosen]
        labels[name] = [label for _, label in chosen]
        start += full
    note = f"{len(label_of) - len(labelled):,} sentences that occur with both labels were dropped."
    return Texts(splits, labels, note)


def read_imdb(paths: list[Path], sizes: dict[str, int]) -> Texts:
    """Film reviews of Maas et al. (2011) as documents of 20 to 200 words.

    The text is lower-cased, ``<br />`` removed, and words and punctuation marks are taken apart.
    Exact duplicates are dropped. A review of more than 200 words is cut into the smallest number
    of pieces, equal in length but for one word. Reviews are shuffled with a fixed seed and dealt
    out to test, validation and training, so no review is in two splits.
    """
    reviews = _reviews(paths[0])
    distinct = list(dict.fromkeys(reviews))
    order = np.random.default_rng(SPLIT_SEED).permutation(len(distinct))
    pieces = (_pieces(distinct[number]) for number in order)
    splits = {name: _deal(pieces, FULL_SPLITS[name])[: sizes[name]] for name in ("test", "valid")}
    splits["train"] = _deal(pieces, sizes["train"])
    note = f"{len(reviews) - len(distinct):,} exact duplicates of reviews were dropped."
    return Texts(splits, note=note)


def shorten(lines: list[str], longest: int | None = LONGEST_DOCUMENT) -> tuple[list[str], int]:
    """Single blanks between words, at most ``longest`` of these, and the number of lines cut."""
    words = [line.split() for line in lines]
    cut = sum(len(line[:longest]) < len(line) for line in words)
    return [" ".join(line[:longest]) for line in words], cut


def numbered(names: dict[str, list[str]]) -> tuple[dict[str, list[int]], tuple[str, ...]]:
    """Labels of each split as numbers from 0 in the order of their names, and these names."""
    order = sorted({name for labels in names.values() for name in labels})
    numbers = {name: number for number, name in enumerate(order)}
    labels = {
        split: [numbers[name] for name in split_names] for split, split_names in names.items()
    }
    return labels, tuple(order)


def _cut_note(cut: int) -> str:
    return f"{cut:,} lines were cut after {LONGEST_DOCUMENT} words." if cut else ""


def _at_tab(line: str, path: Path) -> tuple[str, str]:
    label, tab, text = line.partition("\t")
    if not tab:
        raise DataError(
            f"The file {path} should have a label and a tab at the start of each line; this line "
            f"has none: {line[:60]!r}. Delete the file and fetch it again."
        )
    return label.strip().strip("\ufeff").strip(), text


def _reviews(path: Path) -> list[str]:
    """The reviews in the archive, sorted by member name; nothing is unpacked to disk."""
    texts: dict[str, str] = {}
    with tarfile.open(path) as archive:
        for member in archive:
            stream = archive.extractfile(member) if REVIEW.fullmatch(member.name) else None
            if stream is not None:
                content = plain_text(stream.read(), f"{path}, {member.name}")
                texts[member.name] = content.strip()
    if not texts:
        raise DataError(f"The archive {path} holds no reviews (aclImdb/train/pos/... and so on).")
    return [texts[name] for name in sorted(texts)]


def _pieces(review: str) -> list[str]:
    """A review as documents of 20 to 200 words; none when it is shorter than 20 words."""
    words = WORD.findall(review.replace("<br />", " ").lower())
    if len(words) < 20:
        return []
    count = -(-len(words) // LONGEST_DOCUMENT)
    cuts = [len(words) * number // count for number in range(count + 1)]
    return [" ".join(words[start:end]) for start, end in itertools.pairwise(cuts)]


def _deal(pieces: Iterator[list[str]], size: int) -> list[str]:
    """The pieces of as many whole reviews as it takes to have ``size`` documents, and no more."""
    documents: list[str] = []
    while len(documents) < size and (review := next(pieces, None)) is not None:
        documents.extend(review)
    return documents[:size]
