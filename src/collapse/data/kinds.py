"""What a line of the table of corpora can be: made on the spot, or read from public files."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from collapse.base.errors import DataError, choose
from collapse.data import arrays, registry, texts
from collapse.data.corpus import Corpus

# Documents of the training, validation and test split, and the size of the vocabulary.
SplitSizes = tuple[int, int, int, int]


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
    scales: dict[str, SplitSizes]

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
            source=" ".join(filter(None, [self.source, encoded.note, _cut(encoded)])),
            rights=self.rights,
        )

    def at_hand(self) -> bool:
        """Whether copies of all its files are on this machine."""
        return all(registry.at_hand(key) for key in self.files)

    def available(self) -> bool:
        """Whether its files are at hand or their source answers within a few seconds."""
        return all(registry.obtainable(key) for key in self.files)

    def _encoded(self, label: str, sizes: SplitSizes) -> arrays.CorpusArrays:
        hashes = [registry.digest(key) for key in self.files]
        identity = json.dumps([arrays.FORMAT, label, sizes, hashes])
        short = hashlib.sha256(identity.encode()).hexdigest()[:16]
        folder = registry.cache_folder() / "corpora" / f"{label}-{short}"

        def make() -> arrays.CorpusArrays:
            wanted = dict(zip(arrays.SPLITS, sizes[:3], strict=True))
            paths = [registry.fetch(key, trusting=False) for key in self.files]
            return arrays.encode(self.read(paths, wanted), sizes[3])

        encoded = arrays.cached(folder, make)
        registry.trust(self.files)
        return encoded


def _cut(encoded: arrays.CorpusArrays) -> str:
    sizes = " / ".join(f"{len(split):,}" for split in encoded.splits.values())
    return f"{sizes} documents, {len(encoded.vocabulary):,} words in the vocabulary."
