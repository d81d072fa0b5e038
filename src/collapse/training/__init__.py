"""Place 5: how the parameters are found."""

from collapse.training.aggressive import Aggressive, Convergence, InnerBudget
from collapse.training.critic import CriticSteps
from collapse.training.fit import Trainer
from collapse.training.plateau import Plateau
from collapse.training.pretrained import Pretrained
from collapse.training.semi_amortised import SemiAmortised
from collapse.training.separate_rates import SeparateRates
from collapse.training.settings import Training
from collapse.training.strategies import Joint, Steps, Strategy
from collapse.training.variance_dropout import VarianceDropout

__all__ = [
    "Aggressive",
    "Convergence",
    "CriticSteps",
    "InnerBudget",
    "Joint",
    "Plateau",
    "Pretrained",
    "SemiAmortised",
    "SeparateRates",
    "Steps",
    "Strategy",
    "Trainer",
    "Training",
    "VarianceDropout",
]
