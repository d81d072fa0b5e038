"""The form of the files of claims and of findings: a YAML list of entries with keys."""

from pathlib import Path
from typing import Any

from collapse.base.errors import CollapseError


def read_list(path: Path, what: str) -> list[dict[str, Any]]:
    """The entries of a YAML file, in its order.

    Args:
        path: of the file, in UTF-8.
        what: its entries are, in the plural, for the messages.

    Raises:
        CollapseError: when the file is absent, is no YAML, or holds no list of mappings.
    """
    import yaml  # late: a chapter in Colab has no results to read

    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise CollapseError(f"The {what} of {path} cannot be read: {error}") from error
    if not isinstance(raw, list) or not all(isinstance(each, dict) for each in raw):
        raise CollapseError(f"{path} must hold a list of {what}, each with its keys.")
    return raw
