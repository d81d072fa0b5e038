"""Place 1, second half: how the states of the encoder become one feature vector."""

from collapse.pooling.absolute import AbsPool
from collapse.pooling.attention import AttentionPool
from collapse.pooling.average import AveragePool
from collapse.pooling.both_ends import BothEnds
from collapse.pooling.last import LastState
from collapse.pooling.maximum import MaxPool

__all__ = ["AbsPool", "AttentionPool", "AveragePool", "BothEnds", "LastState", "MaxPool"]
