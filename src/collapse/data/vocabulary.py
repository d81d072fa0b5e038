"""Words and their numbers."""

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
from torch import Tensor

from collapse.base.errors import DataError

PAD, START, END, UNKNOWN = 0, 1, 2, 3
SPECIALS = ("<pad>", "<s>", "</s>", "<unk>")


class Vocabulary:
    """The words of a corpus, numbered; the four specials come first.

    Args:
        words: the ordinary words, in the order of their numbers, without the specials.

    Attributes:
        words: all words, specials included; ``words[i]`` is the word with number ``i``.

    Raises:
        DataError: when a word occurs twice or is one of the specials.
    """

    def __init__(self, words: Sequence[str]) -> None:
        self.words: list[str] = [*SPECIALS, *words]
        # A text that contains "<pad>" or "</s>" as a word must not end or pad a document, so
        # only "<unk>" of the specials can be reached from text.
        self._numbers = {word: number for number, word in enumerate(self.words) if number > END}
        if len(set(self.words)) < len(self.words):
            twice = [word for word, count in Counter(self.words).items() if count > 1]
            raise DataError(f"A vocabulary must list each word once; {twice[0]!r} is there twice.")

    @classmethod
    def from_counts(cls, counts: Counter[str], most: int | None = None) -> "Vocabulary":
        """The commonest words of ``counts``; ties are broken by the alphabet.

        Args:
            counts: how often each word occurs in the training split.
            most: the size of the vocabulary with its four specials; ``None`` keeps every word.

        Raises:
            DataError: for a size that does not hold the specials.
        """
        if most is not None and most < len(SPECIALS):
            raise DataError(
                f"A vocabulary holds its {len(SPECIALS)} specials, so its size is "
                f"{len(SPECIALS)} or more; got {most}."
            )
        ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        words = [word for word, _ in ranked if word not in SPECIALS]
        return cls(words if most is None else words[: most - len(SPECIALS)])

    def __len__(self) -> int:
        return len(self.words)

    def __contains__(self, word: str) -> bool:
        return word in self._numbers

    def encode(self, words: Iterable[str]) -> np.ndarray:
        """The numbers of ``words``, (n,) int32; a word that is not known becomes ``<unk>``.

        Raises:
            DataError: for a text in one piece, whose letters would be taken for words.
        """
        if isinstance(words, str):
            raise DataError(f"Words come one by one: encode({words[:20]!r}.split()).")
        numbers = self._numbers
        return np.array([numbers.get(word, UNKNOWN) for word in words], dtype=np.int32)

    def decode(self, numbers: np.ndarray | Tensor | Sequence[int]) -> str:
        """The words up to the first ``</s>``, joined by blanks, without ``<pad>`` and ``<s>``.

        Raises:
            DataError: for what is no row of numbers of words.
        """
        words = []
        for number in np.atleast_1d(np.asarray(numbers)).tolist():
            if number == END:
                break
            if not isinstance(number, int) or not 0 <= number < len(self.words):
                raise DataError(
                    f"Words have whole numbers from 0 to {len(self.words) - 1}; got {number!r}."
                )
            if number not in (PAD, START):
                words.append(self.words[number])
        return " ".join(words)
