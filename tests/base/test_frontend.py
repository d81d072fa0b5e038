"""Who is taken for a person."""

import sys
from types import ModuleType

import pytest

from collapse.base.frontend import in_watched_notebook, watched
from collapse.base.progress import epoch_log


@pytest.fixture(autouse=True)
def _nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("COLLAPSE_LIVE", "JPY_SESSION_NAME"):
        monkeypatch.delenv(name, raising=False)


def test_a_batch_run_is_not_watched(monkeypatch) -> None:
    assert not in_watched_notebook()
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert watched()
    assert not in_watched_notebook()


def test_servers_colab_and_the_override(monkeypatch) -> None:
    monkeypatch.setenv("JPY_SESSION_NAME", "chapter.ipynb")
    assert in_watched_notebook()
    monkeypatch.setenv("COLLAPSE_LIVE", "0")
    assert not in_watched_notebook()
    monkeypatch.delenv("COLLAPSE_LIVE")
    monkeypatch.delenv("JPY_SESSION_NAME")
    monkeypatch.setitem(sys.modules, "google.colab", ModuleType("google.colab"))
    assert in_watched_notebook()


def test_plain_lines_for_a_log_and_a_bar_for_a_person(monkeypatch, capsys) -> None:
    with epoch_log("vae", 0, 3, None) as line:
        line("epoch   1  loss 2.0")
    assert capsys.readouterr().out == "vae, seed 0: epoch   1  loss 2.0\n"
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with epoch_log("vae", 0, 3, None) as line:
        line("epoch   1  loss 2.0")
    output = capsys.readouterr()
    assert output.out == ""
    assert "1/3" in output.err
