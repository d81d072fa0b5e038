"""Every system of the book, one line each: which of the five places it changes, and how."""

from collapse.decoders import LSTMDecoder
from collapse.encoders import NoEncoder
from collapse.objectives import Constant, Cyclical, FreeBits, Linear
from collapse.parts import Part
from collapse.pooling import AbsPool, AttentionPool, AveragePool, MaxPool
from collapse.posteriors import BatchNormGaussian, NoLatent
from collapse.recipe import Recipe

RECIPES: dict[str, Recipe] = {
    "lm": Recipe(encoder=Part(NoEncoder), posterior=Part(NoLatent)),
    "vae": Recipe(),
    "vae-anneal": Recipe(kl_weight=Linear(start=0.1, epochs=10.0)),
    "vae-cyclical": Recipe(kl_weight=Cyclical(period=5.0)),
    "beta-vae-0.4": Recipe(kl_weight=Constant(0.4)),
    "beta-vae-0.2": Recipe(kl_weight=Constant(0.2)),
    "free-bits-0.5": Recipe(free_bits=FreeBits(target=0.5)),
    "free-bits-4": Recipe(free_bits=FreeBits(target=4.0)),
    "pool-avg": Recipe(features=Part(AveragePool)),
    "pool-avg-anneal": Recipe(features=Part(AveragePool), kl_weight=Linear(0.1, 10.0)),
    "pool-max": Recipe(features=Part(MaxPool)),
    "pool-max-anneal": Recipe(features=Part(MaxPool), kl_weight=Linear(0.1, 10.0)),
    "pool-abs": Recipe(features=Part(AbsPool)),
    "pool-abs-anneal": Recipe(features=Part(AbsPool), kl_weight=Linear(0.1, 10.0)),
    "pool-attention": Recipe(features=Part(AttentionPool)),
    "pool-attention-anneal": Recipe(features=Part(AttentionPool), kl_weight=Linear(0.1, 10.0)),
    "word-dropout": Recipe(decoder=Part(LSTMDecoder, word_dropout=0.5)),
    **{
        f"bn-vae-{gamma}": Recipe(posterior=Part(BatchNormGaussian, gamma=gamma))
        for gamma in (0.3, 0.4, 0.5, 0.6, 0.7, 1.0)
    },
    **{
        f"bn-vae-{gamma}-anneal": Recipe(
            posterior=Part(BatchNormGaussian, gamma=gamma), kl_weight=Linear(epochs=10.0)
        )
        for gamma in (0.3, 0.4, 0.5, 0.6, 0.7)
    },
}
