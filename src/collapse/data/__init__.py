"""Corpora as integer arrays: generated ones with a known truth, and public texts."""

from collapse.data.batching import PLANS, in_batches, plan_batches, plan_split
from collapse.data.corpora import (
    CORPORA,
    LABELLED,
    AnyCorpus,
    available,
    documents_for,
    load,
    resolve,
)
from collapse.data.corpus import Corpus, Generator
from collapse.data.dialogue import DialogueBatch, Exchanges
from collapse.data.documents import Batch, Documents, make_batch
from collapse.data.kinds import Generated
from collapse.data.own import OwnCorpus
from collapse.data.reading import Report
from collapse.data.vocabulary import END, PAD, START, UNKNOWN, Vocabulary

__all__ = [
    "CORPORA",
    "END",
    "LABELLED",
    "PAD",
    "PLANS",
    "START",
    "UNKNOWN",
    "AnyCorpus",
    "Batch",
    "Corpus",
    "DialogueBatch",
    "Documents",
    "Exchanges",
    "Generated",
    "Generator",
    "OwnCorpus",
    "Report",
    "Vocabulary",
    "available",
    "documents_for",
    "in_batches",
    "load",
    "make_batch",
    "plan_batches",
    "plan_split",
    "resolve",
]
