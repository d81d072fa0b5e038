import hashlib
import json
import lzma
import time
from dataclasses import replace

import pytest

from collapse.base.errors import DataError, DataMissingError, UnknownNameError
from collapse.data import CORPORA, load, registry, texts

KEY = "tiny/train.txt"
TEXT = "the food was good\nthe staff was rude\n\nthe the food\n"


def installed(places):
    """Every file in the cache but locks."""
    return {p.name for p in (places / "cache").rglob("*") if p.is_file() and p.suffix != ".lock"}


def test_a_plain_file_in_the_data_folder_is_used_where_it_is(tiny, places):
    assert registry.fetch(KEY) == tiny / "train.txt"
    assert installed(places) == set()


def test_a_compressed_file_is_unpacked_into_the_cache(tiny, places):
    (tiny / "train.txt").unlink()
    (tiny / "train.txt.xz").write_bytes(lzma.compress(TEXT.encode()))
    path = registry.fetch(KEY)
    assert path.is_relative_to(places / "cache")
    assert path.read_text() == TEXT
    (tiny / "train.txt.xz").unlink()
    assert registry.fetch(KEY) == path


@pytest.mark.parametrize("damage", ["cut", "flipped", "other"])
def test_a_damaged_compressed_file_is_refused_and_nothing_stays(tiny, places, damage):
    (tiny / "train.txt").unlink()
    packed = bytearray(lzma.compress((TEXT + "x" * (damage == "other")).encode()))
    if damage == "cut":
        del packed[len(packed) // 2 :]
    if damage == "flipped":
        packed[len(packed) // 2] ^= 0xFF
    (tiny / "train.txt.xz").write_bytes(packed)
    with pytest.raises(DataError, match=r"train.txt.xz.*[Dd]elete it and fetch it again"):
        registry.fetch(KEY)
    assert installed(places) == set()


def test_a_wrong_file_is_named_with_both_hashes(tiny):
    (tiny / "train.txt").write_text(TEXT[:-5])
    found = hashlib.sha256(TEXT[:-5].encode()).hexdigest()
    expected = hashlib.sha256(TEXT.encode()).hexdigest()
    with pytest.raises(DataError, match=f"{found}.*{expected}"):
        registry.fetch(KEY)


def test_a_missing_file_says_what_to_do(tiny, monkeypatch):
    (tiny / "train.txt").unlink()
    with pytest.raises(DataMissingError) as caught:
        registry.fetch(KEY)
    message = str(caught.value)
    for part in (
        KEY,
        "COLLAPSE_DATA",
        str(tiny.parent),
        "http://127.0.0.1:9/train.txt",
        ".xz",
        "toy-rev",
    ):
        assert part in message
    monkeypatch.delenv("COLLAPSE_DATA")
    with pytest.raises(DataMissingError, match="COLLAPSE_DATA is not set"):
        registry.fetch(KEY)


def at(monkeypatch, url, **what):
    monkeypatch.setitem(registry.FILES, KEY, registry.SourceFile(url + "train.txt", **what))


def test_a_download_is_verified_and_kept(places, web, monkeypatch):
    at(monkeypatch, web, sha256=hashlib.sha256(TEXT.encode()).hexdigest())
    (places / "web/train.txt").write_text(TEXT)
    assert registry.obtainable(KEY)
    assert registry.fetch(KEY).read_text() == TEXT
    (places / "web/train.txt").unlink()
    assert registry.fetch(KEY).read_text() == TEXT
    assert installed(places) == {"train.txt"}


def test_a_cache_that_refuses_a_file_is_named_and_a_hash_is_not_worth_an_error(
    tiny, places, web, monkeypatch
):
    key = "tiny/train.txt"
    content = (tiny / "train.txt").read_bytes()
    (places / "web/train.txt").write_bytes(content)
    (tiny / "train.txt").rename(places / "aside")
    monkeypatch.setenv("COLLAPSE_CACHE", str(places / "a-file"))
    (places / "a-file").write_text("")
    known = registry.FILES[key].sha256
    monkeypatch.setitem(registry.FILES, key, registry.SourceFile(web + "train.txt", known))
    with pytest.raises(DataError, match=r"a-file/files/tiny/train\.txt cannot be kept.*COLLAPSE_C"):
        registry.fetch(key)
    (tiny / "train.txt").write_bytes(content)
    assert registry.fetch(key).read_bytes() == content
    unknown = registry.SourceFile(web + "train.txt", None, lines=4)
    monkeypatch.setitem(registry.FILES, key, unknown)
    with pytest.warns(UserWarning, match="Nothing can be kept"):
        assert registry.fetch(key).read_bytes() == content


def test_a_wrong_or_absent_download_installs_nothing(places, web, monkeypatch):
    at(monkeypatch, web, sha256="0" * 64)
    (places / "web/train.txt").write_text(TEXT)
    with pytest.raises(DataError, match="expected 0000"):
        registry.fetch(KEY)
    (places / "web/train.txt").unlink()
    assert not registry.obtainable(KEY)
    with pytest.raises(DataMissingError, match="404"):
        registry.fetch(KEY)
    assert installed(places) == set()


def test_trust_on_first_use(places, web, monkeypatch):
    at(monkeypatch, web, lines=4)
    (places / "web/train.txt").write_text(TEXT)
    assert registry.digest(KEY) == hashlib.sha256(TEXT.encode()).hexdigest()
    assert not (places / "cache/trusted.json").exists()
    registry.fetch(KEY)
    assert json.loads((places / "cache/trusted.json").read_text()) == {KEY: registry.digest(KEY)}
    registry.fetch(KEY).unlink()
    (places / "web/train.txt").write_text(TEXT.upper())
    with pytest.raises(DataError, match=r"not the expected one.*trusted\.json.*delete the line"):
        registry.fetch(KEY)
    (places / "cache/trusted.json").write_text("{")
    with pytest.raises(DataError, match=r"trusted.json cannot be read"):
        registry.fetch(KEY)


def test_a_file_is_trusted_only_when_its_corpus_has_been_read(tiny, places, monkeypatch):
    """A wrong file with the right number of lines must not shut the right one out."""
    monkeypatch.setitem(CORPORA, "tiny", replace(CORPORA["tiny"], read=texts.read_labelled))
    texts_of = {path.name: path.read_text() for path in tiny.iterdir()}
    for name, text in texts_of.items():
        source = registry.SourceFile("http://127.0.0.1:9/", lines=text.count("\n"))
        monkeypatch.setitem(registry.FILES, f"tiny/{name}", source)
    with pytest.raises(DataError, match="a tab"):
        load("tiny", "full")
    assert not (places / "cache/trusted.json").exists()
    for name, text in texts_of.items():
        labelled = "".join(f"1\t{line}\n" for line in text.split("\n")[:-1])
        (tiny / name).write_text(labelled)
    assert len(load("tiny", "full").train) == 4
    recorded = json.loads((places / "cache/trusted.json").read_text())
    assert sorted(recorded) == sorted(f"tiny/{name}" for name in texts_of)
    assert recorded[KEY] == registry.digest(KEY)


def test_a_first_file_with_too_few_lines_is_not_trusted(places, web, monkeypatch):
    at(monkeypatch, web, lines=100_000)
    (places / "web/train.txt").write_text(TEXT)
    with pytest.raises(DataError, match="has 4 lines, expected 100,000"):
        registry.fetch(KEY)
    assert installed(places) == set()


def test_another_form_of_the_file_will_do(tiny, monkeypatch):
    other = registry.FILES[KEY]
    monkeypatch.setitem(registry.FILES, "tiny/all.tar", registry.SourceFile("", "0", instead=KEY))
    assert registry.fetch("tiny/all.tar") == tiny / "train.txt"
    (tiny / "train.txt").unlink()
    assert not registry.obtainable("tiny/all.tar")
    with pytest.raises(DataMissingError, match=r"as tiny/train.txt .* or tiny/all.tar"):
        registry.fetch("tiny/all.tar")
    assert other.url.endswith("train.txt")


def test_a_silent_source_is_given_up_quickly(monkeypatch):
    def say_nothing(*_, **__):
        time.sleep(1)
        raise OSError("no name server")

    monkeypatch.setattr(registry, "PROBE_SECONDS", 0.1)
    monkeypatch.setattr(registry.urllib.request, "urlopen", say_nothing)
    start = time.perf_counter()
    assert not registry._answers("http://example.invalid/")
    assert time.perf_counter() - start < 0.8


def test_every_file_can_be_checked_and_has_a_source():
    for key, source in registry.FILES.items():
        assert source.sha256 is None or len(source.sha256) == 64
        counted_by_reader = key in ("swda/Switchboard-Corpus.tar.gz", "omniglot/chardata.mat")
        assert source.sha256 or source.lines or counted_by_reader, key
        assert source.url.startswith("https://") or source.instead in registry.FILES
    with pytest.raises(UnknownNameError, match=r"Did you mean 'ptb/train\.txt'"):
        registry.fetch("ptb/train.text")
