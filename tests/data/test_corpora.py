import shutil
from dataclasses import replace

import numpy as np
import pytest

from collapse.base.errors import DataError, DataMissingError, UnknownNameError
from collapse.data import (
    CORPORA,
    Corpus,
    Generated,
    arrays,
    available,
    corpora,
    documents_for,
    load,
    registry,
    resolve,
    texts,
)
from collapse.data.kinds import Dialogues
from collapse.data.own import from_memory


def text_of(corpus):
    return {
        name: [corpus.vocabulary.decode(d) for d in (s[i] for i in range(len(s)))]
        for name, s in (("train", corpus.train), ("valid", corpus.valid), ("test", corpus.test))
    }


def test_load_from_files(tiny):
    corpus = load("tiny", "full")
    assert text_of(corpus) == {
        "train": ["the food was good", "the staff was rude", "the the food"],
        "valid": ["the staff was good"],
        "test": ["<unk> <unk>", "food was <unk>"],
    }
    assert corpus.vocabulary.words[4] == "the"
    assert corpus.bos_eos
    assert "3 / 1 / 2 documents, 10 words" in corpus.source
    assert len(load("tiny", "light").train) == 2


def test_second_start_reads_no_text(tiny, monkeypatch):
    first = load("tiny", "full")
    shutil.rmtree(tiny)
    monkeypatch.setattr(texts, "read_lines", None)
    second = load("tiny", "full")
    assert text_of(first) == text_of(second)
    assert second.source == first.source
    with pytest.raises(ValueError, match="read-only"):
        second.train.tokens[0] = 1


@pytest.mark.parametrize("damage", ["cut", "flipped", "gone", "listing", "words"])
def test_a_damaged_cache_is_built_again(tiny, places, damage):
    before = text_of(load("tiny", "full"))
    (folder,) = (p for p in (places / "cache/corpora").iterdir() if p.is_dir())
    name = {"listing": "digests.json", "words": "about.json"}.get(damage, "train.tokens.npy")
    content = bytearray((folder / name).read_bytes())
    content[-3] ^= 0x01
    if damage == "cut":
        del content[-6:]
    (folder / name).unlink()
    if damage != "gone":
        (folder / name).write_bytes(content)
    assert arrays.restore(folder) is None
    assert text_of(load("tiny", "full")) == before
    assert arrays.restore(folder) is not None


def test_a_full_disk_leaves_nothing_behind(tiny, places, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(arrays.np, "save", full)
        with pytest.warns(UserWarning, match=r"cache \(No space left.*COLLAPSE_CACHE"):
            uncached = load("tiny", "full")
    assert [p for p in (places / "cache/corpora").iterdir() if p.is_dir()] == []
    assert text_of(uncached) == text_of(load("tiny", "full"))


def test_a_cache_that_cannot_be_made_is_done_without(tiny, places, monkeypatch):
    expected = text_of(load("tiny", "full"))
    monkeypatch.setenv("COLLAPSE_CACHE", str(places / "a-file"))
    (places / "a-file").write_text("")
    with pytest.warns(UserWarning, match="Nothing can be kept in .*a-file.*COLLAPSE_CACHE"):
        assert text_of(load("tiny", "full")) == expected


def test_a_full_cache_that_may_only_be_read_serves_without_a_word(tiny, monkeypatch):
    expected = text_of(load("tiny", "full"))
    shutil.rmtree(tiny)

    def refuse(*_, **__):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(arrays.FileLock, "acquire", refuse)
    assert text_of(load("tiny", "full")) == expected


def test_unknown_names_and_seeds(tiny):
    with pytest.raises(UnknownNameError, match="Did you mean 'tiny'"):
        load("tinny")
    with pytest.raises(UnknownNameError, match="Valid: light, full"):
        load("tiny", "huge")
    with pytest.raises(DataError, match="cannot be drawn with seed 3"):
        load("tiny", "light", seed=3)
    with pytest.raises(UnknownNameError, match="yelp-sentiment"):
        available("yelp-sentimental")


def test_available_and_missing(tiny):
    assert available("tiny")
    assert available("synthetic")
    (tiny / "test.txt").unlink()
    assert not available("tiny")
    with pytest.raises(DataMissingError, match=r"tiny/test.txt"):
        load("tiny", "full")


@pytest.mark.parametrize(("there", "name"), [(True, "yelp-sentiment"), (False, "toy-reviews")])
def test_auto_is_decided_once(monkeypatch, there, name):
    requests = []
    monkeypatch.setattr(registry, "obtainable", lambda key: requests.append(key) or there)
    corpora._automatic.cache_clear()
    assert [resolve("auto"), resolve("auto")] == [name, name]
    assert len(requests) == (4 if there else 1)
    corpora._automatic.cache_clear()
    assert resolve("synthetic") == "synthetic"
    with pytest.raises(UnknownNameError):
        resolve("automatic")


def test_every_corpus_says_what_it_is():
    for spec in CORPORA.values():
        assert spec.source.endswith(".")
        assert spec.rights.endswith(".")


def test_dialogues_are_the_corpora_with_contexts():
    told = {name for name, spec in CORPORA.items() if isinstance(spec, Dialogues)}
    assert set(corpora.DIALOGUES) == told | {"toy-dialogue"}


def test_labelled_are_the_texts_whose_reader_gives_labels():
    readers = (texts.read_labelled, texts.read_yelp_sentiment)
    told = [name for name, spec in CORPORA.items() if getattr(spec, "read", None) in readers]
    assert set(corpora.LABELLED) == {"toy-reviews", *told}
    assert load("toy-reviews", "smoke").test.labels is not None


def real(name):
    """Skip unless every file of the corpus is at hand; nothing is downloaded here."""
    if not all(registry.find(key) for key in CORPORA[name].files):
        pytest.skip(f"the files of {name} are not in COLLAPSE_DATA")


@pytest.mark.data
def test_real_yelp_sentiment(tmp_path, monkeypatch):
    monkeypatch.setenv("COLLAPSE_CACHE", str(tmp_path))
    real("yelp-sentiment")
    corpus = load("yelp-sentiment", "full")
    assert [len(s) for s in (corpus.train, corpus.valid, corpus.test)] == [100_000, 10_000, 10_000]
    raw = texts.read_yelp_sentiment(
        [registry.fetch(key) for key in CORPORA["yelp-sentiment"].files],
        {"train": 100_000, "valid": 10_000, "test": 10_000},
    )
    every = [text for split in raw.splits.values() for text in split]
    assert len(set(every)) == len(every) == 120_000
    for number in range(0, 100_000, 999):
        assert corpus.vocabulary.decode(corpus.train[number]) == raw.splits["train"][number]
    assert set(np.unique(corpus.test.labels)) == {0, 1}
    light = load("yelp-sentiment", "light")
    assert [len(s) for s in (light.train, light.valid, light.test)] == [8_000, 1_000, 1_000]
    assert len(light.vocabulary) == 2_000
    assert light.train.lengths.tolist() == corpus.train.lengths[:8_000].tolist()


@pytest.mark.data
def test_real_ptb(tmp_path, monkeypatch):
    monkeypatch.setenv("COLLAPSE_CACHE", str(tmp_path))
    real("ptb")
    corpus = load("ptb", "full")
    assert [len(s) for s in (corpus.train, corpus.valid, corpus.test)] == [42_068, 3_370, 3_761]
    assert [len(s.tokens) for s in (corpus.train, corpus.valid, corpus.test)] == [
        887_521,
        70_390,
        78_669,
    ]
    # 9,999 types in the training file, one of which is <unk> itself.
    assert len(corpus.vocabulary) == 9_998 + 4


def generated(*texts: str) -> Generated:
    return Generated("Mine.", lambda scale, seed: Corpus.from_texts([*texts, scale, str(seed)] * 9))


def test_what_is_added_to_the_table_is_known_by_its_documents(monkeypatch) -> None:
    monkeypatch.setitem(CORPORA, "mine", generated("a b"))
    known = documents_for("mine", "smoke")
    assert str(known).startswith("mine-")
    assert known.identity == from_memory(Corpus.from_texts(["a b", "smoke", "0"] * 9)).identity
    assert documents_for("mine", "light") != known
    assert len(load("mine", "smoke", 3).vocabulary) == 4 + 4
    monkeypatch.setitem(CORPORA, "mine", generated("a c"))
    assert documents_for("mine", "smoke") != known
    with pytest.raises(UnknownNameError, match="no scale called 'lite'"):
        documents_for("mine", "lite")


def test_the_place_of_a_corpus_of_the_package_can_be_taken(monkeypatch) -> None:
    assert documents_for("synthetic", "smoke") == "synthetic"
    monkeypatch.setitem(CORPORA, "synthetic", generated("a b"))
    assert str(documents_for("synthetic", "smoke")).startswith("synthetic-")


def test_a_loaded_corpus_of_the_package_is_asked_for_by_its_name() -> None:
    corpus = load("toy-reviews", "smoke")
    with pytest.raises(DataError, match=r"'toy-reviews' of the package at scale 'smoke'\. Hand"):
        resolve(corpus)
    assert str(resolve(replace(corpus, name="mine"))).startswith("mine-")
    assert str(resolve(Corpus.from_texts(["a b"] * 9, name="yelp"))).startswith("yelp-")
