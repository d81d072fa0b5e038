"""Texts of one's own: whatever the file, the documents are those that were written into it."""

import csv
import doctest
import importlib
import io
import json
import os
import random
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collapse.base.errors import CollapseError, DataError, UnknownNameError
from collapse.data import Corpus, Documents, OwnCorpus, Vocabulary, arrays, load, resolve
from collapse.data.corpora import available
from collapse.data.own.corpus import Counts, from_memory, from_path
from collapse.data.own.cut import cut
from collapse.data.reading import How
from collapse.data.reading.texts import checked_texts
from collapse.data.texts import Texts

SPLITS = ("train", "valid", "test")
ROWS = [("good food", "pos"), ("bad, rude staff", "neg"), ('they said "no"', "neg"), ("NA", "pos")]
ROWS += [("null", "neg"), ("123", "pos"), ("so\ngood", "pos"), ("fine", "neg")]


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLLAPSE_RUNS", str(tmp_path / "runs"))


def texts_of(corpus: Corpus, split: str) -> list[str]:
    some = getattr(corpus, split)
    return [corpus.vocabulary.decode(some[n]) for n in range(len(some))]


def sentences(count: int, seed: int = 0) -> list[str]:
    """Sentences of 1 to 9 words; the first word is the number of the sentence."""
    rng = random.Random(seed)
    words = [f"w{n}" for n in range(30)]
    return [" ".join([str(n), *rng.choices(words, k=rng.randrange(9))]) for n in range(count)]


def table(rows: list[tuple[str, str]], **options: str) -> str:
    """Rows as a CSV file with a header."""
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n", **options).writerows([("text", "label"), *rows])
    return stream.getvalue()


def written(path: Path, content: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


# From memory


def test_splits_that_are_given_stay_as_they_are() -> None:
    given_texts = {"train": ["b a", " a  c ", "d"], "valid": ["a x", "d d"], "test": ["c", "a a a"]}
    corpus = Corpus.from_texts(**given_texts, name="abc")
    assert texts_of(corpus, "train") == ["b a", "a c", "d"]
    assert texts_of(corpus, "valid") == ["a <unk>", "d d"]
    assert texts_of(corpus, "test") == ["c", "a a a"]
    assert corpus.vocabulary.words[4:] == ["a", "b", "c", "d"]
    assert (corpus.name, corpus.scale, corpus.bos_eos) == ("abc", "full", True)


def test_one_list_is_split_by_the_rule_with_its_labels() -> None:
    texts = sentences(57)
    labels = [f"label of {text.split()[0]}" for text in texts]
    corpus = Corpus.from_texts(texts, labels=labels)
    assert [len(getattr(corpus, split)) for split in SPLITS] == [47, 5, 5]
    words = {w for t in texts_of(corpus, "train") for w in t.split()}
    names = corpus.reading.labels
    seen = Counter()
    for split in SPLITS:
        some = getattr(corpus, split)
        for number in range(len(some)):
            # A held-out document begins with its number, which no other has: it is unknown.
            name = names[some.labels[number]]
            text = next(t for t, label in zip(texts, labels, strict=True) if label == name)
            told = " ".join(w if w in words else "<unk>" for w in text.split())
            assert corpus.vocabulary.decode(some[number]) == told
            seen[text] += 1
    assert seen == Counter(texts)
    again = Corpus.from_texts(texts, labels=labels)
    assert from_memory(again).identity == from_memory(corpus).identity
    assert texts_of(corpus, "train") != [t for t in texts if t in texts_of(corpus, "train")]


@pytest.mark.parametrize("count", [6, 19, 20, 105])
def test_sizes_of_the_splits_that_are_made(count: int) -> None:
    corpus = Corpus.from_texts(sentences(count))
    held_out = max(2, count // 10)
    sizes = [len(getattr(corpus, split)) for split in SPLITS]
    assert sizes == [count - 2 * held_out, held_out, held_out]


def test_blank_documents_go_with_their_labels_and_are_counted() -> None:
    corpus = Corpus.from_texts(
        ["a", "", "b", " \t\n", "a b"], ["", "a"], ["b", "b"], labels=("xyzxy", "xx", "yz")
    )
    assert texts_of(corpus, "train") == ["a", "b", "a b"]
    assert [corpus.reading.labels[n] for n in corpus.train.labels] == ["x", "z", "y"]
    assert corpus.reading.dropped == {"train": 2, "valid": 1, "test": 0}


@pytest.mark.parametrize(
    "labels",
    [
        {"train": [5, 1, 5], "valid": [1, 1], "test": [10, 5]},
        ([5, 1, 5], [1, 1], [10, 5]),
        [["5", "1", "5"], np.array([1, 1]), pd.Series([10, 5])],
    ],
)
def test_labels_are_numbered_in_the_order_of_their_names(labels) -> None:
    corpus = Corpus.from_texts(["a", "b", "c"], ["a", "b"], ["a", "b"], labels=labels)
    assert corpus.reading.labels == ("1", "10", "5")
    assert corpus.train.labels.tolist() == [2, 0, 2]
    assert corpus.test.labels.tolist() == [1, 2]


def test_any_iterable_of_texts_will_do() -> None:
    texts = sentences(20)
    identity = from_memory(Corpus.from_texts(texts)).identity
    for same in (tuple(texts), pd.Series(texts), np.array(texts), (text for text in texts)):
        assert from_memory(Corpus.from_texts(same)).identity == identity


@pytest.mark.parametrize(
    ("given_texts", "options", "sentence"),
    [
        (("abc",), {}, r"train is a list of texts, one a document; got one text: 'abc'"),
        ((["a"] * 5,), {}, r"5 documents are too few to make splits of.* Give 6 or more"),
        ((["a"] * 9, ["a"]), {}, r"there is train and valid but no test\. Give all of train"),
        ((["a"] * 9, None, ["a"]), {}, r"there is train and test but no valid"),
        ((["a"], ["", " "], ["a"]), {}, r"the split valid has no document with a text"),
        ((["a"] * 9,), {"labels": [1] * 8}, r"train has 9 documents and 8 labels"),
        ((["a"] * 9,), {"labels": {"test": [1]}}, r"texts of train, and labels of test"),
        ((["a"],) * 3, {"labels": ([1], [1])}, r"texts of train, valid, test, and labels of train"),
        (
            (["a"],) * 3,
            {"labels": ["x"] * 80},
            r"labels is one list of 80, and .*'test': \[\.\.\.\]",
        ),
        ((["a"],) * 3, {"labels": [1, 2, 3]}, r"labels is one list of 3, and there are texts of t"),
        (({"train": ["a"] * 9},), {}, r"got a dict of 'train'.*such as train=NAME\['train'\]"),
        (
            (pd.DataFrame({"text": ["a"] * 9, "n": 1}),),
            {},
            r"got a DataFrame of 'text', 'n'\. Give",
        ),
        ((["a"],), {}, r"1 document is too few to make splits of, for each of train"),
        ((["a"],) * 3, {"labels": ([1],) * 4}, r"and labels of train, valid, test, list 4\."),
        ((["a"] * 6,), {"labels": [1, 2, None, 1, 1, 1]}, r"Document 2 of train has no label: No"),
        ((["a"] * 6,), {"labels": {"train": [1, 2, float("nan"), 1, 1, 1]}}, r"no label: nan"),
        ((["a"] * 6,), {"labels": ["x", " ", "x", "x", "x", "x"]}, r"Document 1 .* no label: ' '"),
        ((["a"] * 9,), {"tokens": "word"}, r"no kind of tokens called 'word'\. Did you mean"),
        ((["a"] * 9,), {"vocabulary_size": 4}, r"vocabulary_size is a whole number, 5 or more"),
        ((["a"] * 9,), {"longest": 0}, r"longest is a whole number, 1 or more; got 0"),
    ],
)
def test_what_makes_no_corpus_is_answered_with_a_sentence(given_texts, options, sentence) -> None:
    with pytest.raises(CollapseError, match=sentence):
        Corpus.from_texts(*given_texts, **options)


@pytest.mark.parametrize("wrong", [3, None, float("nan"), ["b"]])
def test_what_is_no_text_is_answered_with_its_place(wrong) -> None:
    with pytest.raises(DataError, match=rf"Document 1 of valid is {re.escape(str(wrong))}, not a"):
        checked_texts(["a", wrong, "c"], "valid")


# Tokens and lengths


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1, max_size=8))
def test_characters_lose_nothing_but_the_kind_of_white_space(texts: list[str]) -> None:
    kept = [text for text in texts if text.strip()] or ["字"]
    corpus = Corpus.from_texts(kept, kept, kept, tokens="characters", longest=None)
    for text, tokens in zip(kept, texts_of(corpus, "train"), strict=True):
        assert tokens.split(" ") == list("▁".join(text.split()))


def test_a_language_without_spaces() -> None:
    texts = ["我喜欢这部电影,它很好看", "服务很差 再也不来"] * 5
    corpus = Corpus.from_texts(texts, texts, texts, tokens="characters")
    assert corpus.train.lengths.tolist() == [12, 9] * 5
    assert set(corpus.vocabulary.words[4:]) == set("".join(texts).replace(" ", "▁"))
    whole = Corpus.from_texts(texts, texts, texts)
    assert len(whole.vocabulary) == 4 + 3
    unspaced = ["我" * 30, "你" * 30]
    said = str(Corpus.from_texts(unspaced, unspaced, unspaced).report())
    assert "A word has 30 characters on average" in said
    assert "take characters as tokens: tokens='characters'." in said
    assert "characters on average" not in str(corpus.report())


def test_short_lines_without_spaces_are_told_how_to_become_characters(tmp_path) -> None:
    lines = [f"我喜欢{chr(0x4E00 + n)}" for n in range(30)]
    path = written(tmp_path / "zh.txt", "\n".join(lines))
    said = str(Corpus.from_folder(path).report())
    assert "Most documents have no white space in them: each is a single word." in said
    assert "tokens: characters in zh.txt.yaml beside the texts, --tokens characters" in said
    written(tmp_path / "zh.txt.yaml", "tokens: characters")
    assert "white space" not in str(Corpus.from_folder(path).report())
    spaced = str(Corpus.from_texts(["a b"] * 9 + ["a"]).report())
    assert "white space" not in spaced
    folder = written(tmp_path / "zh" / "train.txt", "\n".join(lines)).parent
    assert "tokens: characters in corpus.yaml" in str(Corpus.from_folder(folder).report())


def test_a_long_document_is_cut_and_that_is_said() -> None:
    texts = ["a b", "w " * 5000, "c " * 200]
    corpus = Corpus.from_texts(texts, ["a"], ["a"])
    assert corpus.train.lengths.tolist() == [2, 200, 200]
    assert corpus.reading.cut == {"train": 1, "valid": 0, "test": 0}
    said = str(corpus.report())
    assert "1 document was cut after 200 tokens; the longest had 5,000." in said
    assert "To keep all whole: longest=5000." in said
    whole = Corpus.from_texts(texts, ["a"], ["a"], longest=None)
    assert whole.train.lengths.tolist() == [2, 5000, 200]
    assert "were cut" not in str(whole.report())


def test_only_the_commonest_tokens_get_a_number() -> None:
    corpus = Corpus.from_texts(["a a a b b c"], ["a b c"], ["c d"], vocabulary_size=6)
    assert corpus.vocabulary.words[4:] == ["a", "b"]
    report = corpus.report()
    assert {name: split.unknown for name, split in report.splits.items()} == {
        "train": pytest.approx(1 / 6),
        "valid": pytest.approx(1 / 3),
        "test": 1.0,
    }


# The report


def test_the_report_counts_what_is_there() -> None:
    train, valid, test = ["a b c", "d", "", "a b c", "e f"], ["d", "g g"], ["a b c", "d", "d"]
    corpus = Corpus.from_texts(train, valid, test, labels=("uvwuv", "uu", "uvw"))
    report = corpus.report()
    lengths = [3, 1, 3, 2]
    found = report.splits["train"]
    assert (found.documents, found.tokens) == (4, sum(lengths))
    assert (found.shortest, found.median, found.longest) == (1, float(np.median(lengths)), 3)
    assert [report.splits[s].repeated for s in SPLITS] == [1, 1, 3]
    assert [report.splits[s].dropped for s in SPLITS] == [1, 0, 0]
    assert report.splits["train"].labels == (2, 2, 0)
    assert report.vocabulary == 4 + 6
    shown = [line.split() for line in str(report).splitlines()]
    assert ["documents", "4", "2", "3"] in shown
    assert ["<unk>", "0.0%", "66.7%", "0.0%"] in shown
    assert ["label", "w", "0", "0", "1"] in shown


def test_of_many_labels_the_report_shows_the_commonest() -> None:
    labels = [f"{n:03}" for n in range(40)] + ["007"] * 5 + ["x" * 99] * 3
    corpus = Corpus.from_texts(["a"] * 48, ["a", "a"], ["a", "a"], labels=(labels, "yz", "yz"))
    rows = [line.split() for line in str(corpus.report()).splitlines()]
    shown = [row for row in rows if row[0] == "label"]
    assert shown[:2] == [["label", "007", "6", "0", "0"], ["label", "x" * 23 + "…", "3", "0", "0"]]
    (rest,) = [row for row in rows if row[1:3] == ["other", "labels"]]
    assert int(rest[0]) + len(shown) == 43
    for column in range(3):
        total = int(rest[3 + column]) + sum(int(row[2 + column]) for row in shown)
        assert total == (48, 2, 2)[column]
    assert "43 labels for 52 documents are hardly labels" in str(corpus.report())
    assert "hardly labels" not in str(
        Corpus.from_texts(["a"] * 9, labels=list("abcabcabc")).report()
    )


def test_words_that_are_called_like_markers_are_counted() -> None:
    corpus = Corpus.from_texts(["a <s> b </s>", "<pad> <unk>"], ["a <s>"], ["b"])
    assert texts_of(corpus, "train")[0] == "a <unk> b <unk>"
    assert "4 words of the texts are <pad>, <s> or </s>" in str(corpus.report())
    assert "names of markers" not in str(Corpus.from_texts(["a <unk>"], ["a"], ["b"]).report())


def test_a_report_is_shown_as_the_last_line_of_a_cell() -> None:
    report = load("toy-reviews", "smoke").report()
    assert repr(report) == str(report)
    assert repr(report).startswith("toy-reviews\n")


def test_every_corpus_has_a_report() -> None:
    report = load("toy-reviews", "smoke").report()
    assert report.splits["train"].documents == len(load("toy-reviews", "smoke").train)
    assert report.labels == ("0", "1")
    assert "blank" not in str(report)


# From files


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_byte_order_marks_and_line_ends_change_nothing(tmp_path, mark, end) -> None:
    rows = [(text, label) for text, label in ROWS if "\n" not in text]
    lines = "".join(f"{json.dumps({'text': t, 'label': name})}\n" for t, name in rows)
    plain = {".txt": "a b\n\nc\nd\ne\nf\ng\n\n", ".csv": table(rows), ".jsonl": lines}
    for suffix, content in plain.items():
        before = from_path(written(tmp_path / f"plain{suffix}", content))
        other = written(tmp_path / f"other{suffix}", mark + content.replace("\n", end).encode())
        assert from_path(other).identity == before.identity
    dropped = Corpus.from_folder(tmp_path / "other.txt").reading.dropped
    assert dropped == {"train": 2}


def test_a_table_is_read_as_pandas_reads_it(tmp_path: Path) -> None:
    path = written(tmp_path / "rows.csv", table(ROWS))
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    oracle = Corpus.from_texts(frame["text"], labels=list(frame["label"]))
    corpus = Corpus.from_folder(path)
    assert from_memory(corpus).identity == from_memory(oracle).identity
    every = [text for split in SPLITS for text in texts_of(corpus, split)]
    assert sum("<unk>" not in text for text in every) >= len(corpus.train)
    assert {"NA", "null", "123"} <= {w for t, _ in ROWS for w in t.split()}


@pytest.mark.parametrize(("suffix", "options"), [(".csv", {"delimiter": ";"}),
                                                 (".tsv", {"delimiter": "\t"}),
                                                 (".csv", {"quoting": csv.QUOTE_ALL})])  # fmt: skip
def test_other_separators_and_quotes(tmp_path, suffix, options) -> None:
    path = written(tmp_path / f"rows{suffix}", table(ROWS, **options))
    same = Corpus.from_texts([t for t, _ in ROWS], labels=[label for _, label in ROWS])
    assert from_memory(Corpus.from_folder(path)).identity == from_memory(same).identity


def test_texts_stay_texts(tmp_path: Path) -> None:
    texts = ["NA", "null", "123", "nan", "1e5", "true", "None", "007"]
    folder = tmp_path / "texts"
    lines = "".join(json.dumps({"text": text}) + "\n" for text in texts)
    tables = "text\n" + "".join(f"{text}\n" for text in texts)
    for suffix, content in ((".csv", tables), (".jsonl", lines), (".txt", "\n".join(texts))):
        for split in SPLITS:
            written(folder / f"{split}{suffix}", content)
        assert texts_of(Corpus.from_folder(folder), "test") == texts
        for split in SPLITS:
            (folder / f"{split}{suffix}").unlink()


def test_a_document_may_be_longer_than_the_limit_of_the_csv_module(tmp_path: Path) -> None:
    book = "word " * 40_000
    path = written(tmp_path / "books.csv", table([(book, "x")] * 6))
    limit = csv.field_size_limit()
    assert Corpus.from_folder(path).reading.longest == 40_000
    assert csv.field_size_limit() == limit < len(book)


def test_a_folder_of_splits(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    written(folder / "train.txt", "a b\nc\n")
    written(folder / "dev.csv", "Review,id\nb a,1\n")
    written(folder / "Test.jsonl", '{"text": "c"}\n\n{"text": "a"}\n')
    corpus = Corpus.from_folder(folder)
    assert (corpus.name, corpus.reading.path) == ("mine", str(folder))
    assert [texts_of(corpus, split) for split in SPLITS] == [["a b", "c"], ["b a"], ["c", "a"]]
    assert corpus.reading.dropped == {"train": 0, "valid": 0, "test": 1}
    assert "Columns that were not read: id." in str(corpus.report())
    assert not corpus.reading.dealt


def test_columns_can_be_named(tmp_path: Path) -> None:
    rows = "".join(f"{n},t{n},c{n % 2},x\n" for n in range(8))
    path = written(tmp_path / "rows.csv", "text,comment,kind,label\n" + rows)
    corpus = Corpus.from_folder(path, text_column="comment", label_column="kind", name="named")
    assert set(" ".join(texts_of(corpus, "train")).split()) <= {f"t{n}" for n in range(8)}
    assert corpus.reading.labels == ("c0", "c1")
    assert corpus.reading.unread == ("text", "label")
    assert corpus.name == "named"


def test_how_texts_are_read_may_stand_beside_them(tmp_path: Path) -> None:
    path = written(tmp_path / "rows.csv", "comment\n" + "ab cd\n" * 8)
    written(tmp_path / "rows.csv.yaml", "text_column: comment\ntokens: characters\nlongest: 4\n")
    corpus = Corpus.from_folder(path)
    assert texts_of(corpus, "train")[0] == "a b ▁ c"
    assert texts_of(Corpus.from_folder(path, longest=None, tokens="words"), "train")[0] == "ab cd"
    folder = tmp_path / "folder"
    written(folder / "train.csv", "comment\n" + "ab cd\n" * 8)
    written(folder / "corpus.yaml", "text_column: comment\n")
    assert texts_of(Corpus.from_folder(folder), "train")[0] == "ab cd"
    with pytest.raises(UnknownNameError, match=r"no way to read texts called 'token'.*'tokens'"):
        Corpus.from_folder(path, token="words")
    for content, sentence in (
        ("tokn: words", r"rows\.csv\.yaml says cannot be used: There is no way .*'tokn'.*'tokens'"),
        ("tokens: letters", r"no kind of tokens called 'letters'"),
        ("[1]", r"must hold keys, some of tokens, .*; got \[1\]"),
        ("a: [", r"cannot be used: while parsing"),
    ):
        written(tmp_path / "rows.csv.yaml", content)
        with pytest.raises(DataError, match=sentence):
            Corpus.from_folder(path)


BAD = {
    "latin": ("a.txt", b"fine\ncaf\xe9\n", r"a\.txt is not UTF-8: line 2, byte 8 is 0xe9"),
    "utf-16": ("a.txt", "text".encode("utf-16"), r"a\.txt is not UTF-8: line 1, byte 0 is 0xff"),
    "nul": ("a.csv", b"text\nx\ny\0z\n", r"a\.csv has a NUL in line 3, .*Save it as text in UTF-8"),
    "empty": ("a.txt", b"", r"a\.txt has no text in it: it is empty"),
    "mark": ("a.txt", b"\xef\xbb\xbf\n\n", r"a\.txt has no text in it"),
    "blank": ("a.csv", b"text\n\n  \n", r"a\.csv has no text in it"),
    "kind": ("a.pdf", b"%PDF", r"a\.pdf is of no kind .* one of \.txt, \.csv"),
    "column": ("a.csv", b"title,body text\nx,y\n", r"a\.csv has no column called text, .*'title', "
               r"'body text'.*: --text-column NAME, text_column: NAME in a\.csv\.yaml or co"),
    "no header": ("a.csv", b"one document\nanother\n", r"its first line names 'one document'.*If "
                  r"that line is a document, put a header above it"),
    "header only": ("a.csv", b"text,label\n", r"a\.csv has no text in it"),
    "twice": ("a.csv", b"text,text\nx,y\n", r"two columns called 'text'"),
    "fields": ("a.csv", b"text,label\nx,1\nhello, world,1\n", r"3 fields in the row that ends in "
               r"line 3; its header names 2 \(text, label\).*'hello \|  world \| 1'"),
    "fewer": ("a.csv", b"text,label\nx,1\ny\n", r"1 fields in the row that ends in line 3"),
    "quotes": ("a.csv", b'text,label\n"x,1\ny,2\n', r"a\.csv is no table near line 3 \(unexpected"),
    "inner": ("a.csv", b'text,label\n"x" y,1\n', r"no table near line 2 .*double those inside"),
    "no label": ("a.csv", b"text,label\nx,1\ny, \n", r"Line 3 of .*a\.csv has no label: ' ', text"),
    "json": ("a.jsonl", b'{"text": "x"}\n{"text": \n', r"Line 2 of .*a\.jsonl is no JSON"),
    "list": ("a.jsonl", b'["x"]\n', r"Line 1 of .*a\.jsonl is no JSON object: '\[\"x\"\]'"),
    "number": ("a.jsonl", b'{"text": "x"}\n{"text": 3}\n', r"Line 2 .* no text under 'text': 3"),
    "key": ("a.jsonl", b'{"text": "x"}\n{"txt": "y"}\n', r"Line 2 .* no text under 'text': None"),
    "null": ("a.jsonl", b'{"text": "x", "label": 1}\n{"text": "y", "label": null}\n',
             r"Line 2 of .*a\.jsonl has no label: None, text 'y'"),
    "few": ("a.txt", b"x\ny\n", r"a\.txt: 2 documents are too few"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_file_that_cannot_be_read_is_answered_with_its_place(tmp_path, name) -> None:
    file, content, sentence = BAD[name]
    path = written(tmp_path / file, content)
    with pytest.raises(DataError, match=sentence):
        Corpus.from_folder(path)
    assert path.read_bytes() == content


FOLDERS = {
    "nothing": ({}, r"has no split: .* it holds nothing"),
    "other": ({"notes.md": "x"}, r"it holds notes\.md"),
    "one": ({"reviews.csv": "text\nx\n"}, r"To read reviews\.csv alone, give its own path"),
    "two": ({"train.csv": "text\nx\n", "train.txt": "x"}, r"2 files of the split train: train\.cs"),
    "names": ({"valid.txt": "x", "val.txt": "x", "train.txt": "x"}, r"val\.txt, valid\.txt"),
    "missing": ({"train.txt": "x", "test.txt": "x"}, r"there is train and test but no valid"),
    "labels": ({"train.csv": "text,label\nx,1\n", "valid.csv": "text\nx\n", "test.txt": "x"},
               r"labels only in train\. Give every split labels"),
    "wrong column": ({"train.txt": "x", "corpus.yaml": "text_column: comment"},
                     r"train\.txt has lines and no columns.*'comment'"),
    "absent column": ({"train.csv": "text\nx\n", "corpus.yaml": "label_column: texts"},
                      r"no column \(label_column\) in .*train\.csv called 'texts'.*'text'"),
}  # fmt: skip


@pytest.mark.parametrize("name", FOLDERS)
def test_a_folder_that_cannot_be_read_is_answered_with_a_sentence(tmp_path, name) -> None:
    files, sentence = FOLDERS[name]
    folder = tmp_path / "mine"
    folder.mkdir()
    for file, content in files.items():
        written(folder / file, content)
    with pytest.raises(DataError, match=sentence):
        Corpus.from_folder(folder)


def test_nothing_there() -> None:
    with pytest.raises(DataError, match=r"no file or folder nowhere, looked for as /.*nowhere"):
        Corpus.from_folder("nowhere")


# Cut to a scale


def test_a_cut_corpus_is_that_of_the_chosen_texts() -> None:
    texts = {split: sentences(60, seed) for seed, split in enumerate(SPLITS)}
    corpus = Corpus.from_texts(**texts, labels={split: list(range(60)) for split in SPLITS})
    sizes = {"train": 20, "valid": 60, "test": 9}
    small = cut(corpus, sizes, 20)
    names = corpus.reading.labels
    chosen = {
        split: [texts[split][int(names[n])] for n in getattr(small, split).labels]
        for split in SPLITS
    }
    assert {split: len(set(some)) for split, some in chosen.items()} == sizes
    oracle = arrays.encode(Texts(chosen), 20)
    assert small.vocabulary.words == oracle.vocabulary.words
    for split in SPLITS:
        assert (getattr(small, split).tokens == oracle.splits[split].tokens).all()
        assert (getattr(small, split).offsets == oracle.splits[split].offsets).all()
    assert chosen["valid"] == texts["valid"]


def test_a_smaller_scale_takes_a_part_of_what_a_larger_one_takes() -> None:
    texts = sentences(60)
    corpus = Corpus.from_texts(texts, texts, texts, labels=(range(60),) * 3)
    few, more = (cut(corpus, dict.fromkeys(SPLITS, n), 1000).train.labels for n in (10, 30))
    assert few.tolist() == more.tolist()[:10]
    same = cut(corpus, dict.fromkeys(SPLITS, 60), 1000)
    assert same.train is corpus.train
    assert same.vocabulary is corpus.vocabulary


def test_scales_take_what_they_take_of_the_corpora_of_the_package() -> None:
    counts = Counts((30_000, 3_000, 500), 30_000, 10**6, 12.0, 40, 38, labelled=False)
    brief = OwnCorpus("brief", "0" * 16, counts)
    assert brief.sizes("light") == (8_000, 1_000, 500, 2_000)
    assert brief.sizes("colab") == (20_000, 2_000, 500, 20_000)
    assert brief.sizes("full") == (30_000, 3_000, 500, 30_000)
    long = OwnCorpus("long", "0" * 16, Counts((30_000, 3_000, 500), 30_000, 10**6, 90.0, 200, 150,
                                              labelled=False))  # fmt: skip
    assert long.sizes("light") == (2_000, 500, 500, 2_000)


# Known by what is in it


def test_neither_name_nor_path_is_in_the_identity(tmp_path: Path) -> None:
    texts = sentences(30)
    one = written(tmp_path / "one.txt", "\n".join(texts))
    two = written(tmp_path / "elsewhere" / "two.csv", "text\n" + "\n".join(texts) + "\n")
    known = {from_path(one).identity, from_path(two).identity}
    known |= {from_memory(Corpus.from_texts(texts, name=name)).identity for name in ("a", "b")}
    assert len(known) == 1


def test_everything_that_is_in_it_is_in_the_identity() -> None:
    def corpus(tokens=((4, 5), (5,)), labels=None, words=("a", "b"), bos_eos=True):
        some = Documents.from_arrays(tokens, labels, bos_eos=bos_eos)
        return Corpus("x", "full", Vocabulary(words), some, some, some, "", "")

    many = [
        corpus(),
        corpus(tokens=((4, 5), (4,))),
        corpus(tokens=((4,), (5, 5))),
        corpus(labels=[0, 1]),
        corpus(labels=[1, 0]),
        corpus(words=("b", "a")),
        corpus(tokens=((4, 5), (5, 5)), bos_eos=False),
        corpus(tokens=((4, 5), (5, 5))),
    ]
    assert len({from_memory(one).identity for one in many}) == len(many)
    view = Documents(np.array([5, 4, 5, 5], dtype=np.int32), np.array([1, 3, 4]))
    same = Corpus("y", "full", Vocabulary(("a", "b")), view, view, view, "", "")
    assert from_memory(same).identity == from_memory(corpus()).identity


def test_the_names_of_the_labels_are_in_the_identity() -> None:
    texts = sentences(12)
    one, two = (Corpus.from_texts(texts, labels=names * 6) for names in (["a", "b"], ["c", "d"]))
    assert (one.train.labels == two.train.labels).all()
    assert from_memory(one).identity != from_memory(two).identity


@pytest.mark.parametrize(
    ("tokens", "options", "sentence"),
    [
        (((4,),), {}, r"split train .* has 1 documents; a run needs 2 or more"),
        (((4,), ()), {}, r"a document of 0 tokens; each needs 1"),
        (((4, 4), (4,)), {"bos_eos": False}, r"a document of 1 tokens; each needs 2"),
        (((4,), (6,)), {}, r"token numbers from 4 to 6; its vocabulary has 0 to 5"),
        (((4,), (-1,)), {}, r"token numbers from -1 to 4"),
        (((4,), (5,)), {"labels": [1]}, r"2 documents and 1 labels"),
    ],
)
def test_a_corpus_that_no_run_can_be_made_of(tokens, options, sentence) -> None:
    some = Documents.from_arrays(tokens, **options)
    with pytest.raises(DataError, match=sentence):
        from_memory(Corpus("x", "full", Vocabulary(("a", "b")), some, some, some, "", ""))


def test_dialogues_are_known_by_name() -> None:
    with pytest.raises(DataError, match="replies with contexts, which are known by name only"):
        from_memory(load("toy-dialogue", "smoke"))


def test_a_corpus_of_the_package_can_be_given_as_well() -> None:
    known = from_memory(load("synthetic", "smoke"))
    assert not known.load("mine", "full", 0).bos_eos
    assert known.load("mine", "full", 0).name == "mine"


def test_what_is_kept_comes_back_whole(tmp_path: Path) -> None:
    path = written(tmp_path / "rows.csv", table(ROWS))
    known = from_path(path)
    known.keep()
    assert known.folder == tmp_path / "runs" / "corpora" / known.identity
    back = OwnCorpus.from_plain(json.loads(json.dumps(known.plain())), tmp_path / "runs")
    assert back == known
    assert back.counts == known.counts
    whole = back.whole()
    assert from_memory(whole).identity == known.identity
    assert str(whole.report()) == str(known.whole().report())
    assert whole.reading == known.whole().reading
    stamps = {file: file.stat().st_mtime_ns for file in known.folder.iterdir()}
    known.keep()
    assert {file: file.stat().st_mtime_ns for file in known.folder.iterdir()} == stamps


def test_a_corpus_that_was_not_kept_is_read_again_if_it_is_the_same(tmp_path: Path) -> None:
    path = written(tmp_path / "rows.txt", "\n".join(sentences(20)))
    known = from_path(path, How(tokens="characters"))
    lost = OwnCorpus.from_plain(known.plain(), tmp_path / "nowhere")
    assert from_memory(lost.whole()).identity == known.identity
    written(path, "\n".join(sentences(21)))
    with pytest.raises(DataError, match=r"at .*rows\.txt there are other texts now \(rows-"):
        lost.whole()
    path.unlink()
    with pytest.raises(DataError, match=r"was gone from .*rows\.txt\. Set COLLAPSE_RUNS"):
        lost.whole()
    memory = from_memory(Corpus.from_texts(sentences(20)))
    lost = OwnCorpus.from_plain(memory.plain(), tmp_path / "nowhere")
    assert not lost.at_hand()
    with pytest.raises(DataError, match=r"was given from memory\. .*give the same texts again"):
        lost.whole()


def test_a_damaged_copy_is_not_used(tmp_path: Path) -> None:
    path = written(tmp_path / "rows.txt", "\n".join(sentences(20)))
    known = from_path(path)
    known.keep()
    tokens = known.folder / "train.tokens.npy"
    tokens.write_bytes(tokens.read_bytes()[:-4] + b"\0\0\0\0")
    back = OwnCorpus.from_plain(known.plain(), tmp_path / "runs")
    assert back.held is None
    assert from_memory(back.whole()).identity == known.identity


def test_a_file_is_read_again_only_when_it_has_changed(tmp_path: Path) -> None:
    path = written(tmp_path / "rows.txt", "\n".join(sentences(20)))
    first = from_path(path)
    assert from_path(str(path)).held is first.held
    os.utime(path, (1, 1))
    assert from_path(path).held is not first.held
    written(tmp_path / "rows.txt.yaml", "tokens: characters\n")
    assert from_path(path).identity != first.identity


# What stands for a corpus


def test_a_name_is_a_name_and_anything_else_that_is_there_a_path(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    written(tmp_path / "yelp" / "train.txt", "\n".join(sentences(20)))
    written(tmp_path / "mine" / "train.txt", "\n".join(sentences(20)))
    assert resolve("yelp") == "yelp"
    found = [resolve(path) for path in ("mine", "./yelp", Path("yelp"), str(tmp_path / "yelp"))]
    assert len({one.identity for one in found}) == 1
    assert str(found[0]) == f"mine-{found[0].identity[:8]}"
    assert resolve(found[0]) is found[0]
    assert resolve(found[0].held) == found[0]
    assert available("mine")
    assert load("mine", "smoke").name == "mine"
    with pytest.raises(DataError, match="fixed text; leave the seed 3 out"):
        load("mine", "smoke", 3)
    for missing in ("data/none", "none.csv", Path("none")):
        with pytest.raises(DataError, match="no file or folder"):
            resolve(missing)
    for name in ("yelps", "", "x" * 5000):
        with pytest.raises(UnknownNameError, match="no corpus called"):
            resolve(name)


def test_how_a_path_is_read_can_be_said_with_it(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    written(tmp_path / "mine.txt", "\n".join(sentences(20)))
    written(tmp_path / "mine.txt.yaml", "vocabulary_size: 9")
    options = {"tokens": "characters"}
    expected = Corpus.from_folder("mine.txt", **options)
    found = resolve("mine.txt", options)
    assert found.identity == from_memory(expected).identity != resolve("mine.txt").identity
    assert (found.how.tokens, found.how.vocabulary_size) == ("characters", 9)
    assert resolve("mine.txt", {}).identity == resolve("mine.txt").identity
    for name in ("synthetic", "auto", expected, found):
        with pytest.raises(DataError, match=r"tokens: this says how a folder or a file .* neither"):
            resolve(name, options)


def test_a_wrong_name_hears_of_paths_and_a_wrong_path_is_said_once(tmp_path) -> None:
    with pytest.raises(UnknownNameError, match=r"Did you mean 'yelp'\?.*give the path of a folder"):
        resolve("yelps")
    with pytest.raises(DataError) as found:
        resolve(tmp_path / "none")
    assert str(found.value) == f"There is no file or folder {tmp_path / 'none'}."


def test_a_corpus_is_shown_in_a_line() -> None:
    corpus = Corpus.from_texts(["a b", "b c", "", "a", "c d", "d", "b b"], name="mine")
    sizes = "2 / 2 / 2 documents, 7 tokens in the vocabulary"
    assert repr(corpus) == f"<Corpus 'mine', scale 'full': {sizes}>"


def test_the_examples_are_true() -> None:
    done = doctest.testmod(importlib.import_module("collapse.data.corpus"))
    assert done.attempted > 0
    assert done.failed == 0
