"""Place 1, first half: tokens to states."""

from collapse.encoders.lstm import Encoder, LSTMEncoder, NoEncoder

__all__ = ["Encoder", "LSTMEncoder", "NoEncoder"]
