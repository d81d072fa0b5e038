"""The corpora by name: ``load(name, scale)`` is all that the rest of the package uses."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from filelock import FileLock

from collapse.data import arrays, registry, texts
from collapse.data.documents import Corpus
from collapse.data.switchboard import Dialogues, DialogueSizes, read_swda, read_zhao
from collapse.data.synthetic import synthetic
from collapse.data.topics import FILLERS, Topics
from collapse.data.toy_dialogue import toy_dialogue
from collapse.data.toy_reviews import toy_reviews
from collapse.errors import DataError, choose

# Documents of the training, validation and test split, and the size of the vocabulary.
Sizes = tuple[int, int, int, int]


@dataclass(frozen=True)
class Generated:
    """A corpus that is made on the spot, from a seed."""

    source: str
    rights: str
    make: Callable[[str, int], Corpus]

    @property
    def modules(self) -> tuple[str, ...]:
        """The modules that make the documents."""
        return (self.make.__module__,)

    def contents(self, scale: str) -> str:
        """What decides the documents beside those modules."""
        return scale

    def load(self, name: str, scale: str, seed: int) -> Corpus:
        """The corpus at this scale; another seed gives other documents."""
        return self.make(scale, seed)

    def at_hand(self) -> bool:
        """Always: nothing has to be fetched."""
        return True

    def available(self) -> bool:
        """Always: nothing has to be fetched."""
        return True


@dataclass(frozen=True)
class Text:
    """A corpus that is read from public files.

    Attributes:
        source: what it is and where it came from.
        rights: under which terms it may be used.
        files: the keys of its files in ``registry.FILES``.
        read: the reader of these files.
        scales: the sizes at each scale; each takes the first documents of the same splits.
    """

    source: str
    rights: str
    files: tuple[str, ...]
    read: texts.Reader
    scales: dict[str, Sizes]

    @property
    def modules(self) -> tuple[str, ...]:
        """The modules that make the documents: the reader, and what turns words into numbers."""
        return self.read.__module__, arrays.__name__

    def contents(self, scale: str) -> str:
        """What decides the documents beside those modules: files and sizes."""
        return f"{self.files} {choose(scale, self.scales, 'scale')}"

    def load(self, name: str, scale: str, seed: int) -> Corpus:
        """The corpus at this scale, from integer arrays on disk when they are there."""
        sizes = choose(scale, self.scales, "scale")
        if seed != 0:
            raise DataError(
                f"The corpus {name} is a fixed text; it cannot be drawn with seed {seed}. Leave "
                f"the seed out, or take 'synthetic' or 'toy-reviews'."
            )
        encoded = self._encoded(f"{name}-{scale}", sizes)
        return Corpus(
            name=name,
            scale=scale,
            vocabulary=encoded.vocabulary,
            train=encoded.splits["train"],
            valid=encoded.splits["valid"],
            test=encoded.splits["test"],
            markers=True,
            source=" ".join(filter(None, [self.source, encoded.note, _cut(encoded)])),
            rights=self.rights,
        )

    def at_hand(self) -> bool:
        """Whether copies of all its files are on this machine."""
        return all(registry.at_hand(key) for key in self.files)

    def available(self) -> bool:
        """Whether its files are at hand or their source answers within a few seconds."""
        return all(registry.obtainable(key) for key in self.files)

    def _encoded(self, label: str, sizes: Sizes) -> arrays.Encoded:
        hashes = [registry.digest(key) for key in self.files]
        identity = json.dumps([arrays.FORMAT, label, sizes, hashes])
        short = hashlib.sha256(identity.encode()).hexdigest()[:16]
        folder = registry.cache_folder() / "corpora" / f"{label}-{short}"
        folder.parent.mkdir(parents=True, exist_ok=True)
        # Two processes that start together must not both do the reading.
        with FileLock(f"{folder}.lock"):
            encoded = arrays.restore(folder)
            if encoded is None:
                wanted = dict(zip(arrays.SPLITS, sizes[:3], strict=True))
                paths = [registry.fetch(key, trusting=False) for key in self.files]
                arrays.store(arrays.encode(self.read(paths, wanted), sizes[3]), folder)
                encoded = arrays.restore(folder)
        if encoded is None:
            raise DataError(f"The corpus folder {folder} cannot be read back. Is the disk sound?")
        registry.trust(self.files)
        return encoded


def _cut(encoded: arrays.Encoded) -> str:
    sizes = " / ".join(f"{len(split):,}" for split in encoded.splits.values())
    return f"{sizes} documents, {len(encoded.vocabulary):,} words in the vocabulary."


CORPORA: dict[str, Generated | Text | Dialogues] = {
    "synthetic": Generated(
        source="Symbols written by an LSTM from a latent of four Gaussians (He et al. 2019, B.1).",
        rights="Generated by this package; free to use.",
        make=synthetic,
    ),
    "toy-reviews": Generated(
        source="Short reviews from a small probabilistic grammar with known factors.",
        rights="Generated by this package; free to use.",
        make=toy_reviews,
    ),
    # The number in the name is what decides the documents, so that the name identifies them.
    **{
        f"topics-{filler}": Generated(
            source=f"Four words of one of four topics, then {filler} words of noise.",
            rights="Generated by this package; free to use.",
            make=Topics(filler),
        )
        for filler in FILLERS
    },
    "toy-dialogue": Generated(
        source="Eight contexts with four replies each, one word in ten replaced by noise.",
        rights="Generated by this package; free to use.",
        make=toy_dialogue,
    ),
    "yelp-sentiment": Text(
        source=(
            "Sentences of Yelp reviews with their sentiment, 0 negative and 1 positive (Shen et "
            "al. 2017), re-drawn from the public validation and test files: distinct, shuffled "
            "with a fixed seed, no sentence in two splits."
        ),
        rights="Text from the Yelp data set challenge; academic use only.",
        files=(
            "yelp_sentiment/sentiment.dev.0",
            "yelp_sentiment/sentiment.dev.1",
            "yelp_sentiment/sentiment.test.0",
            "yelp_sentiment/sentiment.test.1",
        ),
        read=texts.read_yelp_sentiment,
        scales={
            "smoke": (600, 64, 256, 500),
            "light": (8_000, 1_000, 1_000, 2_000),
            "colab": (40_000, 4_000, 4_000, 20_000),
            "full": (100_000, 10_000, 10_000, 20_000),
        },
    ),
    "yahoo": Text(
        source=(
            "Yahoo answers of 20 to 200 words on ten topics (Yang et al. 2017); `_UNK` in the "
            "text is an ordinary word."
        ),
        rights="Yahoo Answers; research use under a data-sharing agreement (Zhang et al. 2015).",
        files=("yahoo/train.txt", "yahoo/val.txt", "yahoo/test.txt"),
        read=texts.read_plain,
        scales={
            "smoke": (600, 64, 256, 500),
            "light": (2_000, 500, 500, 2_000),
            "colab": (20_000, 2_000, 2_000, 20_004),
            "full": (100_000, 10_000, 10_000, 20_004),
        },
    ),
    "yelp": Text(
        source=(
            "Yelp reviews of 2015 with their stars, a sample of 100,000 / 10,000 / 10,000 (Yang "
            "et al. 2017)."
        ),
        rights="Text from the Yelp data set challenge; academic use only.",
        files=("yelp/yelp.train.txt", "yelp/yelp.valid.txt", "yelp/yelp.test.txt"),
        read=texts.read_labelled,
        scales={
            "smoke": (600, 64, 256, 500),
            "light": (2_000, 500, 500, 2_000),
            "colab": (20_000, 2_000, 2_000, 20_004),
            "full": (100_000, 10_000, 10_000, 20_004),
        },
    ),
    "ptb": Text(
        source="Sentences of the Wall Street Journal in Mikolov's version of the Penn Treebank.",
        rights="Linguistic Data Consortium; research use.",
        files=("ptb/train.txt", "ptb/valid.txt", "ptb/test.txt"),
        read=texts.read_plain,
        scales={
            "smoke": (600, 64, 256, 500),
            "light": (8_000, 1_000, 1_000, 2_000),
            "colab": (20_000, 2_000, 2_000, 20_000),
            "full": (100_000, 10_000, 10_000, 20_000),
        },
    ),
    "switchboard": Dialogues(
        source=(
            "Telephone conversations of Switchboard with dialogue acts (SwDA), lower-cased, words "
            "and punctuation taken apart, utterances cut after 40 words, split by conversation."
        ),
        rights="Linguistic Data Consortium; the annotation of SwDA is CC BY-NC-SA 3.0.",
        files=("swda/swda_data.tar",),
        read=read_swda,
        scales={
            "smoke": DialogueSizes(4, 2, 2, 300, window=3),
            "light": DialogueSizes(30, 4, 4, 1000, window=3),
            "colab": DialogueSizes(300, 21, 19, 5000, window=10),
            "full": DialogueSizes(1115, 21, 19, 10_000, window=10),
        },
    ),
    "switchboard-zhao": Dialogues(
        source=(
            "Telephone conversations of Switchboard with dialogue acts, the splits of Zhao et al. "
            "(2017), utterances cut after 40 words."
        ),
        rights="Linguistic Data Consortium; the set of Zhao et al. (2017) is under Apache-2.0.",
        files=("swda/train.jsonl", "swda/valid.jsonl", "swda/test.jsonl"),
        read=read_zhao,
        scales={
            "smoke": DialogueSizes(4, 2, 2, 300, window=3),
            "light": DialogueSizes(30, 4, 4, 1000, window=3),
            "colab": DialogueSizes(300, 60, 62, 5000, window=10),
            "full": DialogueSizes(2316, 60, 62, 10_000, window=10),
        },
    ),
    "imdb": Text(
        source=(
            "Film reviews (Maas et al. 2011), lower-cased, words and punctuation taken apart, "
            "reviews of more than 200 words cut into pieces, shuffled with a fixed seed, no "
            "review in two splits."
        ),
        rights="Large Movie Review Dataset; research use, cite Maas et al. (2011).",
        files=("imdb/aclImdb.tar",),
        read=texts.read_imdb,
        scales={
            "smoke": (600, 64, 256, 500),
            "light": (2_000, 500, 500, 2_000),
            "colab": (20_000, 2_000, 2_000, 20_000),
            "full": (100_000, 10_000, 10_000, 20_000),
        },
    ),
}

DIALOGUES = ("toy-dialogue", "switchboard", "switchboard-zhao")  # replies with their contexts


def load(name: str, scale: str = "light", seed: int = 0) -> Corpus:
    """A corpus by name.

    Args:
        name: one of ``CORPORA``, or "auto" (see ``resolve``).
        scale: "light", "colab" or "full".
        seed: for generated corpora only: decides the documents.

    Raises:
        UnknownNameError: for another name or scale.
        DataMissingError: when a text is not at hand and cannot be downloaded.
        DataError: when a file is damaged, or a seed is given for a fixed text.
    """
    name = resolve(name)
    return choose(name, CORPORA, "corpus").load(name, scale, seed)


def available(name: str) -> bool:
    """Whether ``load(name)`` is likely to succeed; decided within a few seconds.

    Raises:
        UnknownNameError: for a name that is not in ``CORPORA``.
    """
    return choose(name, CORPORA, "corpus").available()


def resolve(name: str) -> str:
    """The name itself; for "auto", "yelp-sentiment" if it can be had, else "toy-reviews".

    The answer for "auto" is found once a process.
    """
    if name == "auto":
        return _automatic()
    choose(name, CORPORA, "corpus")
    return name


@cache
def _automatic() -> str:
    return "yelp-sentiment" if available("yelp-sentiment") else "toy-reviews"
