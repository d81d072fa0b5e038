"""What models wrote that take too long to train for a page: kept with the results of the book."""

import json
from pathlib import Path
from typing import Any

IN_A_CHAPTER = Path("results/written")


def written(name: str, folder: Path = IN_A_CHAPTER) -> dict[str, Any] | None:
    """Sentences that a model was given and what it wrote of each, with how it was made.

    Args:
        name: of the file, such as "yelp-sentiment-medium".
        folder: of these files. Where there is none, as in Colab, there is nothing to show: None.
    """
    file = folder / f"{name}.json"
    return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else None
