"""Whether somebody is looking."""

import os
import sys


def in_watched_notebook() -> bool:
    """Whether a person sits at a front end that can talk to this kernel.

    A notebook server tells its kernels the session's name, and Colab imports its own package;
    papermill and a book build do neither. ``COLLAPSE_LIVE`` (1 or 0) overrides what is found,
    for a batch run that was started from inside a notebook and inherits its environment.
    """
    override = os.environ.get("COLLAPSE_LIVE")
    if override is not None:
        return override == "1"
    return "google.colab" in sys.modules or "JPY_SESSION_NAME" in os.environ


def watched() -> bool:
    """Whether a person is looking, at a notebook or at a terminal."""
    return in_watched_notebook() or sys.stderr.isatty()
