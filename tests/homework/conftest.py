"""What many answers to one exercise have in common is worked out once."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from collapse.data.generated.bars import BarsGenerator
from collapse.homework.chapters import chapter9
from collapse.homework.kinds import Function, Verdict


@pytest.fixture(scope="module")
def references_once() -> Iterator[None]:
    """The values of references and of wrong ideas, which no answer changes, are kept.

    Those of an answer are observed each time, be it the reference itself: they come first.
    """
    judge, observed, worth = Function.judge, Function.observed, chapter9.worth
    unseen: list[Any] = []
    known: dict[tuple[int, Any, int], list[Any]] = {}

    def judging(self: Function, answer: Any, seed: int = 0, scale: str = "light") -> Verdict:
        unseen[:] = [answer]
        return judge(self, answer, seed, scale)

    def observing(self: Function, function: Any, seed: int) -> list[Any]:
        if unseen:
            assert function is unseen.pop(), "a check begins with the answer"
            return observed(self, function, seed)
        key = id(self), function, seed
        if key not in known:
            known[key] = observed(self, function, seed)
        return known[key]

    @cache
    def usual(kernels: tuple[int, ...], seed: int) -> float:
        return worth(BarsGenerator(noise=chapter9.NOISE), kernels, seed)

    def worth_of(generator: BarsGenerator, kernels: tuple[int, ...], seed: int) -> float:
        if generator == BarsGenerator(noise=chapter9.NOISE):
            return usual(kernels, seed)
        return worth(generator, kernels, seed)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Function, "judge", judging)
        patch.setattr(Function, "observed", observing)
        patch.setattr(chapter9, "worth", worth_of)
        yield
