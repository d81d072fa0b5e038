"""Aggressive training: the encoder catches up before the decoder moves (He et al. 2019)."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from collapse.base.errors import RunError, choose
from collapse.data.documents import Batch
from collapse.training.checkpoint import Record
from collapse.training.strategies.strategy import Joint, Steps, Strategy

# The rule's estimators of mutual information, by the name of the measure that they read.
ESTIMATORS = {"whole": "mi", "batch": "mi_batch"}
CLIPPING = {"apart": "each network's gradient alone", "together": "both networks' joint gradient"}


@dataclass(frozen=True)
class Convergence:
    """The inner loop ends when the loss stops falling.

    The mean loss a word over a window of steps is compared with that over the window before.
    The paper says a window of 10, its released code for text takes 15, and both cap the loop
    at about 100 steps.

    Args:
        window: steps in a window.
        cap: the most steps.
    """

    window: int = 10
    cap: int = 100

    def over(self, losses: Sequence[Tensor], words: Sequence[int]) -> bool:
        """Whether the loop ends after these steps; a GPU is waited for at a window's end only.

        Args:
            losses: summed loss of each step's batch, in nats, scalars.
            words: predicted words of each batch.
        """
        done, window = len(losses), self.window
        if done >= self.cap:
            return True
        if done < 2 * window or done % window:
            return False
        now, before = slice(-window, None), slice(-2 * window, -window)
        a_word = [torch.stack(list(losses[s])).sum() / sum(words[s]) for s in (now, before)]
        return bool(a_word[0] >= a_word[1])


@dataclass(frozen=True)
class InnerBudget:
    """The inner loop always takes the same number of steps (He et al. 2019, Table 4).

    Args:
        steps: of the encoder before each step of the decoder; with 0 it never moves.
    """

    steps: int

    def over(self, losses: Sequence[Tensor], words: Sequence[int]) -> bool:
        """Whether the loop ends after these steps; arguments as for :class:`Convergence`."""
        return len(losses) >= self.steps


@dataclass(frozen=True)
class Aggressive(Strategy):
    """Algorithm 1 of He et al. (2019).

    At first each step is an inner loop of encoder steps on random batches, then one step of the
    decoder alone on the batch at hand. After the first epoch in which the mutual information on
    the validation split is lower than after the epoch before (before the first: 0), training
    becomes joint and stays so.

    Args:
        inner: when the inner loop ends.
        estimator: of the mutual information: "whole" compares all validation documents (at most
            1,000), "batch" those of a mini-batch, as the paper does; see
            :func:`collapse.metrics.mutual_information` for the cap of each.
        max_epochs: the most aggressive epochs; None leaves it to the mutual information.
        clip: "together" clips the joint gradient of both networks even while one of them moves,
            as the released code does, so that a large decoder gradient shortens the encoder's
            steps; "apart" computes and clips the gradient of what moves. Joint steps are clipped
            jointly either way.
    """

    inner: Convergence | InnerBudget = Convergence()
    estimator: str = "batch"
    max_epochs: int | None = None
    clip: str = "together"

    def __post_init__(self) -> None:
        choose(self.estimator, ESTIMATORS, "estimator")
        choose(self.clip, CLIPPING, "way of clipping")

    def update(self, steps: Steps, batch: Batch) -> Tensor:
        """Inner loop and decoder step, or a joint step when the aggressive phase is over."""
        if not steps.memory.get("aggressive", 1.0):
            return Joint().update(steps, batch)
        self.inner_loop(steps)
        return self.move(steps, batch, "decoder")

    def inner_loop(self, steps: Steps) -> None:
        """Encoder steps on random batches until the rule ends them."""
        losses: list[Tensor] = []
        words: list[int] = []
        while not self.inner.over(losses, words):
            batch = steps.random_batch()
            losses.append(self.move(steps, batch, "encoder") * len(batch.tokens))
            words.append(int(batch.predicted.sum()))

    def move(self, steps: Steps, batch: Batch, moving: str) -> Tensor:
        """One step of one network; the loss before it."""
        system = steps.system
        others = {
            "encoder": system.generator_parameters(),
            "decoder": system.model.inference_parameters(),
        }
        with frozen(others[moving] if self.clip == "apart" else []):
            loss = steps.loss(batch)
            steps.step(loss, moving)
        return loss.detach()

    def end_epoch(self, steps: Steps, measured: Record) -> Record:
        """The stopping rule (section 4.2); records whether this epoch was aggressive."""
        state = steps.memory
        if not state.setdefault("aggressive", 1.0):
            return {"aggressive": 0}
        information = self.read(measured)
        state["epochs"] = state.get("epochs", 0.0) + 1
        climbs = information >= state.get("mi", 0.0)
        allowed = self.max_epochs is None or state["epochs"] < self.max_epochs
        state["aggressive"] = float(climbs and allowed)
        state["mi"] = information
        return {"aggressive": 1}

    def read(self, measured: Record) -> float:
        """The mutual information that the rule watches, in nats."""
        name = ESTIMATORS[self.estimator]
        if name not in measured:
            raise RunError(
                f"Aggressive training stops by {name!r}, which this run does not measure after "
                f"an epoch; it measures {', '.join(measured)}."
            )
        return measured[name]


@contextmanager
def frozen(parameters: Sequence[nn.Parameter]) -> Iterator[None]:
    """No gradient is computed for these parameters inside the block."""
    for parameter in parameters:
        parameter.requires_grad_(False)
    try:
        yield
    finally:
        for parameter in parameters:
            parameter.requires_grad_(True)
