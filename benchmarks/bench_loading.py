"""Loading a corpus of 120,000 lines: first start, second start, and the naive way.

Run: ``python benchmarks/bench_loading.py [--quick]``. The corpus is made here, so nothing is
downloaded. The naive way reads the text and looks up every word again at each start.
"""

import hashlib
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import timing

from collapse.data import CORPORA, load, registry, texts
from collapse.data.corpora import Text
from collapse.data.generated.toy_reviews import SIZES, toy_reviews

SPLITS = ("train", "valid", "test")
NAIVE, FIRST, SECOND = "naive", "first start", "second start"


@contextmanager
def corpus_folder(scale: str) -> Iterator[Path]:
    """Toy reviews as three text files, known to the library as the corpus "bench"."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "data" / "bench"
        folder.mkdir(parents=True)
        places = {"COLLAPSE_DATA": str(folder.parent), "COLLAPSE_CACHE": str(folder / "cache")}
        sources = write_corpus(folder, scale)
        scales = {"full": (*SIZES[scale], 20_000)}
        text = Text("Toy reviews.", "Free.", tuple(sources), texts.read_plain, scales)
        known = patch.dict(registry.FILES, sources), patch.dict(CORPORA, bench=text)
        with patch.dict(os.environ, places), known[0], known[1]:
            yield folder


def write_corpus(folder: Path, scale: str) -> dict[str, registry.SourceFile]:
    """Write the three files; returns what the registry should know about them."""
    corpus, sources = toy_reviews(scale), {}
    for name in SPLITS:
        documents = getattr(corpus, name)
        lines = [corpus.vocabulary.decode(documents[i]) for i in range(len(documents))]
        path = folder / f"{name}.txt"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        sources[f"bench/{name}.txt"] = registry.SourceFile("", digest)
    return sources


def naive(folder: Path) -> dict[str, list[list[int]]]:
    """Read, count, number: at every start."""
    rows = {n: (folder / f"{n}.txt").read_text("utf-8").splitlines() for n in SPLITS}
    counts = Counter(word for line in rows["train"] for word in line.split())
    by_count = sorted(counts, key=lambda word: (-counts[word], word))
    numbers = {word: i + 4 for i, word in enumerate(by_count)}
    return {n: [[numbers.get(w, 3) for w in line.split()] for line in rows[n]] for n in SPLITS}


def ways(folder: Path) -> dict[str, Callable[[int], float]]:
    """The three ways; each returns the number of documents."""

    def plainly(repetition: int) -> float:
        return sum(map(len, naive(folder).values()))

    def first(repetition: int) -> float:
        shutil.rmtree(folder / "cache", ignore_errors=True)
        return second(repetition)

    def second(repetition: int) -> float:
        corpus = load("bench", "full")
        return sum(len(getattr(corpus, name)) for name in SPLITS)

    return {NAIVE: plainly, FIRST: first, SECOND: second}


def main(argv: list[str] | None = None) -> None:
    quick = timing.arguments(__doc__.splitlines()[0], argv).quick
    scale, repetitions = ("light", 1) if quick else ("full", 5)
    with corpus_folder(scale) as folder:
        rates = timing.alternate(ways(folder), repetitions)
    lines = f"{sum(SIZES[scale]):,} lines"
    timing.show("documents / s", timing.rows(lines, rates, NAIVE))


if __name__ == "__main__":
    main()
