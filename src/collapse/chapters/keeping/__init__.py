"""What pages read from the book in place of computing it, and the functions that make it."""

from collapse.chapters.keeping.kept import Kept, KeptRun

__all__ = ["Kept", "KeptRun"]
