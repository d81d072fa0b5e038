"""Place 3: what training minimises."""

from collapse.objectives.bag_of_words import BagOfWords
from collapse.objectives.divergence import Divergence
from collapse.objectives.dual import DualKL
from collapse.objectives.elbo import ElboTerms, elbo_terms
from collapse.objectives.free_bits import FreeBits
from collapse.objectives.mae import MutualDivergence
from collapse.objectives.mmd import mmd
from collapse.objectives.objective import Objective, Terms
from collapse.objectives.scale_charges import GenerationKL, UnscaledKL
from collapse.objectives.schedules import Constant, Cyclical, Linear, Schedule
from collapse.objectives.wasserstein import WassersteinCharge

__all__ = [
    "BagOfWords",
    "Constant",
    "Cyclical",
    "Divergence",
    "DualKL",
    "ElboTerms",
    "FreeBits",
    "GenerationKL",
    "Linear",
    "MutualDivergence",
    "Objective",
    "Schedule",
    "Terms",
    "UnscaledKL",
    "WassersteinCharge",
    "elbo_terms",
    "mmd",
]
