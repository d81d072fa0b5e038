"""Files that are either whole or not there."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from glob import escape
from pathlib import Path

from collapse.base.errors import RunError

STALE_SECONDS = 24 * 3600.0  # nobody writes so long without writing anything


def runs_folder() -> Path:
    """``COLLAPSE_RUNS``, or ``runs`` in the working folder where that is not set or empty."""
    return Path(os.environ.get("COLLAPSE_RUNS") or "runs").absolute()


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside ``path``; rename it into place when the block succeeds.

    When the block raises (a full disk, an interruption), whatever stood at ``path`` before is
    untouched and the temporary file is removed. A killed process cannot remove its own: what one
    has left of this file goes when nobody has written to it for a day.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    remove_parts(path.parent, f".{escape(path.name)}.*.part", STALE_SECONDS)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def remove_parts(folder: Path, pattern: str = ".*.part", older: float = 0.0) -> None:
    """Remove temporary files of processes that were killed.

    Args:
        folder: where they are.
        pattern: of their names.
        older: seconds since anybody has written to them; 0 only where a lock keeps others out.
    """
    for part in folder.glob(pattern):
        with suppress(OSError):  # another process may have been quicker
            if time.time() - part.stat().st_mtime >= older:
                part.unlink()


def write_text(path: Path, text: str) -> None:
    """Write ``text`` as UTF-8, all of it or none of it.

    Raises:
        RunError: when the disk refuses; what was there before is untouched.
    """
    try:
        with whole_file(path) as temporary:
            temporary.write_text(text, encoding="utf-8")
    except OSError as error:
        raise RunError(
            f"The file {path} could not be written ({error.strerror or error}). Make room there, "
            "or choose a folder that may be written to, then ask for the same again: nothing that "
            "was there before is lost."
        ) from error
