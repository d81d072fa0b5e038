"""Encoder and decoder move together, each with a learning rate of its own."""

from dataclasses import dataclass
from typing import Any

from collapse.system import System
from collapse.training.strategies.strategy import Joint


@dataclass(frozen=True)
class SeparateRates(Joint):
    """Joint training with a faster or slower encoder (He et al. 2019, Appendix F, Table 10).

    The joint gradient norm is clipped before the rates are applied, as in the paper's code.

    Args:
        encoder: the encoder's learning rate as a multiple of the decoder's.
    """

    encoder: float = 2.0

    def groups(self, system: System) -> list[dict[str, Any]]:
        """Places 1 and 2 with the factor, place 4 without."""
        return [
            {"params": system.model.inference_parameters(), "factor": self.encoder},
            {"params": system.generator_parameters()},
        ]
