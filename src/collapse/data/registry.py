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
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pooch
from filelock import FileLock

from collapse.base.errors import DataError, DataMissingError, choose
from collapse.base.files import whole_file
from collapse.data.sources import FILES, SourceFile

CONNECT_SECONDS, READ_SECONDS, PROBE_SECONDS = 5.0, 60.0, 3.0


def cache_folder() -> Path:
    """The folder for downloads and processed corpora: COLLAPSE_CACHE, or the user's cache."""
    return Path(os.environ.get("COLLAPSE_CACHE") or pooch.os_cache("collapse"))


def warn_uncached(error: OSError) -> None:
    """Say, as a warning, that nothing can be kept in the cache, why, and what to do."""
    warnings.warn(
        f"Nothing can be kept in {cache_folder()} ({error.strerror or error}); what would stand "
        "there is made again at every start. Give yourself the right to write there, or set "
        "COLLAPSE_CACHE to another folder.",
        stacklevel=2,
    )


@contextmanager
def _kept(target: Path) -> Iterator[Path]:
    """A path to write a file of the cache to, whole or not at all.

    Raises:
        DataError: where the cache refuses it.
    """
    try:
        with whole_file(target) as part:
            yield part
    except OSError as error:
        raise DataError(
            f"The file {target} cannot be kept ({error}). Make room there, or set "
            "COLLAPSE_CACHE to another folder."
        ) from error


def fetch(key: str, *, trusting: bool = True) -> Path:
    """The path of a verified, uncompressed local copy of a registered file.

    Args:
        key: of the file in ``FILES``.
        trusting: record the hash of a file for which none is known. Whoever can find out more
            about the file than its number of lines leaves it, reads the file, and then calls
            :func:`trust`.

    Raises:
        UnknownNameError: for a key that is not in ``FILES``.
        DataError: when a copy is found but damaged or not the expected one, or when the cache
            refuses what was downloaded or unpacked.
        DataMissingError: when there is no copy and the source cannot be reached.
    """
    source = choose(key, FILES, "corpus file")
    copy = find(key)
    if copy is None and source.instead:
        return fetch(source.instead, trusting=trusting)
    if copy is None:
        path = _download(key, source)
    elif copy.suffix == ".xz":
        path = _unpack(key, copy)
    else:
        path = copy
        _verify(key, copy, copy)
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


def _download(key: str, source: SourceFile) -> Path:
    target = _installed(key)
    get = pooch.HTTPDownloader(
        progressbar=sys.stderr.isatty(), timeout=(CONNECT_SECONDS, READ_SECONDS)
    )
    with _kept(target) as part:
        try:
            get(source.url, str(part), None)
        except OSError as error:
            raise DataMissingError(_how_to_get(key, source, error)) from error
        _verify(key, part, target)
    return target


def _how_to_get(key: str, source: SourceFile, error: OSError) -> str:
    folder = os.environ.get("COLLAPSE_DATA")
    looked = f"in COLLAPSE_DATA ({folder})" if folder else "(COLLAPSE_DATA is not set)"
    names = [name for name, file in FILES.items() if name == key or file.instead == key]
    reason = textwrap.shorten(str(error), 120)
    forms = " or ".join(f"{name} (plain or .xz)" for name in names)
    return (
        f"The corpus file {key} is not there: no copy {looked}, none in the cache "
        f"({cache_folder()}), and its source failed ({type(error).__name__}: {reason}). "
        f"Download {source.url} by hand, put it into a folder as {forms}, and set COLLAPSE_DATA "
        f"to that folder. The corpora 'synthetic' and 'toy-reviews' need no files."
    )


def _unpack(key: str, packed: Path) -> Path:
    target = _installed(key)
    with _kept(target) as part:
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
    sha256, expected = _sha256(path), _expected(key)
    if expected is None:
        _count(key, path, shown)
    elif sha256 != expected:
        recorded = (
            ""
            if FILES[key].sha256
            else f" Nobody has published a hash of this file: the expected one is that of the copy "
            f"which was used here first, recorded in {_trusted()}. If that copy was the wrong one, "
            f"delete the line {key!r} there, and the next use records the hash anew."
        )
        raise DataError(
            f"The file {shown} is not the expected one, or it is damaged: its SHA-256 is {sha256}, "
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


def _record(key: str, sha256: str) -> None:
    """Write the hash of a file into the list of trusted ones."""
    try:
        cache_folder().mkdir(parents=True, exist_ok=True)
        with FileLock(f"{_trusted()}.lock"), whole_file(_trusted()) as part:
            part.write_text(json.dumps({**_recorded(), key: sha256}, indent=1), encoding="utf-8")
    except OSError as error:
        warn_uncached(error)


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
