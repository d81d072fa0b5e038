"""Randomness that depends on named numbers only, never on what ran before."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch


@contextmanager
def seeded(*numbers: int) -> Iterator[None]:
    """Torch's generators seeded by ``numbers`` inside the block, as they were after it.

    The numbers are mixed by numpy's seed sequence, so that (1, 0) and (0, 1) are unrelated.
    """
    seed = int(np.random.SeedSequence(numbers).generate_state(1, np.uint64)[0] >> 1)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        yield
