"""A newcomer's corpus, from a CSV file to a table of results, by the command line alone.

One command has a process of its own, as all of them have at home. It finds what those before it
have made, and those behind it find what it has made, so the others can share one.
"""

import csv
import os
import random
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from collapse.cli import main

FOOD, TALK = ["soup", "bread", "salt", "oven"], ["said", "asked", "told", "heard"]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A working folder with reviews as a spreadsheet saves them: a mark, quotes, Windows lines."""
    rng = random.Random(0)
    with (tmp_path / "reviews.csv").open("w", encoding="utf-8-sig", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(["id", "Review", "Stars"])
        for number in range(80):
            words, stars = (FOOD, "5") if number % 2 else (TALK, "1")
            text = " ".join(rng.choices(words, k=rng.randint(2, 8)))
            rows.writerow([number, f'{text}, "so, so"\nand the end', stars])
        rows.writerow([80, " ", "1"])
    return tmp_path


def in_a_process(place: Path, *arguments: str, status: int = 0) -> tuple[list[str], str]:
    """What the command prints, line by line, and what it says on the error stream."""
    done = subprocess.run(
        [sys.executable, "-m", "collapse", *arguments],
        cwd=place,
        env={**os.environ, "COLLAPSE_RUNS": "", "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == status, done.stderr
    return done.stdout.splitlines(), done.stderr


Command = Callable[..., tuple[list[str], str]]


@pytest.fixture
def collapse(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    """The same of a command in this process."""
    monkeypatch.chdir(place)
    monkeypatch.setenv("COLLAPSE_RUNS", "")

    def command(*arguments: str, status: int = 0) -> tuple[list[str], str]:
        capsys.readouterr()
        assert main(arguments) == status
        done = capsys.readouterr()
        return done.out.splitlines(), done.err

    return command


def test_from_a_csv_to_a_table_of_results(place: Path, collapse: Command) -> None:
    shown, _ = collapse("data", "reviews.csv")
    cells = [line.split() for line in shown]
    assert ["documents", "64", "8", "8"] in cells
    assert ["blank,", "left", "out", "1", "0", "0"] in cells
    assert sum(line.startswith("label ") for line in shown) == 2
    assert "Columns that were not read: id." in shown

    which = ("--corpus", "reviews.csv", "--scale", "smoke")
    numbers = {}
    for recipe in ("lm", "vae"):
        command = collapse if recipe == "lm" else partial(in_a_process, place)
        printed, said = command("run", recipe, *which)
        assert "64 documents to learn from, 8 for validation, 8 to test" in said
        numbers[recipe] = next(line.split()[1] for line in printed if line.startswith("NLL"))
    table, _ = collapse("table", "lm", "vae", *which)
    assert table[0].startswith("reviews-")
    assert table[1].split() == ["NLL", "−ELBO", "KL", "MI", "AU", "PPL"]
    for recipe, row in zip(("lm", "vae"), table[2:], strict=True):
        assert f"{float(numbers[recipe]):.2f}" in row
    again, _ = collapse("run", "vae", *which)
    assert not any("epoch" in line for line in again)  # it was there
    reconstructed, _ = collapse("reconstruct", "vae", *which, "--count", "1")
    assert reconstructed[0].endswith('"so, so" and the end')


def test_a_wrong_file_is_answered_with_a_sentence(place: Path, collapse: Command) -> None:
    (place / "bad.csv").write_text("title,stars\ngood food,5\n")
    _, said = in_a_process(place, "run", "vae", "--corpus", "bad.csv", status=2)
    assert said.startswith("collapse: The file ")
    assert "bad.csv has no column called text" in said
    assert "Traceback" not in said
    _, said = collapse("table", "vae", "--corpus", "reviews.csv", status=2)
    assert "Do it with: python -m collapse run vae --corpus reviews.csv --scale light" in said
