"""Checkpoints: one file, whole or not there, from which a run goes on to the same numbers."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from collapse.base.errors import RunError
from collapse.base.files import whole_file
from collapse.training.plateau import PlateauState

State = dict[str, Tensor]
Optimizers = Mapping[str, torch.optim.Optimizer]  # by the prefix of their tensors
Record = dict[str, int | float]  # the metrics of one epoch
UNREADABLE = (OSError, SafetensorError, RuntimeError, KeyError, TypeError, ValueError)


def merged(*parts: dict[str, Any]) -> dict[str, Any]:
    """One record of an epoch, or one summary of a run, from what several parts say of it.

    Raises:
        RunError: for a name that two of them have: the later would replace the earlier.
    """
    record: dict[str, Any] = {}
    for part in parts:
        if taken := record.keys() & part.keys():
            raise RunError(
                f"Two parts report {sorted(taken)}, and one would replace the other. What is your "
                "own, in report(), state() or end_epoch(), must take other names."
            )
        record |= part
    return record


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
    path: Path, system: nn.Module, best: State, optimizers: Optimizers, progress: Progress
) -> None:
    """Write weights, best weights, optimisers' state and progress as one safetensors file.

    Its header holds a digest of each of these groups of tensors and of the progress.

    Raises:
        RunError: when the disk refuses, or an optimiser holds what no checkpoint keeps; the
            checkpoint that was there before is untouched.
    """
    groups = {"now": system.state_dict(), "best": best}
    groups |= {name: optimizer_tensors(optimizer) for name, optimizer in optimizers.items()}
    kept = {name: optimizer_values(name, optimizer) for name, optimizer in optimizers.items()}
    text = json.dumps({**asdict(progress), "optimizers": kept})
    digests = {name: digest_of(group) for name, group in groups.items()}
    digests["progress"] = hashlib.sha256(text.encode()).hexdigest()
    header = {"progress": text, "digests": json.dumps(digests)}
    tensors = {
        f"{name}.{key}": value.contiguous()
        for name, group in groups.items()
        for key, value in group.items()
    }
    try:
        with whole_file(path) as temporary:
            save_file(tensors, temporary, header)
    except (OSError, SafetensorError) as error:
        raise RunError(
            f"The checkpoint {path} could not be written ({error}). The one before it is intact: "
            "make room, then ask for the same run again and it goes on from there."
        ) from error


def load_checkpoint(
    path: Path, system: nn.Module, optimizers: Optimizers
) -> tuple[State, Progress]:
    """Put a checkpoint back into ``system`` and ``optimizers``.

    Returns:
        The best weights so far, and the progress.

    Raises:
        RunError: when the file is damaged or belongs to another model.
    """
    try:
        with safe_open(path, framework="pt") as file:
            groups = {name: read_group(file, name) for name in ("now", "best", *optimizers)}
            progress, kept = read_progress(file.metadata())
        system.load_state_dict(groups["now"])
        for name, optimizer in optimizers.items():
            load_optimizer(optimizer, groups[name], kept.get(name, {}))
    except UNREADABLE as error:
        raise RunError(
            f"The checkpoint {path} cannot be used ({error}). "
            "Delete it to start this run from the beginning."
        ) from error
    return groups["best"], progress


def load_best(path: Path, system: nn.Module) -> None:
    """Put the best weights of a checkpoint into ``system``.

    Raises:
        RunError: when the file is absent or damaged, or belongs to another model.
    """
    try:
        with safe_open(path, framework="pt") as file:
            system.load_state_dict(read_group(file, "best"))
    except UNREADABLE as error:
        raise RunError(
            f"The weights in {path} cannot be used ({error}). The numbers in the summary.json "
            f"beside them are not affected. To have the model again, delete the folder "
            f"{path.parent} and ask for the same run."
        ) from error


def read_group(file: Any, name: str) -> State:
    """The tensors of one group, which must be those that were written.

    Raises:
        ValueError: when a bit of them has changed.
    """
    prefix = f"{name}."
    keys = [key for key in file.keys() if key.startswith(prefix)]  # noqa: SIM118
    tensors = {key.removeprefix(prefix): file.get_tensor(key) for key in keys}
    written = digests_in(file.metadata()).get(name)
    if written not in (None, digest_of(tensors)):
        raise ValueError(f"the tensors of {name!r} are not those that were written")
    return tensors


def digests_in(header: Mapping[str, str]) -> dict[str, str]:
    """The digests that a header holds: none in files of versions before they were written."""
    return json.loads(header.get("digests", "{}"))


def digest_of(tensors: Mapping[str, Tensor]) -> str:
    """The SHA-256 of names, types, shapes and bytes; the order does not matter."""
    digest = hashlib.sha256()
    for name in sorted(tensors):
        value = tensors[name].detach().cpu().contiguous()
        digest.update(f"{name} {value.dtype} {tuple(value.shape)}\n".encode())
        digest.update(value.reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()


def read_progress(header: Mapping[str, str]) -> tuple[Progress, dict[str, Any]]:
    """Progress from the header of a checkpoint, and what is kept of optimisers beside tensors.

    Files of versions before such values were kept have none.

    Raises:
        ValueError: when it is not as it was written.
    """
    text = header["progress"]
    written = digests_in(header).get("progress")
    if written not in (None, hashlib.sha256(text.encode()).hexdigest()):
        raise ValueError("the progress is not as it was written")
    stored = json.loads(text)
    kept = stored.pop("optimizers", {})
    return Progress(**{**stored, "plateau": PlateauState(**stored["plateau"])}), kept


def copy_state(model: nn.Module) -> State:
    """The weights as they are now, detached from what training does next."""
    return {name: value.detach().clone() for name, value in model.state_dict().items()}


def optimizer_tensors(optimizer: torch.optim.Optimizer) -> State:
    """The optimiser's per-parameter tensors, flat: ``index.name``."""
    state = optimizer.state_dict()["state"]
    return {
        f"{index}.{name}": value
        for index, values in state.items()
        for name, value in values.items()
        if isinstance(value, Tensor)
    }


def optimizer_values(name: str, optimizer: torch.optim.Optimizer) -> dict[str, Any]:
    """What else an optimiser holds: the settings of its groups, as its rate, and counts.

    Args:
        name: of the optimiser, for the message.
        optimizer: whose state is to be kept.

    Returns:
        Values of its ``"groups"``, and of its ``"state"`` by parameter.

    Raises:
        RunError: for a value that is neither a tensor nor plain, such as a list of tensors.
    """
    held = optimizer.state_dict()
    groups = [{k: v for k, v in g.items() if k != "params"} for g in held["param_groups"]]
    state = {
        str(index): {k: v for k, v in values.items() if not isinstance(v, Tensor)}
        for index, values in held["state"].items()
    }
    for values in (*groups, *state.values()):
        for key, value in values.items():
            if not is_plain(value):
                raise RunError(
                    f"The optimiser {name!r}, a {type(optimizer).__name__}, holds {key!r} as a "
                    f"{type(value).__name__} that no checkpoint keeps. An interrupted run would "
                    "lose it: use an optimiser that keeps tensors by parameter, and numbers."
                )
    return {"groups": groups, "state": state}


def is_plain(value: object) -> bool:
    """Whether JSON keeps a value; tuples come back as tuples, see :func:`load_optimizer`."""
    if isinstance(value, tuple | list):
        return all(map(is_plain, value))
    return value is None or isinstance(value, bool | int | float | str)


def load_optimizer(
    optimizer: torch.optim.Optimizer, tensors: State, values: Mapping[str, Any]
) -> None:
    """Put back what :func:`optimizer_tensors` and :func:`optimizer_values` took out."""
    state: dict[int, dict[str, Any]] = {}
    for name, value in tensors.items():
        index, key = name.split(".", 1)
        state.setdefault(int(index), {})[key] = value
    for index, more in values.get("state", {}).items():
        state.setdefault(int(index), {}).update(with_tuples(more))
    groups = optimizer.state_dict()["param_groups"]
    kept = values.get("groups", [{}] * len(groups))
    groups = [group | with_tuples(more) for group, more in zip(groups, kept, strict=True)]
    optimizer.load_state_dict({"state": state, "param_groups": groups})


def with_tuples(value: Any) -> Any:
    """A value from JSON with its lists as the tuples that they were: torch takes no lists."""
    if isinstance(value, Mapping):
        return {key: with_tuples(each) for key, each in value.items()}
    return tuple(map(with_tuples, value)) if isinstance(value, list) else value
