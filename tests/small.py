"""Small models and corpora that several tests share."""

import numpy as np
import pytest

from collapse.base.seeding import seeded
from collapse.data import Batch, Corpus, Documents, Vocabulary, make_batch
from collapse.parts import Sizes
from collapse.recipes import RECIPES
from collapse.system import System
from collapse.training.precision import has_bfloat16
from collapse.vae import VAE, init_uniform_

needs_bfloat16 = pytest.mark.skipif(
    not has_bfloat16("cpu"), reason="this processor has no LSTM in bfloat16"
)
SIZES = Sizes(vocabulary=12, embedding=5, hidden=6, latent=2)


def tiny_documents(n: int = 24, seed: int = 0, longest: int = 6, bos_eos: bool = True) -> Documents:
    """Random words, 1 to ``longest`` a document."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, longest + 1, n)
    rows = [rng.integers(4, 12, length) for length in lengths]
    return Documents.from_arrays(rows, bos_eos=bos_eos)


def batch_of(count: int = 7) -> Batch:
    """The first of these documents."""
    return make_batch(tiny_documents(), np.arange(count))


def tiny_corpus() -> Corpus:
    """A corpus of 24 / 10 / 10 documents over 8 words."""
    words = [f"w{i}" for i in range(8)]
    splits = [tiny_documents(n, seed) for seed, n in enumerate((24, 10, 10))]
    return Corpus("tiny", "light", Vocabulary(words), *splits, "made up", "none")


def tiny_system(
    name: str = "vae", sizes: Sizes = SIZES, spread: float = 0.5, seed: int = 0
) -> System:
    """A recipe's system with weights large enough that z matters; in evaluation mode."""
    with seeded(seed):
        system = RECIPES[name].build(sizes)
        init_uniform_(system, spread, spread)
    return system.eval()


def tiny_model(name: str = "vae", sizes: Sizes = SIZES, spread: float = 0.5, seed: int = 0) -> VAE:
    """The model of such a system."""
    return tiny_system(name, sizes, spread, seed).model
