"""Place 1, first half: tokens to states."""

from collapse.encoders.lstm import LSTMEncoder, NoEncoder

__all__ = ["LSTMEncoder", "NoEncoder"]
