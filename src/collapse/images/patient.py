"""Aggressive training on pictures, as the code of He et al. (2019) has it."""

from dataclasses import dataclass

from collapse.training import Aggressive
from collapse.training.checkpoint import Record
from collapse.training.strategies.strategy import Steps


@dataclass(frozen=True)
class PatientAggressive(Aggressive):
    """Aggressive training that bears more than one epoch with less information.

    For pictures the released code ends the aggressive phase with the fifth epoch whose mutual
    information is below the highest so far, counted in all: a gain between them forgives none. For
    text the first fall ends it.

    Args:
        patience: the number of such epochs.
    """

    patience: int = 5

    def end_epoch(self, steps: Steps, measured: Record) -> Record:
        """The stopping rule; records whether this epoch was aggressive."""
        state = steps.memory
        highest = state.get("mi", 0.0)
        record = super().end_epoch(steps, measured)
        if record["aggressive"]:
            state["fallen"] = state.get("fallen", 0.0) + (state["mi"] < highest)
            state["mi"] = max(state["mi"], highest)
            allowed = self.max_epochs is None or state["epochs"] < self.max_epochs
            state["aggressive"] = float(state["fallen"] < self.patience and allowed)
        return record
