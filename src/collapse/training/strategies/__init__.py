"""Place 5: which parameters a step moves, and on what batch."""

from collapse.training.strategies.aggressive import Aggressive, Convergence, InnerBudget
from collapse.training.strategies.critic import CriticSteps
from collapse.training.strategies.pretrained import Pretrained
from collapse.training.strategies.semi_amortised import SemiAmortised
from collapse.training.strategies.separate_rates import SeparateRates
from collapse.training.strategies.strategy import Joint, Steps, Strategy
from collapse.training.strategies.variance_dropout import VarianceDropout

__all__ = [
    "Aggressive",
    "Convergence",
    "CriticSteps",
    "InnerBudget",
    "Joint",
    "Pretrained",
    "SemiAmortised",
    "SeparateRates",
    "Steps",
    "Strategy",
    "VarianceDropout",
]
