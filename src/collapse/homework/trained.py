"""What a check reads of a finished training."""

import math
from collections.abc import Mapping
from typing import Any

from collapse.base.errors import CollapseError


def measured(summary: Mapping[str, Any], *names: str) -> list[float]:
    """Numbers of a training, by their names in its summary.

    Raises:
        CollapseError: where one is no finite number; neither above nor below a limit, it would be
            judged by chance.
    """
    found = [float(summary[name]) for name in names]
    for name, value in zip(names, found, strict=True):
        if not math.isfinite(value):
            raise CollapseError(
                f"After this training the {name} is {value}, by which nothing can be judged: the "
                "training went astray. Try a smaller learning rate, or change less."
            )
    return found
