"""Files that are whole or not there, whatever ends the process that writes them."""

import os
import time
from pathlib import Path

import pytest

from collapse.base.errors import RunError
from collapse.base.files import STALE_SECONDS, remove_parts, whole_file, write_text


def test_a_part_of_a_killed_process_goes_after_a_day(tmp_path: Path) -> None:
    old, young, other = (tmp_path / f".{n}.part" for n in ("a.json.1", "a.json.2", "b.json.1"))
    for part in (old, young, other):
        part.write_text("half")
    long_ago = time.time() - STALE_SECONDS - 1
    os.utime(old, (long_ago, long_ago))
    os.utime(other, (long_ago, long_ago))
    write_text(tmp_path / "a.json", "whole")
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        ".a.json.2.part",
        ".b.json.1.part",
        "a.json",
    ]


def test_behind_a_lock_every_part_goes(tmp_path: Path) -> None:
    (tmp_path / ".a.json.1.part").write_text("half")
    (tmp_path / "a.json").write_text("whole")
    remove_parts(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["a.json"]


def test_a_disk_that_refuses_is_answered_with_a_sentence(tmp_path: Path, monkeypatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    write_text(tmp_path / "a.json", "before")
    monkeypatch.setattr(Path, "write_text", refuse)
    with pytest.raises(RunError, match=r"a\.json could not be written \(No space left.*Make room"):
        write_text(tmp_path / "a.json", "after")
    assert (tmp_path / "a.json").read_text() == "before"
    assert [p.name for p in tmp_path.iterdir()] == ["a.json"]


def test_an_error_in_the_block_leaves_nothing(tmp_path: Path) -> None:
    def fail() -> None:
        with whole_file(tmp_path / "a") as part:
            part.write_text("half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert list(tmp_path.iterdir()) == []
