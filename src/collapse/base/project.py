"""Where the project lives, as its own metadata says."""

from importlib.metadata import metadata

DISTRIBUTION = "posterior-collapse"


def repository() -> str:
    """The public address of the repository, without a slash at its end.

    It is read from the installed metadata, which `pyproject.toml` fills; no other file names it.
    """
    links = (line.partition(", ") for line in metadata(DISTRIBUTION).get_all("Project-URL") or [])
    return {name: address for name, _, address in links}["Repository"].rstrip("/")
