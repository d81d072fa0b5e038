import io
import tarfile

import pytest

from collapse.base.errors import DataError
from collapse.data import UNKNOWN, arrays, texts

SIZES = {"train": 100, "valid": 100, "test": 100}


def files(folder, **contents):
    paths = []
    for name, content in contents.items():
        path = folder / f"{name}.txt"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        paths.append(path)
    return paths


def test_blank_lines_are_skipped_and_blanks_made_single(tmp_path):
    paths = files(tmp_path, train="a  b \r\n\n \t\nc\n", valid="d", test="e\n")
    assert texts.read_plain(paths, SIZES).splits == {
        "train": ["a b", "c"],
        "valid": ["d"],
        "test": ["e"],
    }


@pytest.mark.parametrize("content", ["", "\n \n\n"])
def test_an_empty_file_is_refused(tmp_path, content):
    with pytest.raises(DataError, match=r"valid.txt has no text"):
        texts.read_plain(files(tmp_path, train="a", valid=content, test="a"), SIZES)


def test_a_file_that_is_not_utf8_is_refused_with_its_place(tmp_path):
    paths = files(tmp_path, train="café\n".encode() + b"ok\ncaf\xe9\n", valid="a", test="a")
    with pytest.raises(DataError, match=r"train.txt is not UTF-8: line 3, byte 12 is 0xe9"):
        texts.read_plain(paths, SIZES)


def test_a_line_of_ten_thousand_words_is_cut_and_noted(tmp_path):
    paths = files(tmp_path, train="w " * 10_000 + "\nb\n", valid="a", test="a")
    read = texts.read_plain(paths, SIZES)
    assert [len(text.split()) for text in read.splits["train"]] == [200, 1]
    assert read.note == "1 lines were cut after 200 words."


def test_a_document_of_unknown_words_stays(tmp_path):
    paths = files(tmp_path, train="a b\n", valid="x y z\na\n", test="q\n")
    encoded = arrays.encode(texts.read_plain(paths, SIZES), 10)
    assert encoded.splits["valid"][0].tolist() == [UNKNOWN] * 3
    assert encoded.splits["test"][0].tolist() == [UNKNOWN]
    assert encoded.vocabulary.words[4:] == ["a", "b"]


def test_labels_before_a_tab(tmp_path):
    paths = files(tmp_path, train="5\ta b\n1\tc\n", valid="3\td\n", test="1\te\n")
    read = texts.read_labelled(paths, SIZES)
    assert read.splits["train"] == ["a b", "c"]
    assert read.labels == {"train": [2, 0], "valid": [1], "test": [0]}
    with pytest.raises(DataError, match="a tab"):
        texts.read_labelled(files(tmp_path, train="no tab", valid="1\ta", test="1\ta"), SIZES)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_byte_order_mark_and_any_line_end_make_no_class_and_no_word(tmp_path, end):
    plain = {"train": "1\ta b\n0\tc\n", "valid": "0\td\n", "test": "1\te\n"}
    marked = {k: b"\xef\xbb\xbf" + v.replace("\n", end).encode() for k, v in plain.items()}
    read = texts.read_labelled(files(tmp_path, **marked), SIZES)
    assert read == texts.read_labelled(files(tmp_path, **plain), SIZES)
    assert read.labels == {"train": [1, 0], "valid": [0], "test": [1]}
    one = texts.read_plain(files(tmp_path, train=marked["train"], valid="a", test="a"), SIZES)
    assert one.splits["train"] == ["1 a b", "0 c"]


def test_blanks_and_byte_order_marks_around_a_label_make_no_class(tmp_path):
    train = "\ufeff\ufeff0\ta\n1 \tb\n 1\tc\n\ufeff 0\td\n"
    read = texts.read_labelled(files(tmp_path, train=train, valid="0\ta", test="1\ta"), SIZES)
    assert read.labels == {"train": [0, 1, 1, 0][: SIZES["train"]], "valid": [0], "test": [1]}


def test_a_review_with_a_byte_order_mark_is_the_same_review(tmp_path):
    reviews = many_reviews()
    plain = imdb_archive(tmp_path / "a.tar", reviews, "w")
    marked = imdb_archive(tmp_path / "b.tar", [(n, "\ufeff" + t) for n, t in reviews], "w")
    sizes = {"train": 9, "valid": 2, "test": 2}
    assert texts.read_imdb(plain, sizes) == texts.read_imdb(marked, sizes)


def test_yelp_sentences_are_distinct_and_of_one_label(tmp_path, monkeypatch):
    monkeypatch.setattr(texts, "FULL_SPLITS", {"train": 4, "valid": 2, "test": 1})
    negative, positive = tmp_path / "s.dev.0", tmp_path / "s.dev.1"
    negative.write_text("bad\nbad\nawful\nrude\nboth\n")
    positive.write_text("good\n nice \nlovely\nkind\nboth\n")
    full = texts.read_yelp_sentiment([negative, positive], SIZES)
    every = [text for name in ("train", "valid", "test") for text in full.splits[name]]
    assert sorted(every) == ["awful", "bad", "good", "kind", "lovely", "nice", "rude"]
    truth = {text: int(text in {"good", "nice", "lovely", "kind"}) for text in every}
    assert all(full.labels[name] == [truth[t] for t in full.splits[name]] for name in full.splits)
    assert full.note.startswith("1 sentences")
    few = texts.read_yelp_sentiment([negative, positive], {"train": 2, "valid": 1, "test": 1})
    for name, some in few.splits.items():
        assert some == full.splits[name][: len(some)]


def imdb_archive(path, reviews, mode, extra=True):
    with tarfile.open(path, mode) as archive:
        for name, text in reviews:
            member = tarfile.TarInfo(name)
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
        if extra:
            member = tarfile.TarInfo("aclImdb/train/urls_pos.txt")
            member.size = 3
            archive.addfile(member, io.BytesIO(b"url"))
    return [path]


def review(number, words):
    """``words`` words, the last one a punctuation mark, that no other review has."""
    return f"Isn't{number} <br /><br />" * (words - 1) + "!"


def many_reviews():
    names = (f"aclImdb/{part}/{n}_7.txt" for n in range(12) for part in ("train/pos", "test/neg"))
    return [(name, review(n, 15 + 37 * n)) for n, name in enumerate(names)]


def test_both_archives_give_the_same_corpus(tmp_path):
    reviews = many_reviews()
    plain = imdb_archive(tmp_path / "a.tar", reviews, "w", extra=False)
    packed = imdb_archive(tmp_path / "b.tar.gz", reviews[::-1], "w:gz")
    sizes = {"train": 9, "valid": 2, "test": 2}
    assert texts.read_imdb(plain, sizes) == texts.read_imdb(packed, sizes)


def test_imdb_documents_are_cut_and_no_review_is_in_two_splits(tmp_path, monkeypatch):
    monkeypatch.setattr(texts, "FULL_SPLITS", {"train": 20, "valid": 9, "test": 9})
    doubled = [*many_reviews(), ("aclImdb/train/unsup/5_0.txt", review(3, 15 + 37 * 3))]
    read = texts.read_imdb(imdb_archive(tmp_path / "a.tar", doubled, "w"), SIZES)
    assert read.note.startswith("1 exact")
    assert [len(read.splits[name]) for name in ("test", "valid")] == [9, 9]
    documents = [text for split in read.splits.values() for text in split]
    assert all(20 <= len(text.split()) <= 200 for text in documents)
    assert all("<" not in text and text == text.lower() for text in documents)
    words = {name: set(" ".join(some).split()) - {"!"} for name, some in read.splits.items()}
    assert "isn't3" in set.union(*words.values())
    assert sum(len(some) for some in words.values()) == len(set.union(*words.values()))


def test_an_archive_without_reviews_is_refused(tmp_path):
    with pytest.raises(DataError, match="holds no reviews"):
        texts.read_imdb(imdb_archive(tmp_path / "a.tar", [], "w"), SIZES)
