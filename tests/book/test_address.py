"""One public address: every file that names the project's repository names the same one."""

import shutil
import subprocess
from pathlib import Path

import pytest

import address
from address import COLAB, ROOT, disagreements, foreign, repository, slug, write

GIT = "git+" + "https://github.com"  # in two pieces: this file, too, is checked


def test_the_whole_repository_agrees() -> None:
    assert list(disagreements()) == []


def test_the_package_knows_the_same_address() -> None:
    from collapse.base import project

    assert project.repository() == repository()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("https://github.com/a/book/blob/main/x.py", set()),
        ("https://github.com/other/book", {"other/book"}),
        ("https://github.com/other/book.git", {"other/book"}),
        ("https://github.com/other/bookshelf", set()),
        ("https://github.com/another/library", set()),
        (f"{COLAB}/a/old/blob/main/x.ipynb", {"a/old"}),
        (f'"{GIT}/a/old" jaxtyping', {"a/old"}),
        ("https://a.github.io/book/", set()),
        ("https://other.github.io/book/", {"other/book"}),
    ],
)
def test_foreign_addresses_are_told_from_other_projects(text: str, found: set[str]) -> None:
    assert foreign(text, "a/book") == found


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A copy of the files that name the address, as a repository of its own."""
    for name in ["pyproject.toml", *address.required(ROOT)]:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    return tmp_path


def test_moving_the_project_is_one_line_and_one_command(elsewhere: Path) -> None:
    project = elsewhere / "pyproject.toml"
    project.write_text(project.read_text().replace(slug(repository()), "someone/new-name"))
    assert list(disagreements(elsewhere))
    assert len(write(elsewhere)) >= 4
    assert list(disagreements(elsewhere)) == []
    text = (elsewhere / "book/template.ipynb").read_text()
    assert f"{COLAB}/someone/new-name/blob/main/book/template.ipynb" in text
    assert f"{GIT}/someone/new-name" in text
    assert slug(repository()) not in text
    assert write(elsewhere) == []
