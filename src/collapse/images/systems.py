"""Every system on pictures (He et al. 2019, Tables 2, 3, 6 to 9), one line each."""

from dataclasses import replace

from collapse.annealing import BETAS, HE, HE_SHORT
from collapse.images.patient import PatientAggressive
from collapse.images.pixelcnn import PixelCNN
from collapse.images.priors import FlowPrior, VampPrior
from collapse.images.recipe import ImageRecipe
from collapse.images.resnet import NoImageEncoder
from collapse.objectives import Constant, Linear
from collapse.parts import Part
from collapse.posteriors import NoLatent
from collapse.recipe import Recipe
from collapse.training import Convergence, SemiAmortised

STEPS_OF_OMNIGLOT = 447  # batches of 50 in an epoch
IMAGES: dict[str, Recipe] = {
    "pixelcnn": ImageRecipe(encoder=Part(NoImageEncoder), posterior=Part(NoLatent)),
    "image-vae": ImageRecipe(),
    **{f"image-beta-vae-{beta}": ImageRecipe(kl_weight=Constant(beta)) for beta in BETAS},
    "image-sa-vae": ImageRecipe(strategy=SemiAmortised()),
    "image-agg-vae": ImageRecipe(strategy=PatientAggressive()),
    "image-agg-vae-short": ImageRecipe(  # cut to a size for a CPU
        strategy=PatientAggressive(Convergence(cap=30), max_epochs=4)
    ),
    # z added inside every layer, as van den Oord et al. (2016) condition a PixelCNN
    "image-vae-layers": ImageRecipe(decoder=Part(PixelCNN, entrance="layers")),
    # Table 9: 30k to 120k steps from 0
    **{
        f"image-vae-anneal-{thousands}k": ImageRecipe(
            kl_weight=Linear(start=0.0, epochs=round(1000 * thousands / STEPS_OF_OMNIGLOT, 1))
        )
        for thousands in (30, 50, 100, 120)
    },
    # The reports of others that He et al. print above their own: a decoder that sees little and a
    # flow before z (Chen et al. 2017); a mixture of posteriors as the prior (Tomczak & Welling
    # 2018), with 500 components, the default of its code, and with 50 for a CPU.
    "image-vlae": ImageRecipe(decoder=Part(PixelCNN, kernels=(3,) * 6), prior=Part(FlowPrior)),
    "image-vamp": ImageRecipe(prior=Part(VampPrior)),
    "image-vamp-50": ImageRecipe(prior=Part(VampPrior, components=50)),
    # The dial of chapter 9: how many layers of 3 x 3 the decoder has, and so how far it sees.
    **{
        name: replace(recipe, decoder=Part(PixelCNN, kernels=(3,) * layers))
        for layers in (1, 2, 4, 6, 8)
        for name, recipe in (
            (f"image-vae-sees-{layers}", ImageRecipe()),
            (
                f"pixelcnn-sees-{layers}",
                ImageRecipe(encoder=Part(NoImageEncoder), posterior=Part(NoLatent)),
            ),
        )
    },
}
IMAGES |= {
    f"{name}-anneal": replace(IMAGES[name], kl_weight=HE)
    for name in ("image-vae", "image-sa-vae", "image-agg-vae")
}
IMAGES["image-sa-vae-sees-2"] = replace(  # for a CPU: each step of it costs ten and more
    IMAGES["image-vae-sees-2"], strategy=SemiAmortised()
)
IMAGES["image-vae-anneal-2"] = replace(IMAGES["image-vae"], kl_weight=HE_SHORT)
