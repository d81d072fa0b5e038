"""Further measurements of finished runs: what each table of the papers asks."""

from collapse.runs.studies.classifiers import accuracy, supervised, views
from collapse.runs.studies.registry import STUDIES, is_studied, path_of, studies_of, study

__all__ = [
    "STUDIES",
    "accuracy",
    "is_studied",
    "path_of",
    "studies_of",
    "study",
    "supervised",
    "views",
]
