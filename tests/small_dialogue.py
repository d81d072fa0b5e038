"""Small exchanges and conditional models that several tests share."""

import numpy as np
from small import tiny_system

from collapse.cvae import CVAE
from collapse.data import Corpus, Documents, Exchanges, Vocabulary
from collapse.parts import Sizes
from collapse.system import System

DIALOGUE_SIZES = Sizes(vocabulary=12, embedding=5, hidden=8, latent=2)


def tiny_exchanges(n: int = 24, seed: int = 0) -> Exchanges:
    """Replies of 1 to 6 words to windows of 1 to 3 out of ten utterances of 1 to 4 words."""
    rng = np.random.default_rng(seed)
    replies = [rng.integers(4, 12, rng.integers(1, 7)) for _ in range(n)]
    utterances = [rng.integers(4, 12, rng.integers(1, 5)) for _ in range(10)]
    ends = rng.integers(3, 11, n)
    return Exchanges(
        **vars(Documents.from_arrays(replies)),
        utterances=Documents.from_arrays(utterances, bos_eos=False),
        speakers=np.arange(10) % 2,
        windows=np.stack([ends - rng.integers(1, 4, n), ends], 1),
        repliers=rng.integers(0, 2, n),
    )


def tiny_dialogue() -> Corpus:
    """A corpus of 24 / 10 / 10 exchanges over 8 words."""
    splits = [tiny_exchanges(n, seed) for seed, n in enumerate((24, 10, 10))]
    words = Vocabulary([f"w{i}" for i in range(8)])
    return Corpus("tiny", "light", words, *splits, "made up", "none")


def tiny_dialogue_system(name: str = "cvae", spread: float = 0.5, seed: int = 0) -> System:
    """A recipe's system with weights large enough that z and context matter, for evaluation."""
    return tiny_system(name, DIALOGUE_SIZES, spread, seed)


def tiny_cvae(name: str = "cvae", spread: float = 0.5, seed: int = 0) -> CVAE:
    """The model of such a system."""
    return tiny_dialogue_system(name, spread, seed).model
