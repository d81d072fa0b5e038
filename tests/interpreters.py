"""The Pythons of this machine, for tests that ask for another than the one that runs them."""

import shutil
import subprocess
import sys
from pathlib import Path

SUPPORTED = tuple(f"3.{minor}" for minor in range(11, 16))


def starts(python: str | Path) -> bool:
    """Whether this is a Python that runs; what pyenv puts on the search path may not."""
    return subprocess.run([python, "-c", ""], capture_output=True).returncode == 0


def of_pyenv(version: str) -> str | None:
    """The Python that pyenv has of a version, whichever is chosen now."""
    if shutil.which("pyenv") is None:
        return None
    request = subprocess.run(["pyenv", "prefix", version], capture_output=True, text=True)
    return None if request.returncode else str(Path(request.stdout.strip(), "bin", "python"))


def find_python(version: str) -> str | None:
    """A Python such as "3.12": this one, one on the search path, or one of pyenv's."""
    own = sys.executable if sys.version.startswith(f"{version}.") else None
    for python in (own, shutil.which(f"python{version}"), of_pyenv(version)):
        if python is not None and starts(python):
            return python
    return None
