"""Place 3: what training minimises."""

from collapse.objectives.bag_of_words import BagOfWords
from collapse.objectives.elbo import ElboTerms, elbo_terms, loss
from collapse.objectives.free_bits import FreeBits
from collapse.objectives.schedules import Constant, Cyclical, Linear, Schedule

__all__ = [
    "BagOfWords",
    "Constant",
    "Cyclical",
    "ElboTerms",
    "FreeBits",
    "Linear",
    "Schedule",
    "elbo_terms",
    "loss",
]
