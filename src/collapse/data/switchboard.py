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
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from collapse.base.errors import DataError, choose
from collapse.data import registry
from collapse.data.arrays import SPLITS
from collapse.data.corpus import Corpus
from collapse.data.dialogue import Exchanges
from collapse.data.documents import Documents
from collapse.data.texts import plain_text, read_lines
from collapse.data.vocabulary import Vocabulary

LONGEST = 40  # words of an utterance, and of a reply (Zhao et al. 2017)
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
Counts = dict[str, int]  # of a split, how many conversations are wanted
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


@dataclass(frozen=True)
class Dialogues:
    """A corpus of conversations that is read from public files.

    Attributes:
        source: what it is and where it came from.
        rights: under which terms it may be used.
        files: the keys of its files in ``registry.FILES``.
        read: from these files to conversations by split.
        scales: how much of it each scale takes.
    """

    source: str
    rights: str
    files: tuple[str, ...]
    read: DialogueReader
    scales: dict[str, DialogueSizes]

    @property
    def modules(self) -> tuple[str, ...]:
        """The modules that make the documents."""
        return (self.read.__module__,)

    def contents(self, scale: str) -> str:
        """What decides the documents beside those modules: files and sizes."""
        return f"{self.files} {choose(scale, self.scales, 'scale')}"

    def load(self, name: str, scale: str, seed: int) -> Corpus:
        """The corpus at this scale.

        Raises:
            DataError: for a seed other than 0, since the text is fixed, or a damaged file.
            DataMissingError: when a file is not at hand and cannot be downloaded.
        """
        sizes = choose(scale, self.scales, "scale")
        if seed != 0:
            raise DataError(f"The corpus {name} is a fixed text; leave the seed {seed} out.")
        wanted = {split: getattr(sizes, split) for split in SPLITS}
        paths = [registry.fetch(key, trusting=False) for key in self.files]
        chosen = self.read(paths, wanted)
        registry.trust(self.files)
        counts = Counter(w for talk in chosen["train"] for said in talk for w in said.words)
        vocabulary = Vocabulary.from_counts(counts, sizes.vocabulary)
        acts = sorted({said.act for talks in chosen.values() for talk in talks for said in talk})
        splits = {k: exchanges(v, vocabulary, acts, sizes.window) for k, v in chosen.items()}
        counted = " / ".join(f"{len(split):,}" for split in splits.values())
        return Corpus(
            name=name,
            scale=scale,
            vocabulary=vocabulary,
            train=splits["train"],
            valid=splits["valid"],
            test=splits["test"],
            source=(
                f"{self.source} {counted} replies, each with up to {sizes.window} utterances "
                f"before it; {len(vocabulary):,} words in the vocabulary."
            ),
            rights=self.rights,
        )

    def at_hand(self) -> bool:
        """Whether copies of all its files are on this machine."""
        return all(registry.at_hand(key) for key in self.files)

    def available(self) -> bool:
        """Whether its files are at hand or their source answers within a few seconds."""
        return all(registry.obtainable(key) for key in self.files)


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
    said = [utterance for talk in talks for utterance in talk]
    numbers = [vocabulary.encode(utterance.words) for utterance in said]
    ends = np.cumsum([0, *map(len, talks)])
    windows, replies = [], []
    for start, end in itertools.pairwise(ends.tolist()):
        for place in range(start + 1, end):
            windows.append((max(start, place - window), place))
            replies.append(place)
    speakers = np.array([2 * n + (u.speaker == "B") for n, talk in enumerate(talks) for u in talk])
    labels = [acts.index(said[place].act) for place in replies]
    return Exchanges(
        **vars(Documents.from_arrays([numbers[place] for place in replies], labels)),
        utterances=Documents.from_arrays(numbers, bos_eos=False),
        speakers=speakers,
        windows=np.array(windows, dtype=np.int64).reshape(-1, 2),
        repliers=speakers[replies],
        acts=tuple(acts),
    )


def words_of(text: str) -> tuple[str, ...]:
    """Lower-case words and punctuation marks, the first 40."""
    return tuple(TOKEN.findall(text.lower())[:LONGEST])


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
        check_whole({split: len(some) for split, some in names.items()}, paths[0])
        return {
            split: [list(swda_utterances(text_of(archive, name))) for name in some[: sizes[split]]]
            for split, some in names.items()
        }


def check_whole(counts: dict[str, int], path: Path) -> None:
    """Refuse an archive that has not all of the conversations."""
    if counts != WHOLE:
        raise DataError(
            f"The archive {path} has {counts} conversations, expected {WHOLE}. Delete it and "
            "fetch it again."
        )


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
        speaker, said, act = line.split("|")
        if words := words_of(said):
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
        for speaker, said, (act, *_) in json.loads(line)["utts"]:
            if words := words_of(said):
                yield Utterance(speaker, words, act)
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"A line of {path} is no conversation ({error}): {line[:60]}") from error
