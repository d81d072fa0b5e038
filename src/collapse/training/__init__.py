"""Place 5: how the parameters are found."""

from collapse.training.fit import Objective, Trainer, Training
from collapse.training.plateau import Plateau
from collapse.training.pretrained import Pretrained
from collapse.training.strategies import Joint

__all__ = ["Joint", "Objective", "Plateau", "Pretrained", "Trainer", "Training"]
