"""What appendix 7a sees of the codes of runs in training, as numbers that can be kept."""

from collapse.chapters.keeping.asked import Asked
from collapse.runs.measuring.recording import Recorder, Snapshot, record_all

__all__ = ["seen"]


def seen(asked: Asked, recorder: Recorder) -> dict[str, list[list[Snapshot]]]:
    """By recipe and seed, the frames of a recording in order; training ends where it does.

    Args:
        asked: the runs.
        recorder: of any probe; a :class:`collapse.runs.measuring.probes.Codes` in the appendix.
    """
    requests = [request for group in asked.values() for request in group]
    recorded = iter(record_all(requests, {"seen": recorder}, whole=False))
    return {name: [list(next(recorded)["seen"]) for _ in group] for name, group in asked.items()}
