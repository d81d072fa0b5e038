"""Where the book's results are: the ledger, the claims, and what the pages keep."""

import sysconfig
from pathlib import Path

__all__ = ["results_folder"]


def results_folder(brought: Path | None = None) -> Path:
    """``results`` beside the notebooks; where there is none, as in Colab, the package's copy.

    Args:
        brought: the copy; by default where an installed package has put it.
    """
    here = Path("results")
    data = Path(sysconfig.get_path("data"))
    copy = brought or data / "share" / "posterior-collapse" / "results"
    return copy if copy.is_dir() and not here.is_dir() else here
