"""The arrows between the parts of the package run one way."""

from pathlib import Path

import pytest

from collapse.provenance import SOURCE, imported_modules

# Lowest first. A part may import its own kind and whatever stands on a lower floor.
FLOORS = [
    {"canonical", "errors", "frontend", "outside", "provenance", "seeding"},
    {"files", "project", "theory", "exact", "gradients", "linear_vae", "scale_symbols"},
    {"data"},
    {"parts"},
    {"pooling", "encoders", "posteriors", "decoders"},
    {"vae", "cvae"},
    {"objectives"},
    {"training"},
    {"metrics", "recipe", "conditional"},
    {"recipes"},
    {"experiments"},
    {"viz"},
    {"clinic", "homework", "__main__"},
]
FLOOR = {part: floor for floor, parts in enumerate(FLOORS) for part in parts}
FILES = sorted((SOURCE / "collapse").rglob("*.py"))


def part_of(module: str) -> str:
    """The part of the package a dotted name belongs to; empty for the package itself."""
    return [*module.split("."), ""][1]


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__")


def wrong_arrows(path: Path) -> list[str]:
    """The parts that a file imports although they stand higher."""
    here = part_of(module_of(path))
    inside = ".".join(path.relative_to(SOURCE).parent.parts)
    code = path.read_text(encoding="utf-8")
    there = {part_of(module) for module in imported_modules(code, inside)} - {"", here}
    return sorted(part for part in there if FLOOR.get(part, 0) > FLOOR[here])


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_imports_go_down_only(path: Path) -> None:
    part = part_of(module_of(path))
    if not part:
        assert imported_modules(path.read_text()) == set(), "collapse/__init__.py imports nothing"
        return
    assert part in FLOOR, f"{part!r} has no floor yet: add it to FLOORS in {Path(__file__).name}"
    assert wrong_arrows(path) == []


def test_an_arrow_that_goes_up_is_seen() -> None:
    assert FLOOR["data"] < FLOOR["posteriors"] < FLOOR["objectives"] < FLOOR["training"]
    assert FLOOR["training"] < FLOOR["metrics"] < FLOOR["experiments"] < FLOOR["viz"]
    up = imported_modules("def late():\n    from collapse import errors\n")
    assert {part_of(module) for module in up} == {"", "errors"}
