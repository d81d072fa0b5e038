"""What a person, or a log file, sees of a run while it goes on."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from tqdm.auto import tqdm

from collapse.base.frontend import watched


@contextmanager
def epoch_log(
    name: str, seed: int, epochs: int, log: Callable[[str], None] | None
) -> Iterator[Callable[[str], None]]:
    """What takes one line an epoch: ``log`` if given, a moving bar, or plain lines."""
    label = f"{name}, seed {seed}"
    if log is not None:
        yield log
    elif watched():
        with tqdm(total=epochs, desc=label, unit="epoch") as bar:

            def advance(line: str) -> None:
                bar.set_postfix_str(line)
                bar.update()

            yield advance
    else:
        yield lambda line: print(f"{label}: {line}", flush=True)


def epoch_line(record: Mapping[str, int | float]) -> str:
    """An epoch for the log."""
    shown = ("train_loss", "loss", "kl", "mi")
    numbers = "  ".join(f"{name} {record[name]:.3f}" for name in shown if name in record)
    return f"epoch {record['epoch']:>3}  {numbers}  ({record['seconds']:.1f} s)"
