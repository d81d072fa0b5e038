"""The training loop: epochs, validation, decay, checkpoints, resumption.

Nothing random is carried from one epoch to the next: each epoch seeds its generators from
``(seed, epoch)``. A run that is killed at any moment therefore goes on from its last checkpoint
to bit-identical numbers on a CPU, without storing any generator's state.
"""

import json
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from torch.distributions import Distribution

from collapse.base.files import write_text
from collapse.base.progress import epoch_line
from collapse.base.seeding import seeded
from collapse.data import Batch, Corpus, make_batch, plan_split
from collapse.objectives.objective import training_loss
from collapse.system import System
from collapse.training.checkpoint import (
    Progress,
    Record,
    State,
    copy_state,
    load_checkpoint,
    merged,
    save_checkpoint,
)
from collapse.training.checks import (
    check_loss,
    check_mean_loss,
    check_methods,
    check_numbers,
    check_own,
    checked_weight,
)
from collapse.training.precision import computing_in
from collapse.training.settings import OPTIMIZERS, Training
from collapse.training.strategies.strategy import Strategy

LOOK_EVERY = 100  # steps after which a loop on a GPU looks at its losses: looking means waiting

Evaluate = Callable[[System], Record]
Watch = Callable[["Trainer", str], None]
"""Sees the trainer at the start of each iteration ("iteration"), before a step that moves the
decoder ("before decoder"), and after each move ("encoder", "decoder" or "both"). It must leave
weights and generators as they are."""


class Trainer:
    """A run in training: the loop, and the moves that a strategy may make.

    Args:
        system: a model and its objective, with their initial weights; trained in place.
        corpus: where the batches come from.
        training: the settings of the loop.
        strategy: place 5.
        folder: gets ``checkpoint.safetensors`` and ``metrics.jsonl``.
        seed: decides batches, dropout and the samples of z.
    """

    def __init__(
        self,
        system: System,
        corpus: Corpus,
        training: Training,
        strategy: Strategy,
        folder: Path,
        seed: int,
    ) -> None:
        check_methods(system, strategy)
        self.system, self.corpus, self.training = system, corpus, training
        self.model, self.objective = system.model, system.objective
        self.strategy, self.folder, self.seed = strategy, folder, seed
        self.optimizer = OPTIMIZERS[training.optimizer](
            strategy.groups(system), lr=training.learning_rate
        )
        own = strategy.optimizers(system)
        check_own(strategy, own)
        self.optimizers = {"optimizer": self.optimizer, **own}
        self.parameters = list(system.parameters())
        self.parts = {
            "encoder": system.model.inference_parameters(),
            "decoder": system.generator_parameters(),
        }
        self.progress = Progress(learning_rate=training.learning_rate)
        self.best = copy_state(system)
        self.fractional_epoch = 0.0
        self.batches: list[np.ndarray] = []  # of the current epoch
        self.moves: Counter[str] = Counter()  # steps of each network in the current epoch
        self.watch: Watch = unwatched

    @property
    def checkpoint(self) -> Path:
        """Where the checkpoint is, or will be."""
        return self.folder / "checkpoint.safetensors"

    @property
    def memory(self) -> dict[str, float]:
        """What the strategy remembers."""
        return self.progress.strategy

    @property
    def first_weights(self) -> State:
        """The weights that the run began with: the best ones until an epoch has been judged."""
        return self.best

    @property
    def objective_epochs(self) -> int:
        """Finished epochs of the recipe's own objective; below 0 before it has begun."""
        return self.progress.epoch - self.strategy.warmup_epochs

    @property
    def finished(self) -> bool:
        """Whether the last epoch or the last decay has happened."""
        last_epoch = self.objective_epochs >= self.training.epochs
        return last_epoch or self.progress.plateau.finished(self.training.plateau)

    def fit(self, evaluate: Evaluate, log: Callable[[str], None] = print) -> list[Record]:
        """Train to the end, or go on where the folder's checkpoint stopped.

        Afterwards the model has the weights of its best epoch, by the validation loss that
        ``evaluate`` reports as ``"loss"`` (the negative ELBO with KL weight 1), or as
        ``"objective"`` where the KL is not what is charged; or those of the last epoch if the
        settings keep these.

        Args:
            evaluate: metrics of an epoch on the validation split; must hold ``"loss"``.
            log: takes one line an epoch.

        Returns:
            One record an epoch.

        Raises:
            NonFiniteLossError: names the step and the batch, or the epoch, and the last good
                checkpoint.
            CollapseError: for a weight of the KL that is negative or no number.
            RunError: when a checkpoint cannot be read or written.
        """
        self.resume()
        while not self.finished:
            record = self.epoch(evaluate)
            self.save()
            log(epoch_line(record))
        self.system.load_state_dict(self.best)
        self.system.eval()
        return self.progress.history

    def weight(self) -> float:
        """The weight of the KL at the step at hand: 0 until the recipe's objective begins."""
        epoch = self.fractional_epoch - self.strategy.warmup_epochs
        return self.weight_at(epoch) if epoch >= 0 else 0.0

    def weight_at(self, epoch: float) -> float:
        """What the schedule says after ``epoch`` epochs of the recipe's objective.

        Raises:
            CollapseError: when that is no finite number of 0 or more.
        """
        return checked_weight(self.objective.kl_weight(epoch), self.objective.kl_weight, epoch)

    def loss(self, batch: Batch, q: Distribution | None = None) -> torch.Tensor:
        """Mean training loss of a batch in nats, with gradients, with the encoder's or this q."""
        return training_loss(self.objective, self.model, batch, self.weight(), q).mean()

    def step(self, loss: torch.Tensor, moving: str = "both") -> None:
        """Back-propagate, clip everything that has a gradient together, move.

        Args:
            loss: a scalar.
            moving: "both" networks, or the "encoder" or the "decoder" alone. The other one's
                gradient, if there is one, counts in the norm and is then forgotten.
        """
        if moving != "encoder":
            self.watch(self, "before decoder")
        for parameter in self.parameters:
            parameter.grad = None
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.parameters, self.training.clip)
        for part, parameters in self.parts.items():
            if moving in ("both", part):
                self.moves[f"{part}_steps"] += 1
            else:
                for parameter in parameters:
                    parameter.grad = None
        self.optimizer.step()
        self.watch(self, moving)

    def epoch(self, evaluate: Evaluate) -> Record:
        """One pass over the training split, then validation and the plateau rule."""
        started = time.perf_counter()
        device, precision = self.model.device, self.training.precision
        with seeded(self.seed, self.progress.epoch), computing_in(precision, device):
            train_loss = self.train()
            self.system.eval()
            measured = evaluate(self.system)
        self.progress.epoch += 1
        epochs = self.objective_epochs
        now: Record = {
            "epoch": self.progress.epoch,
            "step": self.progress.step,
            "kl_weight": self.weight_at(float(epochs)) if epochs > 0 else 0.0,
            "learning_rate": self.progress.learning_rate,
            "train_loss": train_loss,
        }
        own = self.strategy.end_epoch(self, measured)
        check_numbers(own, self.strategy, "end_epoch")
        check_numbers(self.moves, self.strategy, "update, by steps.moves,")
        spent = {"seconds": round(time.perf_counter() - started, 3)}
        record = merged(now, dict(self.moves), own, measured, spent)
        self.progress.history.append(record)
        self.judge(measured.get("objective", measured["loss"]))
        check_numbers(self.memory, self.strategy, "begin, update or end_epoch, by steps.memory,")
        return record

    def begin_epoch(self) -> None:
        """Make everything ready for the first batch of an epoch."""
        self.system.train()
        self.set_rate()
        self.batches, self.moves = self.plan(), Counter()
        self.model.posterior.begin_epoch(max(0, self.objective_epochs))

    def train(self) -> float:
        """All batches of the epoch; returns the mean loss a document."""
        self.begin_epoch()
        total, steps = 0.0, []
        patience = 1 if self.model.device.type == "cpu" else LOOK_EVERY
        for number, indices in enumerate(self.batches):
            self.fractional_epoch = self.progress.epoch + number / len(self.batches)
            batch = self.batch(indices)
            self.watch(self, "iteration")
            loss = self.strategy.update(self, batch)
            check_mean_loss(loss, self.strategy)
            steps.append((indices, loss))
            self.progress.step += 1
            if len(steps) == patience or number == len(self.batches) - 1:
                total += self.look_at(steps)
                steps.clear()
        self.model.posterior.end_epoch()
        return total / len(self.corpus.train)

    def look_at(self, steps: Sequence[tuple[np.ndarray, torch.Tensor]]) -> float:
        """The summed loss of the last steps; the only place where training waits for a GPU."""
        losses = torch.stack([loss for _, loss in steps]).tolist()
        first = self.progress.step - len(steps)
        for number, (loss, (indices, _)) in enumerate(zip(losses, steps, strict=True)):
            where = f"step {first + number} (epoch {self.progress.epoch + 1})"
            check_loss(loss, where, self.checkpoint, indices)
        return sum(loss * len(indices) for loss, (indices, _) in zip(losses, steps, strict=True))

    def plan(self) -> list[np.ndarray]:
        """The batches of the current epoch."""
        t = self.training
        return plan_split(
            self.corpus.train, t.batch_size, t.batching, self.seed, self.progress.epoch
        )

    def batch(self, indices: np.ndarray) -> Batch:
        """A training batch where the model is."""
        return make_batch(self.corpus.train, indices).to(self.model.device)

    def random_batch(self) -> Batch:
        """One of the epoch's batches, drawn from torch's generator."""
        return self.batch(self.batches[int(torch.randint(len(self.batches), ()))])

    def judge(self, loss: float) -> None:
        """Keep the best weights; decay the rate and go back to them on a plateau.

        Epochs before the recipe's objective begins are not compared with anything.

        Args:
            loss: of validation.
        """
        if self.objective_epochs == 0:
            self.strategy.begin(self)
            self.best = copy_state(self.system)
        if self.objective_epochs <= 0:
            return
        where = f"the validation of epoch {self.progress.epoch}"
        check_loss(loss, where, self.checkpoint)
        state = self.progress.plateau
        if self.training.keep == "last" or loss < state.best:
            self.best = copy_state(self.system)
        if state.update(self.training.plateau, loss, self.objective_epochs):
            self.progress.learning_rate *= self.training.plateau.factor
            self.system.load_state_dict(self.best)

    def set_rate(self) -> None:
        """Give the optimiser the learning rate of this epoch."""
        for group in self.optimizer.param_groups:
            group["lr"] = self.progress.learning_rate * group.get("factor", 1.0)

    def save(self) -> None:
        """Write the checkpoint, then the metrics it vouches for."""
        save_checkpoint(self.checkpoint, self.system, self.best, self.optimizers, self.progress)
        self.write_metrics()

    def write_metrics(self) -> None:
        """Write the metrics of the epochs in the checkpoint."""
        lines = "".join(json.dumps(record) + "\n" for record in self.progress.history)
        write_text(self.folder / "metrics.jsonl", lines)

    def resume(self) -> None:
        """Take up the checkpoint in the folder, if there is one, and the metrics with it.

        Whoever was killed between writing the one and the other has left them an epoch apart.
        """
        if self.checkpoint.exists():
            self.best, self.progress = load_checkpoint(
                self.checkpoint, self.system, self.optimizers
            )
            self.write_metrics()


def unwatched(trainer: Trainer, event: str) -> None:
    """Nobody looks."""
