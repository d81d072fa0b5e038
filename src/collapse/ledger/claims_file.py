"""Reading ``book/results/claims.yml``: every mistake in it is named, all at once."""

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from collapse.base.errors import CollapseError, choose, unknown
from collapse.ledger.claims import (
    COMMON,
    COMPARISONS,
    OPERATORS,
    QUANTIFIERS,
    VERDICTS,
    Claim,
    Rule,
)
from collapse.ledger.papers import matching
from collapse.ledger.schema import MEASURES, right_type
from collapse.ledger.yaml_lists import read_list
from collapse.recipes import RECIPES
from collapse.runs.settings import settings_for

CLAIM = {"id": str, "claim": str, "source": dict, "scope": str, "rules": list, "verdict": str}
SOURCE = {"cite": str, "where": str, "rows": list}
PRINTED = ("paper", "table", "dataset", "system", "variant", "metric", "value")


def load_claims(path: Path, papers: pd.DataFrame) -> list[Claim]:
    """Read and check the file of claims.

    Args:
        path: of ``claims.yml``.
        papers: the papers' numbers, from :func:`collapse.ledger.papers.load_papers`.

    Raises:
        CollapseError: naming everything that is wrong: an unknown or missing key, verdict,
            comparison, recipe, metric, corpus or scale, a number that no paper prints.
    """
    raw = read_list(path, "claims")
    wrong = [f"{name_of(each)}: {text}" for each in raw for text in claim_problems(each, papers)]
    twice = [name for name, n in Counter(map(name_of, raw)).items() if n > 1]
    wrong += [f"{name}: This id is there more than once." for name in twice]
    if wrong:
        raise CollapseError("\n".join([f"{path.name} has {len(wrong)} problems.", *wrong]))
    return [Claim(**each) for each in raw]


def name_of(raw: Rule) -> str:
    """The id of a claim, for messages."""
    return str(raw.get("id", "a claim without an id"))


def claim_problems(raw: Rule, papers: pd.DataFrame) -> list[str]:
    """What is wrong with one claim, one sentence each."""
    if wrong := key_problems(raw, CLAIM, set(CLAIM)):
        return wrong
    if raw["verdict"] not in VERDICTS:
        wrong.append(unknown(raw["verdict"], VERDICTS, "verdict"))
    wrong += key_problems(raw["source"], SOURCE, {"cite", "where"})
    wrong += [t for row in raw["source"].get("rows", []) for t in row_problems(row, papers)]
    if not raw["rules"]:
        wrong.append("It has no rule.")
    return wrong + [text for rule in raw["rules"] for text in rule_problems(rule)]


def key_problems(raw: object, known: Mapping[str, type], required: set[str]) -> list[str]:
    """Keys that are missing, that nobody knows, or whose values have the wrong type."""
    if not isinstance(raw, dict):
        return [f"{raw!r} must be a mapping with the keys {', '.join(known)}."]
    wrong = [f"The key {key!r} is missing." for key in known if key in required - raw.keys()]
    wrong += [unknown(str(key), known, "key") for key in raw if key not in known]
    for key in raw.keys() & known.keys():
        kinds = (int, float) if known[key] is float else (known[key],)
        if not right_type(raw[key], kinds):
            wrong.append(f"{key!r} is {raw[key]!r}; it must be a {known[key].__name__}.")
    return wrong


def rule_problems(rule: object) -> list[str]:
    """What is wrong with one rule."""
    if not isinstance(rule, dict):
        return [f"{rule!r} must be a mapping with the key 'compare'."]
    try:
        _, own = choose(str(rule.get("compare")), COMPARISONS, "comparison")
    except CollapseError as error:
        return [str(error)]
    if wrong := key_problems(rule, COMMON | own, {"compare", "places", *own}):
        return wrong
    names: list[tuple[str, Sequence[str], str]] = [
        *((rule[key], MEASURES, "metric") for key in ("metric", "of") if key in rule),
        *((rule[key], list(OPERATORS), "operator") for key in ("op",) if key in rule),
        (rule.get("runs", "every"), QUANTIFIERS, "value of 'runs'"),
    ]
    if rule["compare"] != "needs":
        names += [(rule[k], list(RECIPES), "recipe") for k in ("recipe", "other") if k in rule]
    wrong = [unknown(name, valid, what) for name, valid, what in names if name not in valid]
    if not rule["places"]:
        wrong.append("'places' names no place.")
    return wrong + [text for place in rule["places"] for text in place_problems(place)]


def place_problems(place: object) -> list[str]:
    """What is wrong with a corpus and a scale."""
    if wrong := key_problems(place, {"corpus": str, "scale": str}, {"corpus", "scale"}):
        return wrong
    assert isinstance(place, dict)
    try:
        settings_for(place["corpus"], place["scale"])
    except CollapseError as error:
        return [str(error)]
    return []


def row_problems(row: object, papers: pd.DataFrame) -> list[str]:
    """A sentence when no paper prints this number."""
    kinds = {name: float if name == "value" else str for name in PRINTED}
    if wrong := key_problems(row, kinds, set(PRINTED)):
        return wrong
    assert isinstance(row, dict)
    printed = matching(papers, {key: row[key] for key in PRINTED[:-1]})["value"]
    if len(printed) == 1 and math.isclose(printed.iloc[0], row["value"], abs_tol=1e-9):
        return []
    there = f"there stands {printed.iloc[0]}" if len(printed) else "there is no such row"
    return [f"papers.csv does not hold {row}: {there}."]


def bibliography(path: Path) -> dict[str, tuple[str, str]]:
    """Name and address of each source in a BibTeX file, by key: ("He et al. (2019)", "https://…").

    Raises:
        CollapseError: when the file is not there.
    """
    if not path.is_file():
        raise CollapseError(f"There is no bibliography at {path}.")
    found = {}
    for entry in re.split(r"^@", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        key = re.match(r"\w+\{([^,]+),", entry)
        parts = {k: re.search(rf"\b{k} = \{{(.+?)\}}", entry) for k in ("author", "year", "url")}
        author, year, url = (m[1] if m else "" for m in parts.values())
        if key:
            found[key[1]] = (f"{short(author)} ({year})", url)
    return found


def short(authors: str) -> str:
    """Names as they are cited: "Kingma and Welling", "He et al."."""
    names = [name.split(",")[0] for name in authors.split(" and ")]
    return f"{names[0]} et al." if len(names) > 2 else " and ".join(names)
