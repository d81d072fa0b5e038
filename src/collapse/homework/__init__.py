"""Exercises that are checked at once, in words, without the answer.

>>> from collapse.homework import check
>>> check("1.1", 2.4)
Not yet. The KL of a kept dimension is half a logarithm: a factor inside it is a sum outside.
"""

from collapse.homework.checking import check
from collapse.homework.kinds import Verdict
from collapse.homework.session import so_far

__all__ = ["Verdict", "check", "so_far"]
