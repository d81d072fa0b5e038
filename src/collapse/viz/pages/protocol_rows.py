"""The box of settings that stands before a chapter's results."""

from collections.abc import Mapping

from collapse.runs.settings import Settings, settings_for

ROWS = {
    "optimiser": lambda s: {"sgd": "SGD", "adam": "Adam"}[s.training.optimizer],
    "rate": lambda s: f"{s.training.learning_rate:g}",
    "batch": lambda s: f"{s.training.batch_size}, {s.training.batching}",
    "units": lambda s: f"{s.hidden}",
    "dimensions of z": lambda s: f"{s.latent}",
    "start": lambda s: start(s),
    "epochs": lambda s: f"{s.training.epochs}",
}


def start(settings: Settings) -> str:
    """The range in which weights start."""
    given = settings.init_weights
    return f"U(±{given:g})" if isinstance(given, int | float) else f"U({given[0]:g}, {given[1]:g})"


def protocol_rows(places: Mapping[str, tuple[str, str]]) -> dict[str, dict[str, str]]:
    """Rows of a table: setting -> place -> text.

    Args:
        places: name of a place -> its corpus and scale.

    Raises:
        UnknownNameError: for a corpus or a scale that there is not.
    """
    found = {name: settings_for(*place) for name, place in places.items()}
    return {row: {name: tell(s) for name, s in found.items()} for row, tell in ROWS.items()}
