"""What a line of the table of corpora can be: made on the spot, or read from public files."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from inspect import signature
from pathlib import Path
from typing import Generic, Protocol, TypeVar, runtime_checkable

from collapse.base.errors import DataError, choose
from collapse.data import arrays, registry, switchboard, texts
from collapse.data.corpus import GENERATED_RIGHTS, Corpus
from collapse.data.images.grey import GreyImages
from collapse.data.images.omniglot import GreyPictures, ImageSplits
from collapse.data.images.pixels import TONES
from collapse.data.switchboard import DialogueReader, DialogueSizes

# Documents of the training, validation and test split, and the size of the vocabulary.
SplitSizes = tuple[int, int, int, int]
SENTENCES: dict[str, SplitSizes] = {
    "smoke": (600, 64, 256, 500),
    "light": (8_000, 1_000, 1_000, 2_000),
    "medium": (20_000, 2_000, 2_000, 10_000),
    "colab": (20_000, 2_000, 2_000, 20_000),
    "full": (100_000, 10_000, 10_000, 20_000),
}
PAGES: dict[str, SplitSizes] = {
    **SENTENCES,
    "light": (2_000, 500, 500, 2_000),
    "medium": (4_000, 500, 500, 10_000),
}

ImageReader = Callable[[Sequence[Path], ImageSplits], dict[str, GreyPictures]]

Reader = TypeVar("Reader")
Sizes = TypeVar("Sizes")


@runtime_checkable
class Source(Protocol):
    """What every corpus is to whoever loads it: a line of the table, or one's own."""

    @property
    def modules(self) -> tuple[str, ...]:
        """The modules that make the documents."""

    def contents(self, scale: str) -> str:
        """What decides the documents beside those modules."""

    def load(self, name: str, scale: str, seed: int) -> Corpus:
        """The corpus at a scale."""

    def at_hand(self) -> bool:
        """Whether nothing has to be fetched."""

    def available(self) -> bool:
        """Whether it is at hand or can be had within a few seconds."""


class Sources(dict[str, Source]):
    """Corpora by name: what is put in must be what a corpus can be loaded from."""

    def __setitem__(self, name: str, source: Source) -> None:
        """Put in a corpus.

        Raises:
            DataError: for what loads none.
        """
        if not isinstance(source, Source):
            raise DataError(
                "CORPORA holds what makes a corpus: CORPORA['mine'] = Generated('What it is.', "
                "make), where make(scale, seed) gives a Corpus. A Corpus is handed over as it is, "
                f"run('vae', corpus); got {source!r:.80} for {name!r}."
            )
        super().__setitem__(name, source)


@dataclass(frozen=True)
class Generated:
    """A corpus that is made on the spot, from a seed.

    One of your own: ``CORPORA["mine"] = Generated("What it is.", make)``. A run on it is known by
    the documents that ``make`` gives for the scale and seed 0: when they change, it is another.

    Attributes:
        source: what it is.
        make: from a scale and a seed to a :class:`collapse.Corpus`.
        rights: under which terms it may be used.

    Raises:
        DataError: for a ``make`` that cannot be called with a scale and a seed.
    """

    source: str
    make: Callable[[str, int], Corpus]
    rights: str = GENERATED_RIGHTS

    def __post_init__(self) -> None:
        try:
            signature(self.make).bind("light", 0)
        except TypeError as error:
            raise DataError(
                "What makes a corpus is called with a scale and a seed, as def make(scale, seed), "
                f"and gives a Corpus; {self.make!r:.80} cannot be: {error}."
            ) from error
        except ValueError:  # built in, and does not say what it takes
            pass

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
class PublicFiles(Generic[Reader, Sizes]):
    """What is read from public files: texts and conversations alike.

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
    read: Reader
    scales: dict[str, Sizes]

    def contents(self, scale: str) -> str:
        """What decides the documents beside the modules that make them: files and sizes."""
        return f"{self.files} {choose(scale, self.scales, 'scale')}"

    def at_hand(self) -> bool:
        """Whether copies of all its files are on this machine."""
        return all(registry.at_hand(key) for key in self.files)

    def available(self) -> bool:
        """Whether its files are at hand or their source answers within a few seconds."""
        return all(registry.obtainable(key) for key in self.files)

    def fetch(self) -> list[Path]:
        """The files, not trusted yet: whoever has read them with success trusts them."""
        return [registry.fetch(key, trusting=False) for key in self.files]


class Text(PublicFiles[texts.TextReader, SplitSizes]):
    """A corpus of documents that is read from public files."""

    @property
    def modules(self) -> tuple[str, ...]:
        """The modules that make the documents: the reader, and what turns words into numbers."""
        return self.read.__module__, arrays.__name__

    def load(self, name: str, scale: str, seed: int) -> Corpus:
        """The corpus at this scale, from integer arrays on disk when they are there.

        Raises:
            DataError: for a seed other than 0, or a damaged file.
            DataMissingError: when a file is not at hand and cannot be downloaded.
        """
        sizes = choose(scale, self.scales, "scale")
        check_fixed(
            name,
            seed,
            f"it cannot be drawn with seed {seed}. Leave the seed out, or take 'synthetic' or "
            "'toy-reviews'.",
        )
        encoded = self._encoded(f"{name}-{scale}", sizes)
        counts = " / ".join(f"{len(split):,}" for split in encoded.splits.values())
        cut = f"{counts} documents, {len(encoded.vocabulary):,} words in the vocabulary."
        return Corpus(
            name=name,
            scale=scale,
            vocabulary=encoded.vocabulary,
            train=encoded.splits["train"],
            valid=encoded.splits["valid"],
            test=encoded.splits["test"],
            source=" ".join(filter(None, [self.source, encoded.note, cut])),
            rights=self.rights,
        )

    def _encoded(self, label: str, sizes: SplitSizes) -> arrays.CorpusArrays:
        hashes = [registry.digest(key) for key in self.files]
        identity = json.dumps([arrays.FORMAT, label, sizes, hashes])
        short = hashlib.sha256(identity.encode()).hexdigest()[:16]
        folder = registry.cache_folder() / "corpora" / f"{label}-{short}"

        def make() -> arrays.CorpusArrays:
            documents = dict(zip(arrays.SPLITS, sizes[:3], strict=True))
            return arrays.encode(self.read(self.fetch(), documents), sizes[3])

        encoded = arrays.cached(folder, make)
        registry.trust(self.files)
        return encoded


class Dialogues(PublicFiles[DialogueReader, DialogueSizes]):
    """A corpus of conversations that is read from public files."""

    @property
    def modules(self) -> tuple[str, ...]:
        """The modules that make the documents: the readers', which also makes them replies."""
        return self.read.__module__, switchboard.__name__

    def load(self, name: str, scale: str, seed: int) -> Corpus:
        """The corpus at this scale.

        Raises:
            DataError: for a seed other than 0, since the text is fixed, or a damaged file.
            DataMissingError: when a file is not at hand and cannot be downloaded.
        """
        sizes = choose(scale, self.scales, "scale")
        check_fixed(name, seed)
        conversations = self.read(self.fetch(), {k: getattr(sizes, k) for k in arrays.SPLITS})
        registry.trust(self.files)
        vocabulary, splits = switchboard.encode(conversations, sizes.vocabulary, sizes.window)
        counts = " / ".join(f"{len(split):,}" for split in splits.values())
        return Corpus(
            name=name,
            scale=scale,
            vocabulary=vocabulary,
            train=splits["train"],
            valid=splits["valid"],
            test=splits["test"],
            source=(
                f"{self.source} {counts} replies, each with up to {sizes.window} utterances "
                f"before it; {len(vocabulary):,} words in the vocabulary."
            ),
            rights=self.rights,
        )


class Images(PublicFiles[ImageReader, ImageSplits]):
    """A corpus of grey pictures that is read from public files; they become two tones."""

    @property
    def modules(self) -> tuple[str, ...]:
        """The modules that make the pictures: the reader's, and what draws their pixels."""
        return self.read.__module__, GreyImages.__module__

    def load(self, name: str, scale: str, seed: int) -> Corpus:
        """The corpus at this scale: drawn anew in training, fixed in validation and test.

        Raises:
            DataError: for a seed other than 0, since the pictures are fixed, or a damaged file.
            DataMissingError: when a file is not at hand and cannot be downloaded.
        """
        sizes = choose(scale, self.scales, "scale")
        check_fixed(name, seed)
        read = self.read(self.fetch(), sizes)
        registry.trust(self.files)
        splits = {
            split: GreyImages.from_grey(pictures.grey, pictures.labels, seed=number)
            for number, (split, pictures) in enumerate(read.items())
        }
        counts = " / ".join(f"{len(split):,}" for split in splits.values())
        return Corpus(
            name=name,
            scale=scale,
            vocabulary=TONES,
            train=splits["train"],
            valid=splits["valid"].fixed,
            test=splits["test"].fixed,
            source=f"{self.source} {counts} pictures.",
            rights=self.rights,
        )


def check_fixed(name: str, seed: int, advice: str = "") -> None:
    """Refuse to draw a text anew, as only a generated corpus can be.

    Args:
        name: of the corpus.
        seed: the only one that means nothing is 0.
        advice: what to do; by default to leave the seed out.

    Raises:
        DataError: for a seed other than 0.
    """
    if seed != 0:
        advice = advice or f"leave the seed {seed} out."
        raise DataError(f"The corpus {name} is a fixed text; {advice}")
