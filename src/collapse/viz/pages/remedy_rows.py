"""What the ledger and the papers say of one remedy: a few rows of a table of chapter 8."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from IPython.display import Markdown

from collapse.base.results import results_folder
from collapse.ledger.claims.intervals import of_difference, of_mean
from collapse.ledger.entries import Entry, Ledger, read_ledger
from collapse.ledger.papers import load_papers
from collapse.viz.letters import with_minus, words
from collapse.viz.pages.ledger_pages import ENTRIES_FOLDER, entered
from collapse.viz.pages.side_by_side import PAPER_STYLES, TEXT_MEASURES, paper_cell, printed
from collapse.viz.pages.systems import SYSTEMS
from collapse.viz.style import STYLE

PAPERS_FILE = results_folder() / "papers.csv"
OURS = {"NLL": "nll", "KL": "kl_same", "MI": "mi"}  # NLL and KL of the same documents
Rows = dict[str, dict[str, str]]


def evidence(
    recipes: Sequence[str],
    systems: Sequence[str],
    corpus: str,
    dataset: str = "yahoo",
    *,
    ledger: Path = ENTRIES_FOLDER,
    papers: Path = PAPERS_FILE,
) -> Rows:
    """Rows of a table: our runs with their intervals, then what papers print.

    Args:
        recipes: ours. Each that has entries at the light scale of ``corpus`` has a row for it, and
            one for every place at medium or full scale at which the ledger has runs of the last
            one, which is the remedy.
        systems: labels of :data:`SYSTEMS`, whose numbers in the papers' main tables are added.
        corpus: of our light runs.
        dataset: of the papers' numbers.
        ledger: the folder of the entries.
        papers: the file of the papers' numbers.

    Returns:
        Name of the row -> heading -> text. Where the package is without the book's results, a
        row says so.
    """
    if not ledger.is_dir():
        return {"no ledger here": dict.fromkeys((*OURS, "runs"), "–")}
    ours = dict(our_rows(read_ledger(ledger), recipes, corpus))
    return ours | dict(printed_rows(systems, dataset, papers))


def our_rows(
    ledger: Ledger, recipes: Sequence[str], corpus: str
) -> Iterator[tuple[str, dict[str, str]]]:
    """The rows of all recipes at light scale on a corpus, then place by place at larger ones."""
    for recipe in recipes:
        if runs := ledger.at(corpus, "light", recipe):
            yield STYLE[recipe].label, row(runs)
    places = {e.place for e in ledger.entries if e.recipe in recipes[-1:]}
    for where, scale in sorted(place for place in places if place[1] not in ("light", "smoke")):
        for recipe in recipes:
            if runs := ledger.at(where, scale, recipe):
                yield f"{STYLE[recipe].label}: {where}, {scale}", row(runs)


def row(runs: Sequence[Entry]) -> dict[str, str]:
    """The mean of each measure with its 95 % interval over runs, and how many there are.

    A model without a code has no KL, not one of zero.
    """
    coded = [e.metrics for e in runs if "mi" in e.metrics]
    cells = {head: interval([each[key] for each in coded]) for head, key in OURS.items()}
    cells["NLL"] = interval([e.metrics["nll"] for e in runs])
    return cells | {"runs": str(len(runs))}


def interval(values: Sequence[float]) -> str:
    """A mean ± half of its 95 % interval, as "9.82 ± 0.02"; one value alone; a dash for none."""
    if not values:
        return "–"
    found = of_mean(values)
    if len(values) == 1:
        return f"{found.mean:z.2f}"
    return f"{found.mean:z.2f} ± {(found.high - found.low) / 2:.2f}"


def difference(values: Sequence[float], others: Sequence[float]) -> str:
    """A mean less another ± half of Welch's 95 % interval; a dash where there is no run of one.

    A single run has no interval, and the difference says so.
    """
    if not (values and others):
        return "–"
    found = of_difference(values, others)
    mean = with_minus(f"{found.mean:+z.2f}")
    if min(len(values), len(others)) < 2:
        return f"{mean} (one run)"
    return f"{mean} ± {(found.high - found.low) / 2:.2f}"


def direction(values: Sequence[float], others: Sequence[float]) -> str:
    """Where Welch's 95 % interval of a mean less another leaves zero out, "higher" or "lower"."""
    found = of_difference(values, others)
    return "higher" if found.above() else "lower" if found.below() else ""


def pairs_of(
    recipe: str, other: str, corpus: str, scale: str = "light", folder: Path = ENTRIES_FOLDER
) -> dict[str, tuple[list[float], list[float]]]:
    """NLL and information of the ledger's runs of two recipes: heading -> values of each."""
    found = entered([recipe, other], corpus, scale, folder)
    values = {
        head: [[run[key] for run in found.get(name, []) if key in run] for name in (recipe, other)]
        for head, key in (("NLL", "nll"), ("MI", "mi"))
    }
    return {head: (one, two) for head, (one, two) in values.items() if one and two}


def beside(
    recipe: str, other: str, corpus: str, scale: str = "light", folder: Path = ENTRIES_FOLDER
) -> str:
    """One recipe's runs less another's, as "NLL +0.12 ± 0.05, MI −0.02 ± 0.01"."""
    pairs = pairs_of(recipe, other, corpus, scale, folder)
    return ", ".join(f"{head} {difference(*pair)}" for head, pair in pairs.items()) or "–"


def ledger_answer(
    what: str, rows: Mapping[str, tuple[str, str, str]], folder: Path = ENTRIES_FOLDER
) -> Markdown:
    """What the ledger's light runs say to the question of a page, a line for its first screen.

    Args:
        what: is compared, in words.
        rows: where -> the recipe, the one that is subtracted, the corpus.
        folder: of the ledger.
    """
    said = "; ".join(
        f"{where}, {beside(recipe, other, corpus, folder=folder)}"
        for where, (recipe, other, corpus) in rows.items()
    )
    return words(
        f"**In the ledger**, {what} (light scale, nats, ± half of the 95 % interval over runs): "
        f"{said}."
    )


def verdict(
    rows: Mapping[str, tuple[str, str]], corpus: str, less: str, folder: Path = ENTRIES_FOLDER
) -> Markdown:
    """Which remedies have more information, and which a better likelihood: two sentences.

    Args:
        rows: what a remedy is called -> its recipe, and the one that is subtracted.
        corpus: of the runs, which are of the light scale.
        less: what is subtracted, in words.
        folder: of the ledger.
    """
    found: dict[str, dict[str, list[str]]] = {"MI": {}, "NLL": {}}
    counts = set[int]()
    for title, (recipe, other) in rows.items():
        for head, pair in pairs_of(recipe, other, corpus, folder=folder).items():
            where = direction(*pair)
            number = f" ({difference(*pair)})" if where else ""
            found[head].setdefault(where, []).append(f"{title}{number}")
            counts |= {len(pair[0])}
    told = {
        (head, where): "; ".join(titles.get(where, [])) or "none"
        for head, titles in found.items()
        for where in ("higher", "lower", "")
    }
    runs = "–".join(map(str, sorted({min(counts), max(counts)}))) if counts else "no"
    return words(
        f"**In the ledger** ({corpus}, light scale, {runs} runs each; less {less}, nats, ± half of "
        f"the 95 % interval) the information is higher with {told['MI', 'higher']}, lower with "
        f"{told['MI', 'lower']}, and undecided with {told['MI', '']}. The likelihood is better "
        f"(NLL lower) with {told['NLL', 'lower']}, worse with {told['NLL', 'higher']}, and "
        "undecided with the rest."
    )


def compared(
    rows: Mapping[str, tuple[str, str]], corpus: str, less: str, folder: Path = ENTRIES_FOLDER
) -> str:
    """Which differences at light scale have an interval without zero; all of them, folded.

    Args:
        rows: what a comparison is called -> the recipe, and the one that is subtracted.
        corpus: of the runs.
        less: what is subtracted, in words.
        folder: of the ledger.
    """
    apart: dict[str, list[str]] = {}
    for title, (recipe, other) in rows.items():
        for head, pair in pairs_of(recipe, other, corpus, folder=folder).items():
            if where := direction(*pair):
                apart.setdefault(f"{head} {where}", []).append(title)
    clear = ". ".join(f"*{what}:* {'; '.join(titles)}" for what, titles in sorted(apart.items()))
    all_of_them = "; ".join(
        f"{title}: {beside(recipe, other, corpus, folder=folder)}"
        for title, (recipe, other) in rows.items()
    )
    return (
        f"Less {less}, the 95 % interval (Welch) leaves zero out for: {clear or 'none'}. Of so "
        "many intervals one may miss zero by chance: those at the edge decide nothing.\n\n"
        f"<details><summary>All differences, less {less}</summary>\n\n"
        f"Nats, ± half of the 95 % interval. {all_of_them}.\n\n</details>"
    )


def after_epochs(
    recipe: str, corpus: str, epochs: int, folder: Path = ENTRIES_FOLDER
) -> list[float]:
    """The information that each run at light scale had in validation after so many epochs.

    With a pretrained encoder: what the pretraining of that length left.
    """
    if not folder.is_dir():
        return []
    runs = read_ledger(folder).at(corpus, "light", recipe)
    return [max(0.0, run.history["mi"][epochs - 1]) for run in runs]


def bounds(
    recipes: Sequence[str], corpus: str, folder: Path = ENTRIES_FOLDER
) -> dict[str, list[tuple[float, float]]]:
    """Rate and distortion of each run at light scale on all its test documents, in nats.

    A recipe without runs is left out; the negative ELBO of a run is the sum of its two.
    """
    found = entered(recipes, corpus, "light", folder)
    return {
        name: [(run["kl"], run["reconstruction"]) for run in found[name]]
        for name in recipes
        if found.get(name)
    }


def apart(pairs: Mapping[str, Sequence[tuple[float, float]]], base: str) -> dict[str, list[str]]:
    """Whose negative ELBO differs from another's, by Welch's 95 % interval of the difference.

    Args:
        pairs: rate and distortion of each run, by system.
        base: the system that is subtracted.

    Returns:
        "higher", "lower" and "" -> the systems of which that is so.
    """
    sums = {name: [rate + distortion for rate, distortion in of] for name, of in pairs.items()}
    found: dict[str, list[str]] = {"higher": [], "lower": [], "": []}
    for name in (each for each in sums if each != base):
        found[direction(sums[name], sums[base])].append(name)
    return found


def of_papers(systems: Sequence[str], dataset: str, papers: Path = PAPERS_FILE) -> Rows:
    """Rows of a table of what papers print; arguments as for :func:`evidence`."""
    if not papers.is_file():
        return {"no table of papers here": dict.fromkeys(OURS, "–")}
    return {
        name: {head: cells[head] for head in OURS}
        for name, cells in printed_rows(systems, dataset, papers)
    }


def printed_rows(
    systems: Sequence[str], dataset: str, papers: Path
) -> Iterator[tuple[str, dict[str, str]]]:
    """A row for each paper that prints one of the systems in its main table."""
    numbers = load_papers(papers)
    for each in (known for known in SYSTEMS if known.label in systems):
        for paper, variants in each.printed.items():
            for name, variant in variants:
                found = printed(numbers, dataset, paper, name, variant)
                if found.empty:
                    continue
                cells = {head: paper_cell(found, TEXT_MEASURES[head][0]) or "–" for head in OURS}
                which = f", {variant}" if variant and len(variants) > 1 else ""
                yield f"{PAPER_STYLES[paper][0]}: {each.label}{which}", cells | {"runs": "–"}
