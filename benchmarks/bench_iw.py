"""IW-NLL documents per second, beside one document at a time.

Run: ``python benchmarks/bench_iw.py [--quick]``. "5 x 100 samples" is the way of the code released
with He et al. (2019), ``nll_iw`` called with batch size 1: five times, encode the document, draw
100 samples, decode them together. "one sample" decodes each sample by itself; it is timed on a
few samples and scaled up.
"""

import math
from dataclasses import dataclass
from functools import partial

import numpy as np
import timing
import torch
from torch import Tensor
from torch.nn import functional as F

from collapse.base.seeding import seeded
from collapse.data import Batch, Documents, make_batch
from collapse.metrics.likelihood import iw_nll
from collapse.parts import Sizes
from collapse.recipes import RECIPES
from collapse.vae import VAE, init_uniform_

OURS, CHUNKS, SINGLE = "`iw_nll`", "one document, 5 x 100 samples", "one document, one sample"


@dataclass(frozen=True)
class Setting:
    """A model, documents of ``shortest`` to ``longest`` words, and how often to measure."""

    name: str
    sizes: Sizes
    shortest: int
    longest: int
    documents: int
    repetitions: int
    single: int  # samples on which the slowest way is timed
    samples: int = 500
    spread: float = 0.3  # of the initial weights


TOY = Setting("toy", Sizes(1004, 50, 50, 1), 10, 10, 64, 7, 50)
LIGHT = Setting("light text", Sizes(2000, 64, 64, 8), 3, 17, 64, 7, 50)
PAPERS = Setting("papers'", Sizes(20_000, 512, 1024, 32), 40, 80, 2, 2, 10, spread=0.05)
QUICK = Setting("quick", Sizes(30, 8, 8, 2), 3, 6, 6, 2, 10)


def setup(setting: Setting) -> tuple[VAE, Documents]:
    """A model whose z matters, and documents of random words."""
    rng = np.random.default_rng(0)
    lengths = rng.integers(setting.shortest, setting.longest + 1, setting.documents)
    documents = [rng.integers(4, setting.sizes.vocabulary, length) for length in lengths]
    with seeded(0):
        model = RECIPES["vae"].build(setting.sizes).eval().model
        init_uniform_(model, setting.spread, setting.spread)
    return model, Documents.from_arrays(documents)


@torch.no_grad()
def naive(model: VAE, documents: Documents, samples: int, chunk: int) -> Tensor:
    """IW-NLL document by document, ``chunk`` samples at a time."""
    values = []
    for number in range(len(documents)):
        batch = make_batch(documents, [number])
        weights = [log_weights(model, batch, chunk) for _ in range(samples // chunk)]
        values.append(math.log(samples) - torch.cat(weights).logsumexp(0))
    return torch.stack(values)


def log_weights(model: VAE, batch: Batch, count: int) -> Tensor:
    """log p(x|z) p(z) / q(z|x) of one document for ``count`` draws, every logit held."""
    decoder, q = model.decoder, model.encode(batch)
    z = q.sample(torch.Size([count]))[:, 0]  # (count, latent)
    words = decoder.embedding(batch.inputs).expand(count, -1, -1)
    beside = z.unsqueeze(1).expand(-1, words.shape[1], -1)
    states, _ = decoder.lstm(torch.cat([words, beside], -1), decoder.start(z))
    logits, targets = decoder.output(states), batch.targets.expand(count, -1)
    nats = F.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="none")
    likelihood = -nats.view(count, -1).sum(-1)
    return likelihood + (model.prior().log_prob(z) - q.log_prob(z)).sum(-1)


def measure(setting: Setting) -> timing.Rates:
    """Documents per second of the three ways."""
    model, documents = setup(setting)
    count = len(documents)

    def ours(repetition: int) -> float:
        iw_nll(model, documents, setting.samples, repetition + 1)
        return count

    def one_by_one(samples: int, chunk: int, repetition: int) -> float:
        naive(model, documents, samples, chunk)
        return count * samples / setting.samples

    ways = {
        CHUNKS: partial(one_by_one, setting.samples, setting.samples // 5),
        SINGLE: partial(one_by_one, setting.single, 1),
        OURS: ours,
    }
    return timing.alternate(ways, setting.repetitions)


def agreement(setting: Setting, runs: int = 4) -> tuple[float, float]:
    """Difference of the mean NLL by both ways in nats, and its standard error over ``runs``."""
    model, documents = setup(setting)
    pairs = []
    for seed in range(runs):
        with seeded(seed, 1):
            plain = naive(model, documents, setting.samples, setting.samples // 5)
        ours = iw_nll(model, documents, setting.samples, seed)
        pairs.append((ours - plain).mean().item())
    return float(np.mean(pairs)), float(np.std(pairs, ddof=1) / math.sqrt(runs))


def main(argv: list[str] | None = None) -> None:
    quick = timing.arguments(__doc__.splitlines()[0], argv).quick
    settings = [QUICK] if quick else [TOY, LIGHT, PAPERS]
    body = [row for s in settings for row in timing.rows(s.name, measure(s), CHUNKS)]
    timing.show("documents / s", body)
    for setting in settings[:2]:
        difference, error = agreement(setting)
        print(f"\n{setting.name}: ours - naive = {difference:+.4f} nats (s.e. {error:.4f})")


if __name__ == "__main__":
    main()
