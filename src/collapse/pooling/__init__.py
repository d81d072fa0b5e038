"""Place 1, second half: how the states of the encoder become one feature vector."""

from collapse.pooling.last import LastState

__all__ = ["LastState"]
