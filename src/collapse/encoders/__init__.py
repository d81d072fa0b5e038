"""Place 1, first half: tokens to states."""

from collapse.encoders.dialogue import DialogueEncoder
from collapse.encoders.lstm import Encoder, LSTMEncoder, NoEncoder
from collapse.encoders.shuffled import ShuffledWords

__all__ = ["DialogueEncoder", "Encoder", "LSTMEncoder", "NoEncoder", "ShuffledWords"]
