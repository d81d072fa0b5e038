"""Every system of the book, one line each: which of the five places it changes, and how."""

from dataclasses import replace

from collapse.annealing import BETAS, HE, HE_SHORT, LI, ZHAO
from collapse.decoders import ConvolutionalDecoder, Decoder, LSTMDecoder, SkipDecoder
from collapse.decoders.convolutional import MEDIUM, SMALL
from collapse.encoders import LSTMEncoder, NoEncoder
from collapse.images.systems import IMAGES
from collapse.objectives import (
    BagOfWords,
    Constant,
    Cyclical,
    DualKL,
    FreeBits,
    GenerationKL,
    Linear,
    MAERegulariser,
    UnscaledKL,
    WassersteinRegulariser,
)
from collapse.parts import Part
from collapse.pooling import AbsPool, AttentionPool, AveragePool, MaxPool
from collapse.posteriors import (
    BatchNormGaussian,
    ConditionalGaussian,
    DeltaGaussian,
    DiverseGaussian,
    FlowGaussian,
    ImplicitPosterior,
    NoLatent,
    ScaledGaussian,
    VonMisesFisherPosterior,
)
from collapse.recipe import ConditionalRecipe, Recipe
from collapse.training import (
    Aggressive,
    Convergence,
    CriticSteps,
    InnerBudget,
    Pretrained,
    SemiAmortised,
    SeparateRates,
    VarianceDropout,
)

# des_std and f_epo of Song et al. (2024), Tables 1 and 3; those with 5 epochs are for a CPU.
SCALE_VAE = (
    *((0.3, 1), (0.5, 1), (0.7, 1), (0.7, 3), (0.7, 5), (0.7, 7), (0.9, 1), (0.9, 7)),
    *((1.1, 1), (1.1, 7), (1.3, 3), (1.5, 7), (1.0, 5), (1.1, 5)),
)

RECIPES: dict[str, Recipe] = {
    "lm": Recipe(encoder=Part(NoEncoder), posterior=Part(NoLatent)),
    "vae": Recipe(),
}

PLACE_1 = {  # the features (Long et al. 2019)
    "pool-avg": Recipe(features=Part(AveragePool)),
    "pool-max": Recipe(features=Part(MaxPool)),
    "pool-abs": Recipe(features=Part(AbsPool)),
    "pool-attention": Recipe(features=Part(AttentionPool)),
}

PLACE_2 = {  # the posterior
    **{
        f"bn-vae-{gamma}": Recipe(posterior=Part(BatchNormGaussian, gamma=gamma))
        for gamma in (0.0, 0.3, 0.4, 0.5, 0.6, 0.7, 1.0, 1.5)
    },
    **{
        f"bn-vae-{gamma}-anneal": Recipe(
            posterior=Part(BatchNormGaussian, gamma=gamma), kl_weight=LI
        )
        for gamma in (0.3, 0.4, 0.5, 0.6, 0.7)
    },
    "bn-vae-0.7-eps-1e-12": Recipe(posterior=Part(BatchNormGaussian, gamma=0.7, eps=1e-12)),
    "bn-vae-learned": Recipe(posterior=Part(BatchNormGaussian, gamma=0.7, learn_gamma=True)),
    "bn-vae-shift": Recipe(
        posterior=Part(BatchNormGaussian, gamma=0.0, beta=0.7, learn_beta=False)
    ),
    "bn-vae-0.6-released": Recipe(  # as the paper's code is: the encoder starts as PyTorch has it
        encoder=Part(LSTMEncoder, keep_init=True),
        posterior=Part(BatchNormGaussian, gamma=0.6, keep_init=True),
        kl_weight=LI,
    ),
    **{
        f"delta-vae-{delta}": Recipe(posterior=Part(DeltaGaussian, delta=delta))
        for delta in (0.1, 0.15, 0.2, 0.25)
    },
    **{  # Song et al. (2024), Table 1: (0.6, 0.8) on Yahoo, (0.5, 0.8) on Yelp
        name: Recipe(
            posterior=Part(DiverseGaussian, gamma=gamma),
            kl_weight=LI,
            strategy=VarianceDropout(0.2),
        )
        for name, gamma in (("du-vae", 0.6), ("du-vae-0.5", 0.5))
    },
    "du-vae-0.7-eps-1e-12": Recipe(  # for a CPU: not annealed
        posterior=Part(DiverseGaussian, gamma=0.7, eps=1e-12), strategy=VarianceDropout(0.2)
    ),
    **{
        f"vmf-vae-{kappa:.0f}": Recipe(posterior=Part(VonMisesFisherPosterior, concentration=kappa))
        for kappa in (8.0, 13.0, 16.0, 20.0, 23.0, 25.0, 30.0)
    },
    **{  # with the charge of the paper's Eq. 7; the rows of Tables 1 and 3, and two for a CPU
        f"scale-vae-{std}-{f_epo}-anneal": Recipe(
            posterior=Part(ScaledGaussian, des_std=std, f_epo=f_epo),
            regulariser=Part(UnscaledKL),
            kl_weight=LI,
        )
        for std, f_epo in SCALE_VAE
    },
    **{  # the same means, charged so that the objective is a bound
        f"scale-vae-valid-{std}-{f_epo}-anneal": Recipe(
            posterior=Part(ScaledGaussian, des_std=std, f_epo=f_epo),
            regulariser=Part(GenerationKL),
            kl_weight=LI,
        )
        for std, f_epo in SCALE_VAE
    },
}

PLACE_3 = {  # the objective
    "vae-anneal": Recipe(kl_weight=HE),
    "vae-anneal-0": Recipe(kl_weight=LI),
    # He et al. (2019), Table 9: 30k to 120k steps of 32 documents, in epochs of 100,000 documents.
    "vae-anneal-30k": Recipe(kl_weight=Linear(start=0.0, epochs=9.6)),
    "vae-anneal-50k": Recipe(kl_weight=Linear(start=0.0, epochs=16.0)),
    "vae-anneal-100k": Recipe(kl_weight=Linear(start=0.0, epochs=32.0)),
    "vae-anneal-120k": Recipe(kl_weight=Linear(start=0.0, epochs=38.4)),
    "vae-cyclical": Recipe(kl_weight=Cyclical(period=5.0)),
    "vae-cyclical-2": Recipe(kl_weight=Cyclical(period=2.0)),  # for four epochs on a CPU
    **{f"beta-vae-{beta}": Recipe(kl_weight=Constant(beta)) for beta in BETAS},
    "ae": Recipe(kl_weight=Constant(0.0)),
    **{
        f"free-bits-{target:g}": Recipe(free_bits=FreeBits(target))
        for target in (0.5, 2.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0)
    },
    # Song et al. (2024): 0.1 nat of each of 32 dimensions.
    "free-bits-3.2-anneal-0": Recipe(free_bits=FreeBits(3.2), kl_weight=LI),
    **{
        name: Recipe(
            posterior=Part(ImplicitPosterior),
            regulariser=Part(DualKL, charge=charge),
            kl_weight=HE,
            strategy=CriticSteps(),
        )
        for name, charge in (("ivae", "conditional"), ("ivae-mi", "marginal"))
    },
    "wae-rnf": Recipe(posterior=Part(FlowGaussian), regulariser=Part(WassersteinRegulariser)),
    **{
        f"mae-{eta:g}": Recipe(regulariser=Part(MAERegulariser, eta=eta, gamma=0.2))
        for eta in (1.0, 2.0)
    },
}

# Yang et al. (2017): filters of 3 words, dilations by size. The shorter fields, in words, are ours,
# for documents of a dozen words, by kernel and dilations; none is deeper than the small one.
CNN_SIZES = {"small": SMALL, "medium": MEDIUM, "large": 2 * MEDIUM, "very-large": 3 * MEDIUM}
CNN_FIELDS = {1: (1, (1, 1, 1)), 2: (2, (1,)), 4: (2, (1, 1, 1)), 8: (2, SMALL)}
CNN: dict[str, Part[Decoder]] = {
    **{
        size: Part(ConvolutionalDecoder, dilations=dilations)
        for size, dilations in CNN_SIZES.items()
    },
    **{
        f"field-{words}": Part(ConvolutionalDecoder, kernel=kernel, dilations=dilations)
        for words, (kernel, dilations) in CNN_FIELDS.items()
    },
}

PLACE_4 = {  # the decoder
    "word-dropout": Recipe(decoder=Part(LSTMDecoder, word_dropout=0.5)),
    "skip-vae": Recipe(decoder=Part(SkipDecoder)),
    **{f"cnn-vae-{size}": Recipe(decoder=part) for size, part in CNN.items()},
    **{f"cnn-lm-{size}": replace(RECIPES["lm"], decoder=part) for size, part in CNN.items()},
}

PLACE_5 = {  # the strategy; "short" is Algorithm 1 of He et al. (2019) cut to a size for a CPU
    "agg-vae": Recipe(strategy=Aggressive()),
    "agg-vae-short": Recipe(strategy=Aggressive(Convergence(cap=30), max_epochs=4)),
    **{
        f"agg-vae-inner-{steps}": Recipe(strategy=Aggressive(InnerBudget(steps)))
        for steps in (10, 30, 50, 70)
    },
    "sa-vae": Recipe(strategy=SemiAmortised()),
    **{
        f"vae-encoder-{factor:.0f}x": Recipe(strategy=SeparateRates(encoder=factor))
        for factor in (2.0, 4.0, 6.0, 8.0, 10.0, 30.0, 50.0)
    },
    "pretrained-cyclical": Recipe(kl_weight=Cyclical(period=5.0), strategy=Pretrained()),
    **{
        f"pretrained-free-bits-{target:.0f}": Recipe(
            free_bits=FreeBits(target), kl_weight=LI, strategy=Pretrained()
        )
        for target in (2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0)
    },
}

RECIPES |= PLACE_1 | PLACE_2 | PLACE_3 | PLACE_4 | PLACE_5

RECIPES |= {  # the rows of Song et al. (2024), Table 1, without annealing
    f"scale-vae-{std}-{f_epo}": replace(
        RECIPES[f"scale-vae-{std}-{f_epo}-anneal"], kl_weight=Constant(1.0)
    )
    for std, f_epo in ((0.7, 1), (1.1, 7))
}

# Dialogue (Zhu et al. 2020, section 4), with a learned prior p(z|x).
DIALOGUE = {
    "cvae": ConditionalRecipe(),
    "cvae-bow": ConditionalRecipe(bow=Part(BagOfWords)),
    "bn-cvae": ConditionalRecipe(posterior=Part(ConditionalGaussian, gamma=1.0), prior_kl=True),
    "bn-cvae-1.5": ConditionalRecipe(posterior=Part(ConditionalGaussian, gamma=1.5), prior_kl=True),
    "bn-cvae-eps-1e-5": ConditionalRecipe(
        posterior=Part(ConditionalGaussian, gamma=1.0, eps=1e-5), prior_kl=True
    ),
    "bn-cvae-reply": ConditionalRecipe(  # q sees the reply alone
        posterior=Part(ConditionalGaussian, gamma=1.0, condition_on_context=False), prior_kl=True
    ),
    "bn-cvae-untied": ConditionalRecipe(posterior=Part(ConditionalGaussian, gamma=1.0)),
    "bn-cvae-both": ConditionalRecipe(  # footnote 1: two normalisations instead of the second KL
        posterior=Part(ConditionalGaussian, gamma=1.0, prior_gamma=0.5)
    ),
    "cvae-tied": ConditionalRecipe(prior_kl=True),
}
RECIPES |= DIALOGUE
RECIPES |= {
    f"{name}{ending}": replace(DIALOGUE[name], kl_weight=weight)
    for names, ending, weight in (
        (("cvae", "cvae-bow"), "-anneal", ZHAO),
        (("cvae", "cvae-bow", "bn-cvae"), "-anneal-10", LI),  # for the few generated ones
    )
    for name in names
}

# The same systems, annealed.
RECIPES |= {
    f"{name}-anneal": replace(RECIPES[name], kl_weight=HE)
    for name in (*PLACE_1, "word-dropout", "skip-vae", "agg-vae", "sa-vae")
}
RECIPES |= {  # Yang et al. (2017) anneal, too
    f"cnn-vae-{size}-anneal": replace(RECIPES[f"cnn-vae-{size}"], kl_weight=HE)
    for size in CNN_SIZES
}

RECIPES |= {  # as Song et al. (2024) have them, Table 1
    f"{name}-anneal-0": replace(RECIPES[name], kl_weight=LI)
    for name in ("bn-vae-shift", "delta-vae-0.1")
}

RECIPES |= {
    f"{name}-anneal-2": replace(RECIPES[name], kl_weight=HE_SHORT)
    for name in ("vae", *PLACE_1, "cnn-vae-small", *(f"cnn-vae-field-{n}" for n in CNN_FIELDS))
}

# Both remedies at once: features that reach every word, and an encoder that keeps up.
RECIPES["pool-max-agg-short"] = replace(
    PLACE_1["pool-max"], strategy=PLACE_5["agg-vae-short"].strategy
)

# The same features where any code is cheap.
RECIPES |= {f"{name}-beta-0.2": replace(PLACE_1[name], kl_weight=Constant(0.2)) for name in PLACE_1}

# An encoder pretrained as an autoencoder's, then the system on which it stands, annealed.
RECIPES |= {
    f"pretrained-{name}": replace(RECIPES[name], kl_weight=LI, strategy=Pretrained())
    for name in ("delta-vae-0.15", "vmf-vae-13", "bn-vae-0.6", "bn-vae-0.7", "cnn-vae-large")
}

RECIPES |= {  # for a CPU: two epochs ahead, about two nats in eight dimensions, not annealed
    f"pretrained-{name.removeprefix('vae-')}-short": replace(
        RECIPES[name], strategy=Pretrained(epochs=2)
    )
    for name in (
        "vae",
        "vae-cyclical",
        "vae-cyclical-2",
        "free-bits-2",
        "delta-vae-0.25",
        "vmf-vae-8",
        "bn-vae-0.7-eps-1e-12",
    )
}

RECIPES |= IMAGES
