"""The logs of exercise 8.5: runs of the ledger, and what each of them shows, by rule."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from collapse.base.errors import CollapseError
from collapse.base.results import results_folder
from collapse.homework.answers import letters, shortly
from collapse.homework.kinds import Verdict
from collapse.ledger.entries import Entry, read_entry
from collapse.recipes import RECIPES

SOURCES = Path(__file__).parents[4] / "book" / "results"  # where tests find them
PLACE = "toy-reviews-light"
AHEAD, PAID, LEFT, SHARE = 0.5, 0.1, 0.1, 0.5  # nats, nats, and two shares: as the exercise says
SHOWS = "abcd"
HINT = "Hold the last KL of each log against its last information, and against what it had before."
IDEAS = {  # what is asked of somebody who has one log wrong, by what that log shows
    "a": "What did it hold while nothing was charged, and what is left?",
    "b": "How much of the KL that it pays at the end is information?",
    "c": "Has this log ever paid for a code, in any epoch?",
    "d": "Is most of what it pays at the end information?",
}


@dataclass(frozen=True)
class Log:
    """The validation record of one run, a number an epoch.

    Attributes:
        label: of the run in the ledger: recipe, corpus, scale and seed.
        weight: of the KL, where an epoch begins and where it ends.
        kl: in nats.
        mi: information of the code, in nats; no estimate is below zero here.
    """

    label: str
    weight: tuple[tuple[float, float], ...]
    kl: tuple[float, ...]
    mi: tuple[float, ...]

    @property
    def ahead(self) -> float:
        """The most information that it had after an epoch in which nothing was charged."""
        free = [mi for mi, weight in zip(self.mi, self.weight, strict=True) if not any(weight)]
        return max(free, default=0.0)

    @property
    def shows(self) -> str:
        """The letter of the exercise, by its rules in their order."""
        if self.ahead >= AHEAD and self.mi[-1] < LEFT * self.ahead:
            return "a"
        if self.kl[-1] >= PAID and self.mi[-1] < SHARE * self.kl[-1]:
            return "b"
        return "c" if max(self.kl) < PAID else "d"


def logs() -> list[Log]:
    """Three runs, chosen by rule from all that the ledger has of three recipes.

    Of the δ-VAE and of the VAE with a cyclical weight it is the run with the least information at
    the end, of the pretrained VAE the one that had the most before its KL was charged.

    Raises:
        CollapseError: where the package is without the book's ledger.
    """
    chosen: dict[str, Callable[[Log], float]] = {
        "delta-vae-0.25": lambda log: log.mi[-1],
        "vae-cyclical-2": lambda log: max(log.kl),
        "pretrained-vae-short": lambda log: -log.ahead,
    }
    return [min(of_recipe(name), key=least) for name, least in chosen.items()]


def of_recipe(name: str) -> list[Log]:
    """The logs of a recipe's runs, by seed."""
    folder = next((f for f in (results_folder(), SOURCES) if (f / "runs").is_dir()), SOURCES)
    files = sorted((folder / "runs").glob(f"{name}-{PLACE}-seed*.json"))
    entries = [entry for file in files if (entry := read_entry(file)[0])]
    if not entries:
        raise CollapseError(f"There is no run of {name} here: the ledger is in the repository.")
    return [log_of(entry) for entry in entries]


def log_of(entry: Entry) -> Log:
    """The log of an entry of the ledger."""
    kl, mi = (tuple(entry.history[key]) for key in ("kl", "mi"))
    return Log(entry.label, weights(entry), kl, tuple(max(value, 0.0) for value in mi))


def weights(entry: Entry) -> tuple[tuple[float, float], ...]:
    """The weight of the KL at the beginning and at the end of each epoch.

    The ledger has the weight behind each epoch, with which the next one begins; a schedule that
    begins again has another one at the end of the epoch. Epochs of weight 0 at the head are those
    of pretraining, to which the schedule does not count.
    """
    recorded = entry.history["kl_weight"]
    before = next((n for n, weight in enumerate(recorded) if weight), len(recorded))
    schedule = RECIPES[entry.recipe].kl_weight
    charged = range(len(recorded) - before)
    return ((0.0, 0.0),) * before + tuple(
        (round(schedule(float(n)), 6), round(schedule(n + 1 - 1e-9), 6)) for n in charged
    )


def diagnosed(answer: Any, seed: int, scale: str) -> Verdict:
    """Hold a letter for each log against what its run shows."""
    found, given = logs(), letters(answer)
    if len(given) != len(found) or set(given) - set(SHOWS):
        raise CollapseError(
            f"The answer is a word of {len(found)} letters in quotes, from a, b, c and d; got "
            f"{shortly(answer)}."
        )
    off = [log.shows for log, letter in zip(found, given, strict=True) if log.shows != letter]
    if off:
        return Verdict(False, IDEAS[off[0]] if len(off) == 1 else HINT)
    return Verdict(True, f"The runs are {', '.join(log.label for log in found)}.")
