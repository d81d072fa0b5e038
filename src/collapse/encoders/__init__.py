"""Place 1, first half: tokens to states."""

from collapse.encoders.lstm import Encoder, LSTMEncoder, NoEncoder
from collapse.encoders.shuffled import ShuffledWords

__all__ = ["Encoder", "LSTMEncoder", "NoEncoder", "ShuffledWords"]
