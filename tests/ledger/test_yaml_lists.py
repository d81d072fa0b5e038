"""What is no list of entries is answered with a sentence that names the file."""

from pathlib import Path

import pytest

from collapse.base.errors import CollapseError
from collapse.ledger.yaml_lists import read_list


def test_entries_come_in_their_order(tmp_path: Path) -> None:
    (tmp_path / "some.yml").write_text("- {id: b, n: 1}\n- {id: a}\n- {}\n")
    assert read_list(tmp_path / "some.yml", "things") == [{"id": "b", "n": 1}, {"id": "a"}, {}]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "must hold a list of things"),
        (b"a: 1", "must hold a list of things"),
        (b"- text", "must hold a list of things"),
        (b"- {a: [", "things of .*some.yml cannot be read: while parsing"),
        (b"- {a: \xff}", "things of .*some.yml cannot be read: .*utf-8"),
        (None, "things of .*some.yml cannot be read: .*No such file"),
    ],
)
def test_another_file_is_refused(tmp_path: Path, content: bytes | None, sentence: str) -> None:
    if content is not None:
        (tmp_path / "some.yml").write_bytes(content)
    with pytest.raises(CollapseError, match=sentence):
        read_list(tmp_path / "some.yml", "things")
