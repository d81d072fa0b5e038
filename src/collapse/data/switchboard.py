"""Switchboard, telephone conversations with dialogue acts, as replies with contexts.

Two public forms of it: the SwDA corpus (Jurafsky, Shriberg & Biasca 1997) as an archive of one
text file a conversation, and the set of Zhao et al. (2017) as JSON lines. Splits go by conversation
in both, so no reply has a turn of another split in its context. (A third form of the latter is a
Python pickle, which would run foreign code; it is not read here.)
"""

import itertools
import json
import re
import tarfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from collapse.base.errors import DataError
from collapse.data.arrays import SPLITS
from collapse.data.dialogue import Exchanges
from collapse.data.documents import Documents
from collapse.data.texts import plain_text, read_lines
from collapse.data.vocabulary import Vocabulary

LONGEST_UTTERANCE = 40  # words of an utterance, and of a reply (Zhao et al. 2017)
MEMBER = re.compile(r"(?:.*/)?swda_data/(train|val|test)/(\d+)\.txt")
TOKEN = re.compile(r"\w+(?:['-]\w+)*|[^\w\s]")
WHOLE = {"train": 1115, "valid": 21, "test": 19}  # conversations of the SwDA archive


@dataclass(frozen=True)
class Utterance:
    """What one speaker says, with the dialogue act."""

    speaker: str
    words: tuple[str, ...]
    act: str


Conversation = list[Utterance]
Counts = dict[str, int]  # of a split, how many conversations to read
DialogueReader = Callable[[list[Path], Counts], dict[str, list[Conversation]]]


@dataclass(frozen=True)
class DialogueSizes:
    """How much of the corpus a scale takes.

    Attributes:
        train: conversations of the training split.
        valid: of the validation split.
        test: of the test split.
        vocabulary: words, specials included.
        window: utterances before a reply that are its context, at most.
    """

    train: int
    valid: int
    test: int
    vocabulary: int
    window: int


def encode(
    conversations: Mapping[str, Sequence[Conversation]], vocabulary_size: int, window: int
) -> tuple[Vocabulary, dict[str, Exchanges]]:
    """A vocabulary made from the training split, and every split as replies with contexts.

    Args:
        conversations: by split.
        vocabulary_size: words, specials included.
        window: utterances before a reply that are its context, at most.
    """
    words = (word for talk in conversations["train"] for turn in talk for word in turn.words)
    vocabulary = Vocabulary.from_counts(Counter(words), vocabulary_size)
    acts = sorted({turn.act for talks in conversations.values() for talk in talks for turn in talk})
    return vocabulary, {
        split: exchanges(talks, vocabulary, acts, window) for split, talks in conversations.items()
    }


def exchanges(
    talks: Sequence[Conversation], vocabulary: Vocabulary, acts: Sequence[str], window: int
) -> Exchanges:
    """Every utterance but the first of each conversation as a reply to those before it.

    Args:
        talks: the conversations of a split.
        vocabulary: a word that is not in it becomes ``<unk>``.
        acts: the names of the dialogue acts; their places are the labels of the replies.
        window: utterances before a reply that are its context, at most.
    """
    utterances = [utterance for talk in talks for utterance in talk]
    encoded = [vocabulary.encode(utterance.words) for utterance in utterances]
    ends = np.cumsum([0, *map(len, talks)])
    windows: list[tuple[int, int]] = []
    replies: list[int] = []
    for start, end in itertools.pairwise(ends.tolist()):
        for place in range(start + 1, end):
            windows.append((max(start, place - window), place))
            replies.append(place)
    speakers = np.array([2 * n + (u.speaker == "B") for n, talk in enumerate(talks) for u in talk])
    labels = [acts.index(utterances[place].act) for place in replies]
    return Exchanges(
        **vars(Documents.from_arrays([encoded[place] for place in replies], labels)),
        utterances=Documents.from_arrays(encoded, bos_eos=False),
        speakers=speakers,
        windows=np.array(windows, dtype=np.int64).reshape(-1, 2),
        repliers=speakers[replies],
        acts=tuple(acts),
    )


def words_of(text: str) -> tuple[str, ...]:
    """Lower-case words and punctuation marks, the first 40."""
    return tuple(TOKEN.findall(text.lower())[:LONGEST_UTTERANCE])


def read_swda(paths: list[Path], sizes: Counts) -> dict[str, list[Conversation]]:
    """The conversations in an archive with ``swda_data/train/2005.txt`` and so on.

    A line is ``speaker|utterance|dialogue act``; utterances without a word are dropped. Of each
    split the conversations with the lowest numbers are taken.

    Raises:
        DataError: when the archive has not all of the conversations.
    """
    names: dict[str, list[str]] = {split: [] for split in SPLITS}
    with tarfile.open(paths[0]) as archive:
        for name in sorted(archive.getnames()):
            if match := MEMBER.fullmatch(name):
                names["valid" if match[1] == "val" else match[1]].append(name)
        counts = {split: len(members) for split, members in names.items()}
        if counts != WHOLE:
            raise DataError(
                f"The archive {paths[0]} has {counts} conversations, expected {WHOLE}. Delete it "
                "and fetch it again."
            )
        return {
            split: [
                list(swda_utterances(text_of(archive, name))) for name in members[: sizes[split]]
            ]
            for split, members in names.items()
        }


def text_of(archive: tarfile.TarFile, name: str) -> str:
    """A text file in an archive."""
    stream = archive.extractfile(name)
    assert stream is not None, name
    return plain_text(stream.read(), name)


def swda_utterances(text: str) -> Iterator[Utterance]:
    """The utterances of one file.

    Raises:
        DataError: when a line is not of the expected form.
    """
    for line in text.splitlines():
        if line.count("|") != 2:
            raise DataError(
                f"A line of Switchboard is not speaker|utterance|dialogue act: {line[:60]!r}. "
                "Delete the archive and fetch it again."
            )
        speaker, utterance, act = line.split("|")
        if words := words_of(utterance):
            yield Utterance(speaker, words, act)


def read_zhao(paths: list[Path], sizes: Counts) -> dict[str, list[Conversation]]:
    """The set of Zhao et al. (2017): training, validation and test split as JSON lines."""
    return {
        split: [list(json_utterances(line, path)) for line in read_lines(path)[: sizes[split]]]
        for split, path in zip(SPLITS, paths, strict=True)
    }


def json_utterances(line: str, path: Path) -> Iterator[Utterance]:
    """The utterances of one conversation.

    Raises:
        DataError: when the line is not of the expected form.
    """
    try:
        for speaker, utterance, (act, *_) in json.loads(line)["utts"]:
            if words := words_of(utterance):
                yield Utterance(speaker, words, act)
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"A line of {path} is no conversation ({error}): {line[:60]}") from error
