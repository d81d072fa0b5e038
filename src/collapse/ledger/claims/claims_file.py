"""Reading ``book/results/claims.yml`` and the bibliography that it cites."""

import re
from pathlib import Path

import pandas as pd

from collapse.base.errors import CollapseError
from collapse.ledger.claims.claims import Claim
from collapse.ledger.yaml_lists import read_list, refuse


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
    refuse(path.name, Claim, raw, papers=papers)
    return [Claim(**each) for each in raw]


def bibliography(path: Path) -> dict[str, tuple[str, str]]:
    """Name and address of each source in a BibTeX file, by key: ("He et al. (2019)", "https://…").

    Raises:
        CollapseError: when the file is not there.
    """
    if not path.is_file():
        raise CollapseError(f"There is no bibliography at {path}.")
    names = {}
    for entry in re.split(r"^@", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        key = re.match(r"\w+\{([^,]+),", entry)
        parts = {k: re.search(rf"\b{k} = \{{(.+?)\}}", entry) for k in ("author", "year", "url")}
        author, year, url = (m[1] if m else "" for m in parts.values())
        if key:
            names[key[1]] = (f"{short(author)} ({year})", url)
    return names


def short(authors: str) -> str:
    """Names as they are cited: "Kingma and Welling", "He et al."."""
    names = [name.split(",")[0] for name in authors.split(" and ")]
    return f"{names[0]} et al." if len(names) > 2 else " and ".join(names)
