"""A corpus of one's own as what runs are made of: known by its documents, kept, cut to a scale."""

from collapse.data.own.corpus import OwnCorpus, from_memory, from_path

__all__ = ["OwnCorpus", "from_memory", "from_path"]
