"""What a person, or a log file, sees of a run while it goes on."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tqdm.auto import tqdm


def watched() -> bool:
    """Whether a person is looking: a terminal, a notebook server or Colab, but no batch run.

    A notebook server tells its kernels the session's name; papermill and a book build do not.
    """
    notebook = "JPY_SESSION_NAME" in os.environ or "google.colab" in sys.modules
    return notebook or sys.stderr.isatty()


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
