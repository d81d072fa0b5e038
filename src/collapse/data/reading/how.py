"""How texts of one's own are read, and what was met on the way."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import yaml

from collapse.base.errors import CollapseError, DataError, choose
from collapse.data.texts import plain_text
from collapse.data.vocabulary import SPECIALS

OPTIONS_FILE = "corpus.yaml"  # in a folder of texts: how they are to be read
SPACE = "▁"  # what stands for white space where characters are the tokens


def words_of(text: str) -> str:
    """The text as it is: its words are what white space separates."""
    return text


def characters_of(text: str) -> str:
    """Every character a word; white space between two of them is the character ``▁``.

    A character is a code point of Unicode; nothing is normalised.
    """
    return " ".join(SPACE.join(text.split()))


TOKENS: dict[str, Callable[[str], str]] = {"words": words_of, "characters": characters_of}


@dataclass(frozen=True)
class How:
    """How texts of one's own are read.

    Attributes:
        tokens: "words", which white space separates, or "characters", for languages without
            spaces.
        vocabulary_size: the most tokens that get a number, the four markers included; the
            others become ``<unk>``.
        longest: documents are cut after so many tokens; None keeps them whole.
        text_column: of a table or of JSON Lines; None looks for a usual name.
        label_column: likewise.

    Raises:
        UnknownNameError: for other tokens.
        DataError: for a number that is none, or too small.
    """

    tokens: str = "words"
    vocabulary_size: int = 20_000
    longest: int | None = 200
    text_column: str | None = None
    label_column: str | None = None

    def __post_init__(self) -> None:
        choose(self.tokens, TOKENS, "kind of tokens")
        least = {"vocabulary_size": len(SPECIALS) + 1, "longest": 1}
        for name, smallest in least.items():
            value = getattr(self, name)
            if name == "longest" and value is None:
                continue
            if type(value) is not int or value < smallest:
                raise DataError(f"{name} is a whole number, {smallest} or more; got {value!r}.")
        for name in ("text_column", "label_column"):
            value = getattr(self, name)
            if value is not None and not isinstance(value, str):
                raise DataError(f"{name} is the name of a column; got {value!r}.")

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> "How":
        """From names and values; :func:`dataclasses.asdict` is the way back.

        Raises:
            UnknownNameError: for a name that is no field.
        """
        for name in plain:
            choose(name, {f.name: f for f in fields(cls)}, "way to read texts")
        return cls(**plain)


@dataclass(frozen=True)
class ReadingLog:
    """What was met when texts of one's own were read.

    Attributes:
        how: what the reader was told.
        path: of the folder or file, absolute; None for texts from memory.
        dropped: blank documents of each split, which are left out.
        cut: documents of each split that were cut.
        longest: tokens of the longest document before it was cut.
        labels: the names of the labels, in the order of their numbers.
        dealt: whether the package made the splits.
        unread: columns that were left aside.
        markers: how many words were ``<pad>``, ``<s>`` or ``</s>`` as they stood in the texts.
    """

    how: How = field(default_factory=How)
    path: str | None = None
    dropped: Mapping[str, int] = field(default_factory=dict)
    cut: Mapping[str, int] = field(default_factory=dict)
    longest: int = 0
    labels: tuple[str, ...] = ()
    dealt: bool = False
    unread: tuple[str, ...] = ()
    markers: int = 0

    def cuts(self) -> str:
        """What was cut, and how it would not have been, in words; nothing where all is whole."""
        count = sum(self.cut.values())
        if not count:
            return ""
        plural = "s were" if count > 1 else " was"
        whole = say_option(self.path, "longest", self.longest)
        return (
            f"{count:,} document{plural} cut after {self.how.longest} tokens; the longest had "
            f"{self.longest:,}. To keep all whole: {whole}."
        )

    def plain(self) -> dict[str, Any]:
        """As JSON keeps it."""
        return asdict(self)

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> "ReadingLog":
        """From what :meth:`plain` gave, through JSON or not."""
        values: dict[str, Any] = {
            k: tuple(v) if isinstance(v, list) else v for k, v in plain.items()
        }
        return cls(**{**values, "how": How.from_plain(plain["how"])})


@dataclass(frozen=True)
class Pile:
    """The documents of one split as they were given.

    Attributes:
        texts: one a document; a blank one is dropped later, with its label.
        labels: the name of the label of each, or None.
        unread: columns that were left aside.
    """

    texts: list[str]
    labels: list[str] | None = None
    unread: tuple[str, ...] = ()


def options_file(path: Path) -> Path:
    """Where a folder or a file may say how it is to be read: see :class:`How` for the keys."""
    return path / OPTIONS_FILE if path.is_dir() else path.with_name(f"{path.name}.yaml")


def say_option(path: str | None, name: str, value: str | int) -> str:
    """How an option is said, wherever it can be said.

    Args:
        path: where the texts were read; None for texts from memory.
        name: a field of :class:`How`.
        value: of it.
    """
    in_python = f"{name}={value!r}"
    if path is None:
        return in_python
    file = options_file(Path(path)).name
    typed = f"--{name.replace('_', '-')} {value}"
    return f"{name}: {value} in {file} beside the texts, {typed}, or {in_python}"


def read_options(path: Path) -> dict[str, Any]:
    """What the options beside the texts say; nothing where there are none.

    Raises:
        DataError: when they cannot be read, or say what is no option.
    """
    file = options_file(path)
    if not file.is_file():
        return {}
    try:
        options = yaml.safe_load(plain_text(file.read_bytes(), file)) or {}
        if not isinstance(options, dict):
            keys = ", ".join(f.name for f in fields(How))
            raise DataError(f"it must hold keys, some of {keys}; got {options!r}")
        How.from_plain(options)
    except (yaml.YAMLError, CollapseError) as error:
        reason = " ".join(str(error).split())
        raise DataError(f"What {file} says cannot be used: {reason}") from error
    return options
