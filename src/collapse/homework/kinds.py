"""Kinds of exercises: numbers, a choice, a function, something that is to be found.

None of them holds an answer that was written down: numbers come from functions of the package, a
student's function is compared with one of them on inputs of a seed. A wrong idea is written in the
same way, as what somebody who has it would answer; whoever answers so is told in terms of the idea.

What a check gives away is the same everywhere. It says one thing: the first wrong idea that
explains all that is off, and where none does, what to think of. An idea about one of several
numbers is silent while another one is off, so that nobody gets them one by one; only who has all
others learns that. Nor does a check list the answers that there are. What a function gives is no
guess, so there the first value that is off is named, with its shape if that is off, and none behind
it. The share of the points is for the grader alone, and a word that could be guessed has none of it
as long as a number beside it is off.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

from collapse.base.errors import CollapseError
from collapse.homework.answers import called, finite, letters, misshapen, numbers, same, shortly

DECIMALS = "If that was rounded, it was rounded too far: give two decimals."
UNWRITTEN = "Write your answer and run this cell again."
Values = tuple[Any, ...]  # numbers and tensors that are compared one by one


@dataclass(frozen=True)
class Verdict:
    """What a check says.

    Attributes:
        right: whether the answer is.
        words: in terms of the idea, without the answer.
        given: whether there was an answer at all.
        share: of the points, for an answer that is right in parts.
    """

    right: bool
    words: str
    given: bool = True
    share: float | None = None

    @property
    def part(self) -> float:
        """The share of the points, from 0 to 1."""
        return float(self.right) if self.share is None else self.share

    def __repr__(self) -> str:
        start = "Right." if self.right else "Not yet." if self.given else "No answer yet."
        return f"{start} {self.words}".strip()


class Exercise(ABC):
    """What a check asks of every exercise."""

    @abstractmethod
    def judge(self, answer: Any, seed: int, scale: str) -> Verdict:
        """Judge an answer that is not None.

        Args:
            answer: of a student.
            seed: of inputs or of a training, where there are any.
            scale: of a training, where there is one.

        Raises:
            CollapseError: for an answer of another kind than the exercise asks for.
        """


@dataclass(frozen=True)
class Numbers(Exercise):
    """One number, or several in the order of their names.

    Attributes:
        truth: the numbers.
        names: of what they are.
        hint: what to think of, where no idea below fits.
        ideas: what is said to somebody whose numbers are those of a wrong idea; NaN for one that
            the idea leaves right.
        praise: what a right answer shows.
        tolerance: absolute.
        spoken: words that stand for numbers, such as "yes".
    """

    truth: Callable[[], Sequence[float]]
    names: tuple[str, ...]
    hint: str
    ideas: Mapping[str, Callable[[], Sequence[float]]] = field(default_factory=dict)
    praise: str = ""
    tolerance: float = 0.01
    spoken: Mapping[str, float] = field(default_factory=dict)

    def judge(self, answer: Any, seed: int = 0, scale: str = "light") -> Verdict:
        """Compare the numbers, all of them, then one by one with those of wrong ideas."""
        given = numbers(answer, self.names, self.spoken, parts=True)
        truth = self.truth()
        off = [i for i, t in enumerate(truth) if not self.near(given[i], t)]
        if not off:
            return Verdict(True, self.praise)
        if all(map(math.isnan, given)):
            return Verdict(False, UNWRITTEN, given=False)
        fitting = (w for w, wrong in self.ideas.items() if self.fits(wrong(), given, truth))
        plain = [i for i in off if i not in self.words(truth)]  # a word is not confirmed by this
        rounded = plain and all(too_short(given[i], truth[i]) for i in plain)
        words = next(fitting, DECIMALS if rounded else self.hint)
        if any(map(math.isnan, given)):
            words = f"A part of the answer is missing. {words}"
        return Verdict(False, words, share=self.share(truth, off))

    def fits(self, wrong: Sequence[float], given: Sequence[float], truth: Sequence[float]) -> bool:
        """Whether a wrong idea gives these numbers, all of them; a word may be right besides."""
        words = self.words(truth)
        return all(
            self.near(g, t if math.isnan(w) else w) or (i in words and self.near(g, t))
            for i, (g, w, t) in enumerate(zip(given, wrong, truth, strict=True))
        )

    def words(self, truth: Sequence[float]) -> set[int]:
        """The places where a word is asked for."""
        return {i for i, t in enumerate(truth) if t in self.spoken.values()}

    def share(self, truth: Sequence[float], off: Sequence[int]) -> float:
        """The share of the points: of a word none, unless all numbers beside it are right."""
        words = self.words(truth)
        lost = {*off, *words} if set(off) - words else set(off)
        return 1 - len(lost) / len(self.names)

    def near(self, one: float, other: float) -> bool:
        """Whether two numbers are the same for this exercise."""
        return abs(one - other) <= self.tolerance


def too_short(given: float, truth: float) -> bool:
    """Whether a number is the right one to a single decimal, or none where it is large."""
    places = (0, 1) if abs(truth) >= 10 else (1,)
    return given != 0 and any(math.isclose(given, round(truth, place)) for place in places)


@dataclass(frozen=True)
class Choice(Exercise):
    """One of several letters, or a word made of them.

    Attributes:
        truth: works the right one out.
        options: what may be answered.
        why_not: what is said to each wrong one.
        hint: what is said to the others.
        praise: what a right answer shows.
    """

    truth: Callable[[], str]
    options: Sequence[str]
    hint: str
    why_not: Mapping[str, str] = field(default_factory=dict)
    praise: str = ""

    def judge(self, answer: Any, seed: int = 0, scale: str = "light") -> Verdict:
        """Compare the letters, whatever their case and what stands between them."""
        given = letters(answer)
        found = [option for option in self.options if letters(option) == given]
        if not found:
            raise CollapseError(f"The answer is {self.form}; got {shortly(answer)}.")
        if found[0] == self.truth():
            return Verdict(True, self.praise)
        return Verdict(False, self.why_not.get(found[0], self.hint))

    @property
    def form(self) -> str:
        """What may be answered, in words; not one by one, since the right one is among them."""
        letters, length = sorted(set("".join(self.options))), len(self.options[0])
        listed = f"{', '.join(letters[:-1])} and {letters[-1]}"
        if length == 1:
            return f"one letter in quotes, from {listed}"
        again = any(len(set(option)) < length for option in self.options)
        once = "" if again else ", none of them twice"
        return f"a word of {length} letters in quotes, from {listed}{once}"


@dataclass(frozen=True)
class Function(Exercise):
    """A function, tried on inputs of a seed beside one that is right.

    Attributes:
        observe: calls a function with inputs drawn from a generator; what is to be compared.
        reference: a function that is right.
        gives: what each value observed is, for the message.
        hint: what is said where no idea below fits.
        ideas: what is said to somebody whose function does as one with a wrong idea does.
        praise: what a right answer shows.
        trials: sets of inputs.
        tolerance: relative and absolute.
        whole: give no share for some of the values, where one line would have them right.
    """

    observe: Callable[[Callable[..., Any], torch.Generator], Values]
    reference: Callable[..., Any]
    gives: tuple[str, ...]
    hint: str
    ideas: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    praise: str = ""
    trials: int = 3
    tolerance: float = 1e-5
    whole: bool = False

    def judge(self, answer: Any, seed: int = 0, scale: str = "light") -> Verdict:
        """Observe it and the reference on the same inputs; find whose values it has."""
        if not callable(answer):
            raise CollapseError(f"The answer is a function; got {shortly(answer)}.")
        given, asked = self.observed(answer, seed), self.observed(self.reference, seed)
        if all(value is None for value in given):
            return Verdict(False, "The function gives None: write its body.", given=False)
        wrong = self.differences(given, asked)
        if not wrong:
            return Verdict(True, self.praise)
        share = 0.0 if self.whole else 1 - len(wrong) / len(self.gives)
        for words, mistaken in self.ideas.items():
            if not self.differences(given, self.observed(mistaken, seed)):
                return Verdict(False, words, share=share)
        place = self.gives.index(wrong[0])
        first = f"Another {wrong[0]} is expected"
        if form := misshapen(given[place], asked[place]):
            first += f": {form}"
        elif not all(map(finite, given)):  # the reference is
            first += ", and none of what you give may be infinite or NaN"
        return Verdict(False, f"{first}. {self.hint}", share=share)

    def observed(self, function: Callable[..., Any], seed: int) -> list[Any]:
        """The values of all trials, one after the other.

        Raises:
            CollapseError: with the function's own error.
        """
        values: list[Any] = []
        for trial in range(self.trials):
            generator = torch.Generator().manual_seed(1000 * seed + trial)
            values += called(self.observe, function, generator)
        return values

    def differences(self, ones: list[Any], others: list[Any]) -> list[str]:
        """The names of the values that are not the same in every trial."""
        names = self.gives * self.trials
        wrong = [
            name
            for name, one, other in zip(names, ones, others, strict=True)
            if not same(one, other, self.tolerance)
        ]
        return list(dict.fromkeys(wrong))


@dataclass(frozen=True)
class Find(Exercise):
    """Something with a property, such as a setting that breaks a model.

    Attributes:
        look: from an answer, a seed and a scale, whether it has the property, and what was seen.
        trains: whether that is what a training did, so that no test may say how it ends.
        rehearsed: with how many seeds a check tries it, all of which must do. For marks it is tried
            with one that nobody knows, and what is right at home should be right there.
    """

    look: Callable[[Any, int, str], Verdict]
    trains: bool = False
    rehearsed: int = 1

    def judge(self, answer: Any, seed: int = 0, scale: str = "light") -> Verdict:
        """Try it."""
        return self.look(answer, seed, scale)
