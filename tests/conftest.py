"""One thread a process, and finished runs shared with the book, before anything imports torch."""

import os
from pathlib import Path

ROOT = Path(__file__).parents[1]

os.environ["OMP_NUM_THREADS"] = "1"
os.environ.setdefault("COLLAPSE_RUNS", str(ROOT / "runs"))
