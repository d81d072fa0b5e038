"""Words as a page sets them."""

import re
from html import escape

from IPython.display import Markdown

# A hyphen that stands before a number and behind no word: "-0.3", "(-3", but not "2-3", "bn-0.7".
_MINUS = re.compile(r"(?<![\w.\-)])-(?=\.?\d)")
_MODEL = re.compile(r"(?<![$\w])M_([f1])\b")
_ZERO = re.compile(r"0?(?:\.0+)?(?!\d|\.\d)")


def with_minus(text: str) -> str:
    """``text`` in which negative numbers have a minus sign, which a hyphen is too short for.

    What has been rounded to zero has none: "-0.00" is "0.00".
    """
    return _MINUS.sub(lambda hyphen: "" if _ZERO.match(text, hyphen.end()) else "−", text)


def typeset(text: str) -> str:
    """Plain words as HTML, the index of a model of chapter 7 below its letter."""
    return _MODEL.sub(r"M<sub>\1</sub>", attribute(text))


def attribute(text: str) -> str:
    """Plain words as the value of an attribute in HTML, such as an alternative text."""
    return escape(with_minus(text))


def words(text: str) -> Markdown:
    """Markdown with numbers that a cell has computed, to be displayed as its last expression."""
    return Markdown(with_minus(text))
