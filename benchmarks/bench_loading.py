"""Loading a corpus of 100,000 lines: first start, second start, and the naive way.

Run: ``python benchmarks/bench_loading.py``. The corpus is made here, so nothing is downloaded. The
naive way reads the text and looks up every word again at each start.
"""

import hashlib
import os
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from collapse.data import CORPORA, load, registry, texts
from collapse.data.corpora import Text
from collapse.data.toy_reviews import toy_reviews

SIZES = {"train": 100_000, "valid": 10_000, "test": 10_000}


def write_corpus(folder: Path) -> None:
    """Write toy reviews as three text files and register them as the corpus "bench"."""
    corpus = toy_reviews("full")
    for name in SIZES:
        documents = getattr(corpus, name)
        lines = [corpus.vocabulary.decode(documents[i]) for i in range(len(documents))]
        path = folder / f"{name}.txt"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        registry.FILES[f"bench/{name}.txt"] = registry.Source("", digest)
    files = tuple(f"bench/{name}.txt" for name in SIZES)
    scales = {"full": (100_000, 10_000, 10_000, 20_000)}
    CORPORA["bench"] = Text("Toy reviews.", "Free.", files, texts.read_plain, scales)


def naive(folder: Path) -> dict[str, list[list[int]]]:
    """Read, count, number: at every start."""
    rows = {n: (folder / f"{n}.txt").read_text("utf-8").splitlines() for n in SIZES}
    counts = Counter(word for line in rows["train"] for word in line.split())
    numbers = {word: i + 4 for i, (word, _) in enumerate(counts.most_common())}
    return {n: [[numbers.get(w, 3) for w in line.split()] for line in rows[n]] for n in SIZES}


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "data" / "bench"
        folder.mkdir(parents=True)
        os.environ["COLLAPSE_DATA"] = str(folder.parent)
        os.environ["COLLAPSE_CACHE"] = str(Path(name) / "cache")
        write_corpus(folder)
        plain = seconds(lambda: naive(folder))
        first = seconds(lambda: load("bench", "full"))
        second = min(seconds(lambda: load("bench", "full")) for _ in range(3))
    print(f"{'way':<14}{'seconds':>9}{'naive / way':>13}")
    for way, taken in (("naive", plain), ("first start", first), ("second start", second)):
        print(f"{way:<14}{taken:>9.3f}{plain / taken:>13.1f}")


if __name__ == "__main__":
    main()
