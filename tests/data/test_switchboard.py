"""Switchboard: windows, speakers, acts and splits; the real files where they are at hand."""

import io
import json
import tarfile
from pathlib import Path

import pytest

from collapse.base.errors import DataError
from collapse.data import Vocabulary, available, load
from collapse.data import switchboard as sw
from collapse.data.registry import at_hand

LINES = "A|Hello, you.|fp\nB|Hi.|fp\nB|--|%\nA|Uh-huh, I don't know.|sd\n"


def talk(*said: tuple[str, str, str]) -> sw.Conversation:
    return [sw.Utterance(speaker, sw.words_of(text), act) for speaker, text, act in said]


TALK = talk(("A", "a b", "qw"), ("B", "c", "sd"), ("B", "d", "sd"), ("A", "e", "b"))


def test_words_are_lower_case_with_their_hyphens_and_apostrophes() -> None:
    assert sw.words_of("Uh-huh, I don't.") == ("uh-huh", ",", "i", "don't", ".")
    assert len(sw.words_of("word " * 50)) == 40


def test_lines_become_utterances_and_those_without_words_go() -> None:
    found = list(sw.swda_utterances("A|Okay.|fo\nB||x\nA| |x\n"))
    assert found == [sw.Utterance("A", ("okay", "."), "fo")]
    with pytest.raises(DataError, match=r"not speaker\|utterance\|dialogue act: 'A: Okay'"):
        list(sw.swda_utterances("A: Okay"))


def test_every_utterance_but_the_first_replies_to_those_before() -> None:
    words = Vocabulary(["a", "b", "c", "d", "e"])
    found = sw.exchanges([TALK, TALK], words, ["b", "qw", "sd"], window=2)
    assert len(found) == 6
    texts = [[words.decode(u) for u in found.context(i)] for i in range(3)]
    assert texts == [["a b"], ["a b", "c"], ["c", "d"]]
    assert [words.decode(found[i]) for i in range(3)] == ["c", "d", "e"]
    assert [found.acts[label] for label in found.labels[:3]] == ["sd", "sd", "b"]
    own = [
        (found.speakers[slice(*found.windows[i])] == found.repliers[i]).tolist() for i in range(3)
    ]
    assert own == [[False], [False, True], [False, False]]
    assert found.windows[3].tolist() == [4, 5]  # no window reaches into another conversation


def archive(folder: Path, names: list[str]) -> Path:
    path = folder / "swda.tar"
    with tarfile.open(path, "w") as out:
        for name in names:
            member = tarfile.TarInfo(name)
            member.size = len(LINES.encode())
            out.addfile(member, io.BytesIO(LINES.encode()))
    return path


def test_an_archive_is_read_by_split_and_a_short_one_refused(tmp_path, monkeypatch) -> None:
    names = ["x/swda_data/train/7.txt", "x/swda_data/train/5.txt", "x/swda_data/val/1.txt"]
    path = archive(tmp_path, [*names, "x/swda_data/test/2.txt", "x/swda_data/metadata/3.txt"])
    with pytest.raises(DataError, match="1115"):
        sw.read_swda([path], sw.WHOLE)
    monkeypatch.setattr(sw, "WHOLE", {"train": 2, "valid": 1, "test": 1})
    found = sw.read_swda([path], {"train": 1, "valid": 5, "test": 5})
    assert [len(talks) for talks in found.values()] == [1, 1, 1]
    assert [u.act for u in found["train"][0]] == ["fp", "fp", "%", "sd"]


def test_json_lines_are_conversations(tmp_path) -> None:
    line = json.dumps({"utts": [["A", "oh i", ["sd", [0.1]]], ["B", "", ["b", [0.0]]]]})
    path = tmp_path / "talks.jsonl"
    path.write_text(f"{line}\n{line}\n")
    found = sw.read_zhao([path] * 3, {"train": 1, "valid": 2, "test": 2})
    assert found["train"] == [[sw.Utterance("A", ("oh", "i"), "sd")]]
    assert len(found["test"]) == 2
    path.write_text('{"utts": 3}\n')
    with pytest.raises(DataError, match="is no conversation"):
        sw.read_zhao([path] * 3, {"train": 1, "valid": 1, "test": 1})


@pytest.mark.data
def test_the_real_corpus_is_what_its_source_says() -> None:
    if not at_hand("swda/swda_data.tar"):
        pytest.skip("SwDA is not on this machine")
    corpus = load("switchboard")
    assert available("switchboard")
    assert (len(corpus.vocabulary), len(corpus.train.acts)) == (1000, len({*corpus.train.acts}))
    for split in (corpus.train, corpus.valid, corpus.test):
        assert split.lengths.max() <= 40
        assert set(split.windows[:, 1] - split.windows[:, 0]) == {1, 2, 3}
        assert 0 <= split.labels.min() <= split.labels.max() < len(split.acts)
    with pytest.raises(DataError, match="fixed text"):
        load("switchboard", seed=1)


@pytest.mark.data
def test_the_set_of_zhao_can_be_read() -> None:
    if not at_hand("swda/valid.jsonl"):
        pytest.skip("the set of Zhao et al. (2017) is not on this machine")
    from collapse.data.registry import fetch

    found = sw.read_zhao([fetch("swda/valid.jsonl")] * 3, dict.fromkeys(sw.WHOLE, 60))
    assert len(found["valid"]) == 60
    assert sum(map(len, found["valid"])) <= 5225  # those without a word are dropped
    assert {u.speaker for t in found["valid"] for u in t} == {"A", "B"}
