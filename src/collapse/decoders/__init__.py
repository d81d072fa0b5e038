"""Place 4: z and the words so far to the next word."""

from collapse.decoders.lstm import Decoder, LSTMDecoder
from collapse.decoders.skip import SkipDecoder

__all__ = ["Decoder", "LSTMDecoder", "SkipDecoder"]
