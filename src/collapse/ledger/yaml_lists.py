"""The form of the files of claims and of findings: a YAML list of entries, each with an id."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from collapse.base.errors import CollapseError
from collapse.base.schema import Schema, mistakes, read_yaml


def read_list(path: Path, what: str) -> list[dict[str, Any]]:
    """The entries of a YAML file, in its order.

    Args:
        path: of the file, in UTF-8.
        what: its entries are, in the plural, for the messages.

    Raises:
        CollapseError: when the file is absent, is no YAML, or holds no list of mappings.
    """
    raw = read_yaml(path, f"{what} of")
    if not isinstance(raw, list) or not all(isinstance(each, dict) for each in raw):
        raise CollapseError(f"{path} must hold a list of {what}, each with its keys.")
    return raw


def refuse(
    where: str, schema: type[Schema], entries: Sequence[dict[str, Any]], **context: object
) -> None:
    """Do nothing, unless there is something wrong with some entries.

    Args:
        where: they stand, for the message.
        schema: what each must be; with an ``id``.
        entries: as the file holds them.
        context: what the validators of the schema ask for.

    Raises:
        CollapseError: naming everything that is wrong, by the ids of the entries.
    """
    wrong = [
        f"{each.get('id', 'an entry without an id')}: {text}"
        for each in entries
        for text in mistakes(schema, each, **context)
    ]
    ids = Counter(str(each["id"]) for each in entries if "id" in each)
    twice = [name for name, n in ids.items() if n > 1]
    wrong += [f"{name}: This id is there more than once." for name in twice]
    if wrong:
        raise CollapseError("\n".join([f"{where} has {len(wrong)} problems.", *wrong]))
