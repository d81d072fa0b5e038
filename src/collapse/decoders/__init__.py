"""Place 4: z and the words so far to the next word."""

from collapse.decoders.convolutional import ConvolutionalDecoder
from collapse.decoders.gru import GRUDecoder
from collapse.decoders.lstm import LSTMDecoder
from collapse.decoders.skip import SkipDecoder
from collapse.decoders.words import Decoder, WordDecoder

__all__ = [
    "ConvolutionalDecoder",
    "Decoder",
    "GRUDecoder",
    "LSTMDecoder",
    "SkipDecoder",
    "WordDecoder",
]
