"""Checkpoints: one file, whole or not there, from which a run goes on to the same numbers."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from collapse.errors import RunError
from collapse.files import whole_file
from collapse.training.plateau import PlateauState

State = dict[str, Tensor]
Optimizers = Mapping[str, torch.optim.Optimizer]  # by the prefix of their tensors
Record = dict[str, int | float]  # the metrics of one epoch


@dataclass
class Progress:
    """How far a run has come: everything in a checkpoint that is not a tensor.

    Attributes:
        epoch: finished epochs.
        step: finished steps.
        learning_rate: the rate of the next epoch.
        plateau: where the plateau rule stands.
        strategy: what the strategy of place 5 wants to remember.
        history: one record of metrics for each finished epoch.
    """

    epoch: int = 0
    step: int = 0
    learning_rate: float = 0.0
    plateau: PlateauState = field(default_factory=PlateauState)
    strategy: dict[str, float] = field(default_factory=dict)
    history: list[Record] = field(default_factory=list)


def save_checkpoint(
    path: Path, model: nn.Module, best: State, optimizers: Optimizers, progress: Progress
) -> None:
    """Write weights, best weights, optimisers' state and progress as one safetensors file.

    Raises:
        RunError: when the disk refuses; the checkpoint that was there before is untouched.
    """
    tensors = {**prefixed("model", model.state_dict()), **prefixed("best", best)}
    for name, optimizer in optimizers.items():
        tensors |= prefixed(name, optimizer_tensors(optimizer))
    header = {"progress": json.dumps(asdict(progress))}
    try:
        with whole_file(path) as temporary:
            save_file({k: v.contiguous() for k, v in tensors.items()}, temporary, header)
    except (OSError, SafetensorError) as error:
        raise RunError(
            f"The checkpoint {path} could not be written ({error}). The one before it is intact: "
            "make room, then ask for the same run again and it goes on from there."
        ) from error


def load_checkpoint(path: Path, model: nn.Module, optimizers: Optimizers) -> tuple[State, Progress]:
    """Put a checkpoint back into ``model`` and ``optimizers``.

    Returns:
        The best weights so far, and the progress.

    Raises:
        RunError: when the file is damaged or belongs to another model.
    """
    try:
        with safe_open(path, framework="pt") as file:
            progress = read_progress(json.loads(file.metadata()["progress"]))
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        model.load_state_dict(without_prefix("model", tensors))
    except (SafetensorError, RuntimeError, KeyError, TypeError, ValueError) as error:
        raise RunError(
            f"The checkpoint {path} cannot be used ({error}). "
            "Delete it to start this run from the beginning."
        ) from error
    for name, optimizer in optimizers.items():
        load_optimizer_tensors(optimizer, without_prefix(name, tensors))
    return without_prefix("best", tensors), progress


def load_best(path: Path, model: nn.Module) -> None:
    """Put the best weights of a checkpoint into ``model``."""
    with safe_open(path, framework="pt") as file:
        tensors = {n: file.get_tensor(n) for n in file.keys() if n.startswith("best.")}  # noqa: SIM118
    model.load_state_dict(without_prefix("best", tensors))


def read_progress(stored: dict) -> Progress:
    """Progress from the header of a checkpoint."""
    return Progress(**{**stored, "plateau": PlateauState(**stored["plateau"])})


def copy_state(model: nn.Module) -> State:
    """The weights as they are now, detached from what training does next."""
    return {name: value.detach().clone() for name, value in model.state_dict().items()}


def prefixed(prefix: str, tensors: State) -> State:
    """The same tensors under ``prefix.name``."""
    return {f"{prefix}.{name}": value for name, value in tensors.items()}


def without_prefix(prefix: str, tensors: State) -> State:
    """The tensors whose name starts with ``prefix.``, under the rest of the name."""
    start = f"{prefix}."
    return {n.removeprefix(start): v for n, v in tensors.items() if n.startswith(start)}


def optimizer_tensors(optimizer: torch.optim.Optimizer) -> State:
    """The optimiser's per-parameter tensors, flat: ``index.name``."""
    state = optimizer.state_dict()["state"]
    return {
        f"{index}.{name}": value
        for index, values in state.items()
        for name, value in values.items()
        if isinstance(value, Tensor)
    }


def load_optimizer_tensors(optimizer: torch.optim.Optimizer, tensors: State) -> None:
    """Put back what :func:`optimizer_tensors` took out."""
    state: dict[int, State] = {}
    for name, value in tensors.items():
        index, key = name.split(".", 1)
        state.setdefault(int(index), {})[key] = value
    groups = optimizer.state_dict()["param_groups"]
    optimizer.load_state_dict({"state": state, "param_groups": groups})
