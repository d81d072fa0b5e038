"""Aggressive training on pictures, as the code of He et al. (2019) has it."""

from dataclasses import dataclass

from collapse.training import Aggressive
from collapse.training.checkpoint import Record
from collapse.training.strategies.strategy import Steps


@dataclass(frozen=True)
class PatientAggressive(Aggressive):
    """Aggressive training that waits for more than one epoch without a gain of information.

    For pictures the released code ends the aggressive phase only after five epochs whose mutual
    information is not above the highest so far; for text the first fall ends it.

    Args:
        patience: such epochs in a row.
    """

    patience: int = 5

    def end_epoch(self, steps: Steps, measured: Record) -> Record:
        """The stopping rule; records whether this epoch was aggressive."""
        state = steps.memory
        highest = state.get("mi", 0.0)
        record = super().end_epoch(steps, measured)
        if record["aggressive"]:
            gained = state["mi"] > highest
            state["mi"] = max(state["mi"], highest)
            state["waited"] = 0.0 if gained else state.get("waited", 0.0) + 1
            allowed = self.max_epochs is None or state["epochs"] < self.max_epochs
            state["aggressive"] = float(state["waited"] < self.patience and allowed)
        return record
