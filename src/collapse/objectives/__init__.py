"""Place 3: what training minimises."""

from collapse.objectives.bag_of_words import BagOfWords
from collapse.objectives.dual import DualKL
from collapse.objectives.elbo import ElboTerms, elbo_terms
from collapse.objectives.free_bits import FreeBits
from collapse.objectives.mae import MAERegulariser
from collapse.objectives.mmd import mmd
from collapse.objectives.objective import Objective, Terms
from collapse.objectives.regulariser import Regulariser
from collapse.objectives.scale_charges import GenerationKL, UnscaledKL
from collapse.objectives.schedules import Constant, Cyclical, Linear, Schedule
from collapse.objectives.wasserstein import WassersteinRegulariser

__all__ = [
    "BagOfWords",
    "Constant",
    "Cyclical",
    "DualKL",
    "ElboTerms",
    "FreeBits",
    "GenerationKL",
    "Linear",
    "MAERegulariser",
    "Objective",
    "Regulariser",
    "Schedule",
    "Terms",
    "UnscaledKL",
    "WassersteinRegulariser",
    "elbo_terms",
    "mmd",
]
