"""Results of a class, each written as soon as it is there, and read back where nothing changed."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import torch

import collapse
from collapse.base.files import write_text
from collapse.homework.grading.hand_in import LARGEST, HandIn
from collapse.homework.grading.score import Late, Score, score_of
from collapse.homework.grading.walls import Limits

MADE_OF = "made_of"


@dataclass(frozen=True)
class Kept:
    """The files of the results of a class.

    Attributes:
        files: by hand-in, where its results go; none where they are not wanted.
        late: by hand-in, how late it is, where that counts.
        wanted: what results depend on beside the file: assignment, seed, limits.
    """

    files: Mapping[Path, Path]
    late: Mapping[Path, Late | None]
    wanted: Mapping[str, Any]

    def read(self, path: Path) -> Score | None:
        """The score of an earlier call, if the file, the seed, limits and package are the same."""
        made_of, file = self.made_of(path), self.files.get(path)
        if made_of is None or file is None:
            return None
        try:
            results = json.loads(file.read_text(encoding="utf-8"))
            same = results["extra_data"][MADE_OF] == made_of
            return score_of(results, path.stem) if same else None
        except (OSError, ValueError, KeyError, TypeError):  # none, or of somebody else's program
            return None

    def write(self, path: Path, score: Score, again: bool = False) -> None:
        """Write results; those that are to be made again next time have no mark of their origin."""
        if file := self.files.get(path):
            results = score.results(self.late.get(path))
            if not again and (made_of := self.made_of(path)):
                results["extra_data"][MADE_OF] = made_of
            write_results(file, results)

    def made_of(self, path: Path) -> dict[str, Any] | None:
        """All that a result depends on; none for what is no file of its own."""
        if path.is_symlink() or not path.is_file() or path.stat().st_size > LARGEST:
            return None
        file = hashlib.sha256(path.read_bytes()).hexdigest()
        return {"file": file, "package": package(), "torch": torch.__version__, **self.wanted}


def wanted(
    assignment: str, seed: int, limits: Limits, open_gate: bool, asked: HandIn | None
) -> dict[str, Any]:
    """What the results of all hand-ins depend on, as JSON reads it back."""
    handed_out = hashlib.sha256(repr(asked and asked.cells).encode()).hexdigest()[:16]
    named = {"assignment": assignment, "seed": seed, "open_gate": open_gate}
    text = json.dumps({**named, "handed_out": handed_out, **asdict(limits)})
    made: dict[str, Any] = json.loads(text)
    return made


@cache
def package() -> str:
    """A number for the package's code: with other checks there may be other scores."""
    folder, found = Path(collapse.__file__).parent, hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        found.update(path.relative_to(folder).as_posix().encode() + path.read_bytes())
    return found.hexdigest()[:16]


def write_results(path: Path, results: Mapping[str, Any]) -> None:
    """Write results as Gradescope reads them."""
    write_text(path, json.dumps(results, indent=1, ensure_ascii=False) + "\n")
