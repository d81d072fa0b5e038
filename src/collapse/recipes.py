"""Every system of the book, one line each: which of the five places it changes, and how."""

from dataclasses import replace

from collapse.decoders import LSTMDecoder, SkipDecoder
from collapse.encoders import LSTMEncoder, NoEncoder
from collapse.objectives import Constant, Cyclical, FreeBits, Linear
from collapse.parts import Part
from collapse.pooling import AbsPool, AttentionPool, AveragePool, MaxPool
from collapse.posteriors import (
    BatchNormGaussian,
    DeltaGaussian,
    DiverseGaussian,
    NoLatent,
    VonMisesFisherPosterior,
)
from collapse.recipe import Recipe
from collapse.training import (
    Aggressive,
    Convergence,
    InnerBudget,
    Pretrained,
    SemiAmortised,
    SeparateRates,
)

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
    "ae": Recipe(kl_weight=Constant(0.0)),
    "free-bits-0.5": Recipe(free_bits=FreeBits(target=0.5)),
    "pool-avg": Recipe(features=Part(AveragePool)),
    "pool-avg-anneal": Recipe(features=Part(AveragePool), kl_weight=Linear(0.1, 10.0)),
    "pool-max": Recipe(features=Part(MaxPool)),
    "pool-max-anneal": Recipe(features=Part(MaxPool), kl_weight=Linear(0.1, 10.0)),
    "pool-abs": Recipe(features=Part(AbsPool)),
    "pool-abs-anneal": Recipe(features=Part(AbsPool), kl_weight=Linear(0.1, 10.0)),
    "pool-attention": Recipe(features=Part(AttentionPool)),
    "pool-attention-anneal": Recipe(features=Part(AttentionPool), kl_weight=Linear(0.1, 10.0)),
    **{
        f"free-bits-{target:.0f}": Recipe(free_bits=FreeBits(target=target))
        for target in (4.0, 5.0, 6.0, 7.0, 8.0, 9.0)
    },
    **{
        f"delta-vae-{delta}": Recipe(posterior=Part(DeltaGaussian, delta=delta))
        for delta in (0.1, 0.15, 0.2, 0.25)
    },
    "du-vae": Recipe(
        posterior=Part(DiverseGaussian, gamma=0.6, drop=0.2), kl_weight=Linear(epochs=10.0)
    ),
    **{
        f"vmf-vae-{kappa:.0f}": Recipe(posterior=Part(VonMisesFisherPosterior, concentration=kappa))
        for kappa in (13.0, 16.0, 20.0, 23.0, 25.0, 30.0)
    },
    "skip-vae": Recipe(decoder=Part(SkipDecoder)),
    "skip-vae-anneal": Recipe(decoder=Part(SkipDecoder), kl_weight=Linear(start=0.1, epochs=10.0)),
    "word-dropout": Recipe(decoder=Part(LSTMDecoder, word_dropout=0.5)),
    # Zhu et al. (2020): γ fixed. ε = 1e-5 is PyTorch's, and that of the paper's code.
    **{
        f"bn-vae-{gamma}": Recipe(posterior=Part(BatchNormGaussian, gamma=gamma))
        for gamma in (0.0, 0.3, 0.4, 0.5, 0.6, 0.7, 1.0, 1.5)
    },
    **{
        f"bn-vae-{gamma}-anneal": Recipe(
            posterior=Part(BatchNormGaussian, gamma=gamma), kl_weight=Linear(epochs=10.0)
        )
        for gamma in (0.3, 0.4, 0.5, 0.6, 0.7)
    },
    "bn-vae-0.7-eps-1e-12": Recipe(posterior=Part(BatchNormGaussian, gamma=0.7, eps=1e-12)),
    "bn-vae-learned": Recipe(posterior=Part(BatchNormGaussian, gamma=0.7, learn_gamma=True)),
    "bn-vae-shift": Recipe(
        posterior=Part(BatchNormGaussian, gamma=0.0, beta=0.7, learn_beta=False)
    ),
    "bn-vae-0.6-released": Recipe(  # as the paper's code is: the encoder starts as PyTorch has it
        encoder=Part(LSTMEncoder, own_start=True),
        posterior=Part(BatchNormGaussian, gamma=0.6, own_start=True),
        kl_weight=Linear(epochs=10.0),
    ),
    "pretrained-cyclical": Recipe(kl_weight=Cyclical(period=5.0), strategy=Pretrained()),
    **{
        f"pretrained-free-bits-{target:.0f}": Recipe(
            free_bits=FreeBits(target), kl_weight=Linear(epochs=10.0), strategy=Pretrained()
        )
        for target in (2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0)
    },
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

# An encoder pretrained as an autoencoder's, then the system on which it stands, annealed.
RECIPES |= {
    f"pretrained-{name}": replace(
        RECIPES[name], kl_weight=Linear(epochs=10.0), strategy=Pretrained()
    )
    for name in ("delta-vae-0.15", "vmf-vae-13", "bn-vae-0.6", "bn-vae-0.7")
}
