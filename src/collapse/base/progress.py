"""What a person, or a log file, sees of a run while it goes on."""

from collections.abc import Callable, Iterator
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
            yield lambda line: (bar.set_postfix_str(line), bar.update())[0]
    else:
        yield lambda line: print(f"{label}: {line}", flush=True)
