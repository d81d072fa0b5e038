"""Every system of the book, one line each: which of the five places it changes, and how."""

from collapse.decoders import LSTMDecoder
from collapse.encoders import NoEncoder
from collapse.objectives import Constant, Cyclical, FreeBits, Linear
from collapse.parts import Part
from collapse.posteriors import NoLatent
from collapse.recipe import Recipe
from collapse.training import Aggressive, Convergence, InnerBudget, SemiAmortised, SeparateRates

RECIPES: dict[str, Recipe] = {
    "lm": Recipe(encoder=Part(NoEncoder), posterior=Part(NoLatent)),
    "vae": Recipe(),
    "vae-anneal": Recipe(kl_weight=Linear(start=0.1, epochs=10.0)),
    "vae-anneal-0": Recipe(kl_weight=Linear(start=0.0, epochs=10.0)),
    "vae-cyclical": Recipe(kl_weight=Cyclical(period=5.0)),
    "beta-vae-0.8": Recipe(kl_weight=Constant(0.8)),
    "beta-vae-0.6": Recipe(kl_weight=Constant(0.6)),
    "beta-vae-0.4": Recipe(kl_weight=Constant(0.4)),
    "beta-vae-0.2": Recipe(kl_weight=Constant(0.2)),
    "free-bits-0.5": Recipe(free_bits=FreeBits(target=0.5)),
    "free-bits-4": Recipe(free_bits=FreeBits(target=4.0)),
    "word-dropout": Recipe(decoder=Part(LSTMDecoder, word_dropout=0.5)),
    # Place 5. "short" is Algorithm 1 cut to a size for a CPU.
    "agg-vae": Recipe(strategy=Aggressive()),
    "agg-vae-anneal": Recipe(strategy=Aggressive(), kl_weight=Linear(start=0.1, epochs=10.0)),
    "agg-vae-short": Recipe(strategy=Aggressive(Convergence(cap=30), max_epochs=4)),
    "agg-vae-inner-10": Recipe(strategy=Aggressive(InnerBudget(10))),
    "agg-vae-inner-30": Recipe(strategy=Aggressive(InnerBudget(30))),
    "agg-vae-inner-50": Recipe(strategy=Aggressive(InnerBudget(50))),
    "agg-vae-inner-70": Recipe(strategy=Aggressive(InnerBudget(70))),
    "sa-vae": Recipe(strategy=SemiAmortised()),
    "sa-vae-anneal": Recipe(strategy=SemiAmortised(), kl_weight=Linear(start=0.1, epochs=10.0)),
    "vae-encoder-2x": Recipe(strategy=SeparateRates(encoder=2.0)),
    "vae-encoder-4x": Recipe(strategy=SeparateRates(encoder=4.0)),
    "vae-encoder-6x": Recipe(strategy=SeparateRates(encoder=6.0)),
    # He et al. (2019), Table 9: 30k to 120k steps of 32 documents, in epochs of 100,000 documents.
    "vae-anneal-30k": Recipe(kl_weight=Linear(start=0.0, epochs=9.6)),
    "vae-anneal-50k": Recipe(kl_weight=Linear(start=0.0, epochs=16.0)),
    "vae-anneal-100k": Recipe(kl_weight=Linear(start=0.0, epochs=32.0)),
    "vae-anneal-120k": Recipe(kl_weight=Linear(start=0.0, epochs=38.4)),
}
