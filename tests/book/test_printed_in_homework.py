"""Numbers of the papers that stand in the homework are those of the table of papers."""

import csv
import re

import nbformat
import pytest

from collapse.homework.assignments import hw1, hw2, hw3_lag, hw4_floors
from collapse.homework.chapters import chapter1, chapter2, chapter7
from notebooks import ROOT, assignments

with (ROOT / "book" / "results" / "papers.csv").open(encoding="utf-8", newline="") as file:
    ROWS = list(csv.DictReader(file))


def printed(where: str, metric: str, system: str, variant: str = "") -> tuple[str, str]:
    """Value and standard deviation, as they are printed, of a "paper table dataset"."""
    paper, table, dataset = where.split()
    wanted = {"paper": paper, "table": table, "dataset": dataset, "metric": metric}
    wanted |= {"system": system, "variant": variant}
    (row,) = (row for row in ROWS if wanted.items() <= row.items())
    return row["value"], row["sd"]


def row(where: str, metrics: str, *names: str) -> list[str]:
    """The values of several metrics of a system."""
    return [printed(where, metric, *names)[0] for metric in metrics.split()]


def with_deviations(where: str, metrics: str, *names: str) -> list[str]:
    """The same, each with its standard deviation behind it."""
    return [number for metric in metrics.split() for number in printed(where, metric, *names)]


def inner(steps: str, metrics: str = "nll-iw kl mi au") -> list[str]:
    """A row of the table of inner iterations."""
    return row("he2019 4 yelp", metrics, "Ours", f"inner iterations = {steps}")


def slow(dataset: str) -> list[str]:
    """The likelihood of slow annealing."""
    return row(f"he2019 9 {dataset}", "nll-iw", "VAE + anneal", "120k")


YAHOO, OMNIGLOT = "he2019 1 yahoo", "he2019 2 omniglot"
BETA = "nll-iw nll-bound kl"
# All numbers that stand in the tasks with published tables, in order; a text in quotes is the
# task's own number.
TASKS: dict[str, list[str]] = {
    "hw1.8": [
        *("0.4", *row("he2019 5 yahoo", BETA, "β-VAE", "β = 0.4")),
        *row("he2019 5 yahoo", BETA, "VAE"),
    ],
    "hw2.7": [
        *("0.2", *row(OMNIGLOT, "nll-iw kl mi au", "β-VAE", "β = 0.2")),
        *("0.8", *row(OMNIGLOT, "nll-iw kl mi au", "β-VAE", "β = 0.8")),
    ],
    "hw2.8": [
        *("10", *inner("10"), "30", *inner("30"), "50", *inner("50"), "70", *inner("70")),
        *inner("convergence"),
        *with_deviations("he2019 1 yelp", "nll-iw kl mi au", "Ours"),
    ],
    "hw3.8": [
        *with_deviations(YAHOO, "nll-iw", "Ours"),
        *with_deviations(YAHOO, "nll-exact", "LSTM-LM"),
        *with_deviations(YAHOO, "nll-iw", "VAE"),
        *("0.8", "1.05", "0.55"),
    ],
    "hw3.9": [
        *inner("50", "hours"),
        *inner("70", "hours"),
        *(*slow("yahoo"), *slow("yelp")),
        *row("he2019 9 yahoo", "nll-iw", "Ours"),
        *row("he2019 9 yelp", "nll-iw", "Ours"),
    ],
    "hw4.8": [
        *row("song2024 1 yahoo", "nll-iw kl mi au", "SA-VAE"),
        *row(YAHOO, "nll-iw kl mi au", "SA-VAE + anneal"),
        *row("song2024 1 yahoo", "mi", "SA-VAE"),
        *("0.69", "0.7"),
    ],
}


def tasks() -> dict[str, str]:
    """The texts of all tasks, without solutions."""
    cells = [c for p in assignments() for c in nbformat.read(p, as_version=4).cells]
    headings = ((re.match(r"## (hw\d\.\d)", cell.source), cell.source) for cell in cells)
    return {found[1]: text for found, text in headings if found}


def numbers(text: str) -> list[str]:
    """Those with a point, and in a table all."""
    found = []
    for line in text.splitlines()[1:]:
        whole = line.startswith("|")
        pattern = r"(?<![\w.])\d+(?:\.\d+)?(?![\w.]*\d)" if whole else r"(?<![\w.])\d+\.\d+"
        found += re.findall(pattern, line)
    return found


@pytest.mark.parametrize("number", TASKS)
def test_every_number_of_a_published_row_is_in_the_table_of_papers(number: str) -> None:
    assert numbers(tasks()[number]) == TASKS[number]


def test_no_task_quotes_a_table_unseen() -> None:
    assert {n for n, text in tasks().items() if re.search(r"Table \d", text)} == set(TASKS)


def test_what_checks_compute_with_is_printed_so() -> None:
    def as_numbers(where: str, metrics: str, *names: str) -> tuple[float, ...]:
        return tuple(map(float, row(where, metrics, *names)))

    assert {
        "β-VAE": as_numbers("he2019 5 yahoo", BETA, "β-VAE", "β = 0.4"),
        "VAE": as_numbers("he2019 5 yahoo", BETA, "VAE"),
    } == hw1.ROWS
    for variant, values in hw2.ROWS.items():
        assert values == as_numbers(OMNIGLOT, "kl mi", "β-VAE", variant)
    assert tuple(map(float, with_deviations(YAHOO, "nll-iw", "Ours"))) == hw3_lag.OURS
    assert tuple(map(float, with_deviations(YAHOO, "nll-exact", "LSTM-LM"))) == hw3_lag.LM
    song, he = hw4_floors.PRINTED.values()
    assert (song,) == as_numbers("song2024 1 yahoo", "mi", "SA-VAE")
    assert (he,) == as_numbers(YAHOO, "mi", "SA-VAE + anneal")


def test_so_is_what_the_checks_of_chapters_compute_with() -> None:
    evaluated = "VAE", "one trained model; 10 evaluation seeds"
    values = row("he2019 8 yahoo", "nll-iw nll-bound kl", *evaluated)
    assert list(chapter1.ROW.values()) == list(map(float, values))
    values = row("song2024 1 yahoo", "kl mi", "Scale-VAE", "1.1, 1")
    assert list(chapter2.PRINTED.values()) == list(map(float, values))
    assert float(values[0]) == chapter7.PRINTED_KL
