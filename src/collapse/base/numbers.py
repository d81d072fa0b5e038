"""Numbers that must be whole."""

from collections.abc import Mapping
from numbers import Integral

from collapse.base.errors import RunError


def is_whole_number(value: object, least: int) -> bool:
    """Whether this is a whole number (no truth value) of at least ``least``."""
    return isinstance(value, Integral) and not isinstance(value, bool) and int(value) >= least


def check_whole_numbers(settings: object, at_least: Mapping[str, int]) -> None:
    """Refuse a setting that is no whole number of at least what stands beside its name.

    Raises:
        RunError: naming the setting and its value.
    """
    for name, least in at_least.items():
        value = getattr(settings, name)
        if not is_whole_number(value, least):
            raise RunError(f"{name} is a whole number, {least} or more; got {value!r}.")
