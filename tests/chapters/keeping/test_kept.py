"""What the book keeps of a page is read where it holds, and nowhere else."""

import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from collapse.base.errors import RunError
from collapse.chapters.keeping import kept as module
from collapse.chapters.keeping import posterior_study
from collapse.chapters.keeping.kept import Kept, KeptRun
from collapse.chapters.keeping.kept_page import (
    digest_of,
    outdated,
    path_of,
    plain,
    read_page,
    restored,
    text_of,
)
from collapse.ledger.entries import add
from collapse.ledger.same_code import SAME_CODE_COLUMNS, later_codes
from collapse.recipes import RECIPES
from collapse.runs.measuring.recording import Snapshot
from collapse.runs.request import Request
from collapse.runs.run import Run
from collapse.runs.settings import SETTINGS, Settings, settings_for
from collapse.training import Training

SHORT = replace(
    settings_for("synthetic", "light"),
    embedding=8,
    hidden=8,
    training=Training(epochs=2, batch_size=200),
)
PAGE = "09_test"
EARLIER = "0123456789abcdef"


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Iterator[tuple[Path, Run, list[list[float]]]]:
    """Results with one page that keeps a run, its epochs and a value; the run; the value."""
    results = tmp_path_factory.mktemp("results")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLLAPSE_RUNS", str(tmp_path_factory.mktemp("runs")))
        patch.setitem(SETTINGS["synthetic"], "light", SHORT)
        book = Kept(PAGE, "light", recompute=True, results=results)
        (run,) = asked(book)
        assert run.history
        value = book.value(posterior_study.kl_parts, [run])
        book.write(results)
        yield results, run, value


@pytest.fixture
def page(made, tmp_path: Path, monkeypatch) -> Path:
    """A copy of these results, and no run at hand."""
    monkeypatch.setitem(SETTINGS["synthetic"], "light", SHORT)
    monkeypatch.setenv("COLLAPSE_RUNS", str(tmp_path / "runs"))
    return shutil.copytree(made[0], tmp_path / "results")


@pytest.fixture
def idle(monkeypatch) -> list[str]:
    """The names of what would be trained; nothing is."""
    asked_for: list[str] = []
    monkeypatch.setattr(
        module, "perform_all", lambda requests: asked_for.extend(r.name for r in requests)
    )
    return asked_for


def asked(book: Kept, scale: str = "light", settings: Settings | None = None) -> Sequence[Run]:
    return book.run_all(["vae"], "synthetic", scale, [0], settings=settings)["vae"]


def kept_in(results: Path, scale: str = "light", recompute: bool = False) -> Kept:
    return Kept(PAGE, scale, recompute, results)


def signed(results: Path, change) -> None:
    """Change what is kept, and its checksum with it."""
    path = path_of(results, PAGE)
    raw = json.loads(path.read_text())
    change(raw)
    path.write_text(text_of({**raw, "digest": digest_of(raw)}))


# --- what is read ----------------------------------------------------------------------------


def test_a_kept_run_has_the_numbers_of_the_run(made, page, idle) -> None:
    (found,) = asked(kept_in(page))
    _, run, _ = made
    assert isinstance(found, KeptRun)
    assert {**found.summary, "nll_by_document": run.summary["nll_by_document"]} == run.summary
    assert len(found.history) == len(run.history) == 2
    for one, other in zip(found.history, run.history, strict=True):
        assert one == pytest.approx(other, rel=1e-5)
    assert not idle
    assert "read from the book" in repr(found)


def test_a_page_can_ask_whether_anything_would_be_trained(page, tmp_path, idle) -> None:
    which = (["vae"], "synthetic", "light", [0])
    assert kept_in(page).has(*which)
    assert not kept_in(page).has(["vae"], "synthetic", "light", [0, 1])
    assert not kept_in(page).has(*which, settings=replace(SHORT, latent=3))
    assert not kept_in(page, recompute=True).has(*which)
    assert not idle


def test_a_kept_value_is_that_of_the_models(made, page, idle) -> None:
    book = kept_in(page)
    assert book.value(posterior_study.kl_parts, asked(book)) == made[2]
    direct = posterior_study.kl_parts([made[1]])
    assert made[2][0] == pytest.approx(direct[0], rel=1e-5)
    assert not idle


def test_the_page_says_what_it_read_and_nothing_where_it_read_nothing(page, idle) -> None:
    book = kept_in(page)
    assert book.sentence == ""
    (run,) = asked(book)
    book.value(posterior_study.kl_parts, [run])
    assert book.sentence.startswith(
        "*Read from the book's results: 1 of the 1 runs of this page and "
    )
    assert run.summary["hardware"] in book.sentence
    assert f"torch {torch.__version__}" in book.sentence
    assert "1 result computed from runs (" in book.sentence
    asked(book, settings=replace(SHORT, latent=3))
    assert book.sentence.startswith("*Read from the book's results: 1 of the 2 runs of this page")
    other = kept_in(page, recompute=True)
    asked(other)
    assert other.sentence == ""


def test_the_model_of_a_kept_run_is_trained_when_it_is_asked_for(made, page, capsys) -> None:
    (found,) = asked(kept_in(page))
    assert not (found.request.folder / "summary.json").exists()
    weights = found.model().state_dict()
    assert "1 computed" in capsys.readouterr().out
    for name, value in made[1].model().state_dict().items():
        assert torch.equal(weights[name], value)
    assert found.summary["nll_by_document"] == made[1].summary["nll_by_document"]
    assert (found.folder / "summary.json").exists()
    assert type(asked(kept_in(page))[0]) is Run  # what is finished here is loaded


def test_epochs_that_no_page_looked_at_are_those_of_the_trained_run(made, page, capsys) -> None:
    signed(page, lambda raw: raw["runs"][0].update(epochs={}))
    (found,) = asked(kept_in(page))
    assert [row["kl"] for row in found.history] == [row["kl"] for row in made[1].history]
    assert "1 computed" in capsys.readouterr().out


def test_a_run_that_is_asked_for_again_is_the_same(page, idle) -> None:
    book = kept_in(page)
    assert asked(book)[0] is asked(book)[0]
    assert book.sentence.startswith("*Read from the book's results: 1 of the 1 runs of this page (")


def test_models_are_trained_side_by_side(page, idle) -> None:
    book = kept_in(page)
    book.train(*asked(book))
    assert idle == ["vae"]


def test_what_the_ledger_has_stands_there_only(made, page, idle) -> None:
    _, run, _ = made
    add(run.folder, page / "runs")
    book = Kept(PAGE, "light", recompute=True, results=page)
    book.runs[run.request.identity] = run
    path = book.write(page)
    (raw,) = json.loads(path.read_text())["runs"]
    assert raw["ledger"] == "vae-synthetic-light-seed0"
    assert "metrics" not in raw
    (found,) = asked(kept_in(page))
    assert found.summary["nll_by_document"] == run.summary["nll_by_document"]
    assert [row["train_loss"] for row in found.history] == pytest.approx(
        [row["train_loss"] for row in run.history], rel=1e-5
    )
    (page / "runs" / "vae-synthetic-light-seed0.json").unlink()
    assert not isinstance(asked(kept_in(page))[0], KeptRun)
    assert idle == ["vae"]
    assert "1 of 1 results" in outdated(page, PAGE)


# --- what is not read ------------------------------------------------------------------------


def test_another_setting_or_recipe_is_computed(page, idle) -> None:
    book = kept_in(page)
    asked(book, settings=replace(SHORT, training=replace(SHORT.training, learning_rate=0.002)))
    book.run_all({"vae": RECIPES["vae-anneal"]}, "synthetic", "light", [0])
    book.run_all(["vae"], "synthetic", "light", [1])
    assert idle == ["vae"] * 3
    assert book.sentence == ""


def test_another_code_is_computed_unless_it_is_proven_to_be_the_same(
    page, idle, monkeypatch
) -> None:
    today = asked(kept_in(page))[0].request.code
    monkeypatch.setattr(Request, "code", EARLIER)
    assert not isinstance(asked(kept_in(page))[0], KeptRun)
    assert idle == ["vae"]
    row = (today, EARLIER, "vae-synthetic-light-seed0", "here", "2", "2026-01-31")
    table = page / "same_code.csv"
    table.write_text("\n".join([",".join(SAME_CODE_COLUMNS), ",".join(row)]) + "\n")
    later_codes.cache_clear()
    assert isinstance(asked(kept_in(page))[0], KeptRun)


def test_a_value_of_another_code_or_argument_is_computed(page, monkeypatch) -> None:
    book, calls = kept_in(page), []
    (run,) = asked(book)

    def kl_parts(runs: Sequence[Run]) -> list[list[float]]:
        calls.append(len(runs))
        return [[1.0]]

    kl_parts.__module__, kl_parts.__qualname__ = posterior_study.__name__, "kl_parts"
    assert book.value(kl_parts, [run]) != [[1.0]]  # the same name, code and arguments
    assert book.value(kl_parts, [run, run]) == [[1.0]]
    monkeypatch.setattr(module, "running_code", lambda modules: EARLIER)
    assert book.value(kl_parts, [run]) == [[1.0]]
    assert calls == [2, 1]


@pytest.mark.parametrize(("scale", "recompute"), [("smoke", False), ("light", True)])
def test_other_scales_and_recompute_read_nothing(page, idle, scale, recompute) -> None:
    book = kept_in(page, scale, recompute)
    assert not isinstance(asked(book)[0], KeptRun)
    assert idle == ["vae"]


def test_without_a_file_all_is_computed(tmp_path, page, idle, capsys) -> None:
    assert not isinstance(asked(Kept(PAGE, "light", results=tmp_path / "none"))[0], KeptRun)
    assert idle == ["vae"]
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    "damage", [lambda t: t[:-40], lambda t: t.replace('"seed": 0', '"seed": 1')]
)
def test_a_damaged_file_is_a_sentence_and_the_page_computes(page, idle, capsys, damage) -> None:
    path = path_of(page, PAGE)
    path.write_text(damage(path.read_text()))
    book = kept_in(page)
    assert "python book/tools/keep.py 09_test" in capsys.readouterr().out
    assert not isinstance(asked(book)[0], KeptRun)
    assert idle == ["vae"]
    with pytest.raises(RunError, match="cannot be read"):
        read_page(page, PAGE)


# --- what can be kept ------------------------------------------------------------------------


def test_values_come_back_with_six_digits() -> None:
    third = torch.tensor([[1 / 3, 2.0]])
    value = {"a": [1, True, None, "x", 1 / 3], "b": Snapshot(3, "both", {"z": third})}
    again = restored(json.loads(json.dumps(plain(value))))
    assert again["a"] == [1, True, None, "x", 0.333333]
    assert (again["b"].iteration, again["b"].event) == (3, "both")
    assert torch.allclose(again["b"].values["z"], third, atol=1e-6)
    assert again["b"].values["z"].shape == (1, 2)


def test_what_cannot_be_kept_or_identified_is_refused(page) -> None:
    book = kept_in(page)
    with pytest.raises(RunError, match="no function of the package"):
        book.value(asked, 1)
    with pytest.raises(RunError, match="argument of the kind Tensor"):
        book.value(posterior_study.kl_parts, torch.zeros(1))
    with pytest.raises(RunError, match="value of the kind set"):
        plain({"a": {1}})


def test_a_file_of_earlier_code_is_told_with_how_to_renew_it(page, monkeypatch) -> None:
    assert outdated(page, PAGE) == ""
    signed(page, lambda raw: raw.update(codes={code: ["collapse.vae"] for code in raw["codes"]}))
    assert outdated(page, PAGE).startswith("2 of 2 results")
    assert outdated(page, PAGE).endswith("python book/tools/keep.py 09_test")
    signed(page, lambda raw: raw.update(codes={code: ["collapse.gone"] for code in raw["codes"]}))
    assert outdated(page, PAGE).startswith("2 of 2 results")


def test_no_file_of_the_book_is_of_earlier_code() -> None:
    results = Path(__file__).parents[3] / "book/results"
    pages = [path.stem for path in sorted((results / "pages").glob("*.json"))]
    assert pages
    assert [text for page in pages if (text := outdated(results, page))] == []
