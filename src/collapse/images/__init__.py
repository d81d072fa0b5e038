"""Image models: the same five places, filled for pictures of two tones."""

from collapse.images.patient import PatientAggressive
from collapse.images.pixelcnn import PixelCNN
from collapse.images.priors import FlowPrior, LearnedPrior, VampPrior
from collapse.images.recipe import ImageRecipe
from collapse.images.resnet import NoImageEncoder, ResNetEncoder, WholeImage
from collapse.images.sizes import ImageSizes

__all__ = [
    "FlowPrior",
    "ImageRecipe",
    "ImageSizes",
    "LearnedPrior",
    "NoImageEncoder",
    "PatientAggressive",
    "PixelCNN",
    "ResNetEncoder",
    "VampPrior",
    "WholeImage",
]
