"""Place 4: z and the words so far to the next word."""

from collapse.decoders.lstm import Decoder, LSTMDecoder

__all__ = ["Decoder", "LSTMDecoder"]
