"""The parameters of a chapter: a wrong name or value stops the notebook with a sentence.

papermill only warns about a parameter that the notebook does not have, and then runs for hours
with the default. So each chapter checks: the values against the tables, and the names against the
cell that papermill injects.
"""

import ast
from collections.abc import Collection, Sequence

from IPython import get_ipython

from collapse import data
from collapse.base.errors import DataError, UnknownNameError, check_name_in, unknown
from collapse.data.arrays import SPLITS
from collapse.runs.checks import check_seed
from collapse.runs.settings import SCALES

INJECTED = "# Parameters\n"  # the first line of the cell that papermill adds


def check_parameters(
    *,
    corpus: data.AnyCorpus,
    scale: str,
    seed: int,
    corpora: Collection[str] | None = None,
    scales: Collection[str] | None = None,
    **more: object,
) -> None:
    """Check a chapter's parameters, all of which are passed by name.

    Args:
        corpus: a corpus, "auto", or a path to texts of your own. One of your own will do where the
            chapter can do any, and, if it has labels, where it can do ``data.LABELLED``.
        scale: a name from ``SCALES``.
        seed: 0 or more.
        corpora: those that the chapter can do, where it cannot do all.
        scales: likewise.
        more: further parameters of this chapter; only their names are checked.

    Raises:
        UnknownNameError: for an unknown corpus, scale or parameter, or one that the chapter cannot
            do, naming the valid ones.
        DataError: for a path that cannot be read, or texts of your own that are too few, or without
            the labels that are needed.
        RunError: for a seed that is not a whole number of at least 0.
    """
    check_names(["corpus", "scale", "seed", *more])
    corpus = data.resolve(corpus)
    check_name_in(SCALES, scale, "scale")
    if isinstance(corpus, data.OwnCorpus) and corpora == data.LABELLED:
        check_labels(corpus)
        corpora = None
    if isinstance(corpus, data.OwnCorpus) and corpora is None:
        check_size(corpus)
    for name, valid, what in ((str(corpus), corpora, "corpus"), (scale, scales, "scale")):
        if valid is not None and name not in valid:
            raise UnknownNameError(
                f"This chapter cannot be done with the {what} {name!r}. Valid: {', '.join(valid)}."
            )
    check_seed(seed)


def check_labels(own: data.OwnCorpus) -> None:
    """Refuse texts of one's own that have no labels.

    Raises:
        DataError: saying how to give them some.
    """
    if not own.counts.labelled:
        raise DataError(
            f"This chapter reads the labels of documents; the corpus {str(own)!r} has none. Give "
            "them in a column called 'label' of a .csv or .jsonl, or as labels= of "
            f"Corpus.from_texts. Or take one of: {', '.join(data.LABELLED)}."
        )


def check_size(own: data.OwnCorpus) -> None:
    """Refuse texts of one's own that are fewer than any corpus of the package has.

    Raises:
        DataError: naming the split, and how many documents it needs.
    """
    least = own.most("smoke")[:3]
    for split, had, needed in zip(SPLITS, own.counts.documents, least, strict=True):
        if had < needed:
            raise DataError(
                f"This chapter looks at more documents than the corpus {str(own)!r} has: {had} in "
                f"{split} are fewer than {needed}. Give {' / '.join(map(str, least))} in "
                f"{' / '.join(SPLITS)}, or {10 * max(least[1:]):,} in one file. For single runs "
                "these are enough: python -m collapse run --help"
            )


def check_names(declared: Sequence[str]) -> None:
    """Stop if papermill injected a name that the chapter does not declare."""
    shell = get_ipython()
    cells = shell.user_ns.get("In", []) if shell else []
    injected = [cell for cell in cells if cell.startswith(INJECTED)]
    for name in (name for cell in injected for name in assigned_names(cell)):
        if name not in declared:
            raise UnknownNameError(unknown(name, declared, "parameter"))


def assigned_names(cell: str) -> list[str]:
    """The names that a cell assigns to, in order."""
    statements = [s for s in ast.parse(cell).body if isinstance(s, ast.Assign)]
    return [t.id for s in statements for t in s.targets if isinstance(t, ast.Name)]
