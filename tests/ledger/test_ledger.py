"""The results ledger: every rule can fail, and an entry is whole or not there."""

import contextlib
import copy
import json
import math
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from collapse.base.errors import RunError
from collapse.base.files import write_text
from collapse.base.tables import write_rows
from collapse.cli import main
from collapse.ledger import entries
from collapse.ledger.entries import add, read_ledger
from collapse.ledger.rules import fingerprint, problems, results_of
from collapse.ledger.same_code import SAME_CODE_COLUMNS, later_codes
from collapse.ledger.schema import INFORMATION, WITHIN_BATCHES
from collapse.runs.request import make_request
from collapse.runs.run import Run, perform
from collapse.runs.settings import SETTINGS, settings_for
from collapse.training import Training
from notebooks import ROOT

SHORT = replace(
    settings_for("synthetic", "light"),
    embedding=8,
    hidden=8,
    training=Training(epochs=1, batch_size=200),
)


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A short VAE and a short language model on the generated sequences."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLLAPSE_RUNS", str(tmp_path_factory.mktemp("runs")))
        patch.setitem(SETTINGS["synthetic"], "light", SHORT)
        yield {name: perform(make_request(name)) for name in ("vae", "lm")}


@pytest.fixture(scope="module")
def entered(runs: dict[str, Run], tmp_path_factory) -> Path:
    """A ledger with both runs, for copying."""
    made = tmp_path_factory.mktemp("entered") / "ledger"
    for each in runs.values():
        add(each.folder, made)
    return made


@pytest.fixture
def folder(entered: Path, tmp_path: Path) -> Path:
    """A ledger with both runs."""
    return shutil.copytree(entered, tmp_path / "ledger")


def raw(folder: Path, recipe: str = "vae") -> dict:
    return json.loads((folder / f"{recipe}-synthetic-light-seed0.json").read_text())


def faults(folder: Path) -> list[str]:
    return list(read_ledger(folder).problems)


def signed(entry: dict) -> dict:
    """The entry with checksums that fit what it says now."""
    hashes = {
        "config_hash": fingerprint(entry["config"]),
        "results_hash": fingerprint(results_of(entry)),
    }
    return {**entry, **hashes}


def test_an_entry_tells_what_the_run_found(runs, folder) -> None:
    found = read_ledger(folder)
    assert found.problems == ()
    assert [e.recipe for e in found.entries] == ["lm", "vae"]
    (entry,) = found.at("synthetic", "light", "vae")
    summary = runs["vae"].summary
    assert {**entry.metrics, **entry.cost} == {
        k: v for k, v in summary.items() if k not in entry.system
    }
    assert entry.config == json.loads((runs["vae"].folder / "config.json").read_text())
    assert entry.system["hardware"] == summary["hardware"]
    assert re.fullmatch(r"20\d\d-\d\d-\d\d", entry.date)
    assert entry.of_this_code(folder / "none.csv")
    assert found.at("synthetic", "full") == []


def test_adding_again_changes_nothing_and_a_difference_needs_replace(runs, folder) -> None:
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    add(runs["vae"].folder, folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    path = folder / "vae-synthetic-light-seed0.json"
    path.write_text("{}")
    with pytest.raises(RunError, match="differs: add it with --replace"):
        add(runs["vae"].folder, folder)
    assert path.read_text() == "{}"
    add(runs["vae"].folder, folder, replace=True)
    assert path.read_bytes() == before[path.name]


def test_what_is_not_a_finished_run_is_refused(runs, tmp_path) -> None:
    copied = tmp_path / "copy"
    copied.mkdir()
    (copied / "config.json").write_bytes((runs["vae"].folder / "config.json").read_bytes())
    with pytest.raises(RunError, match="holds no finished run"):
        add(copied, tmp_path / "ledger")
    assert not (tmp_path / "ledger").exists()


def test_an_implausible_run_is_refused(runs, tmp_path) -> None:
    copied = tmp_path / "copy"
    copied.mkdir()
    for path in runs["lm"].folder.iterdir():
        (copied / path.name).write_bytes(path.read_bytes())
    summary = {**runs["lm"].summary, "kl": -1.0}
    (copied / "summary.json").write_text(json.dumps(summary))
    with pytest.raises(RunError, match=r"cannot be entered: A KL is 0 or more; got -1"):
        add(copied, tmp_path / "ledger")
    assert not (tmp_path / "ledger").exists()


def test_a_full_disk_leaves_nothing_half_written(runs, tmp_path, monkeypatch) -> None:
    def full(self: Path, *rest: object, **others: object) -> int:
        self.touch()
        raise OSError("No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(RunError, match=r"could not be written \(No space"):
        add(runs["vae"].folder, tmp_path / "ledger")
    assert list((tmp_path / "ledger").iterdir()) == []


@pytest.mark.parametrize(
    ("recorded", "same_code", "now", "entered"),
    [
        ("1234567", True, "abcdef0", "1234567"),
        ("1234567-dirty", True, "abcdef0", "abcdef0"),
        (None, True, "abcdef0", "abcdef0"),
        (None, False, "abcdef0", None),
        ("1234567-dirty", True, "abcdef0-dirty", "1234567-dirty"),
        (None, True, None, None),
    ],
)
def test_the_commit_holds_the_code_of_the_run(monkeypatch, recorded, same_code, now, entered):
    monkeypatch.setattr(entries, "commit", lambda: now)
    assert entries.commit_of(same_code, recorded) == entered


# --- every rule can fail ---------------------------------------------------------------------


def config(**changed) -> Callable[[dict], None]:
    return lambda entry: entry["config"].update(changed)


def metrics(**changed) -> Callable[[dict], None]:
    return lambda entry: entry["metrics"].update(changed)


def shift(**changed: float) -> Callable[[dict], None]:
    def change(entry: dict) -> None:
        for key, by in changed.items():
            entry["metrics"][key] += by

    return change


def at_full_scale(commit: str | None) -> Callable[[dict], None]:
    def change(entry: dict) -> None:
        entry["config"]["scale"] = "full"
        entry["label"] = "vae-synthetic-full-seed0"
        entry["system"]["commit"] = commit

    return change


def no_information(entry: dict) -> None:
    for key in INFORMATION | WITHIN_BATCHES:
        del entry["metrics"][key]


BROKEN: list[tuple[Callable[[dict], object], str]] = [
    (lambda e: e.pop("date"), "The key 'date' is missing"),
    (lambda e: e["metrics"].pop("nll"), "In 'metrics': The key 'nll' is missing"),
    (lambda e: e["system"].pop("commit"), "In 'system': The key 'commit' is missing"),
    (metrics(nll_sd=1.0), "no key called 'nll_sd'. Did you mean 'nll_se'"),
    (lambda e: e["cost"].update(train_seconds=1e6), "Training took 1000000.0 s of"),
    (lambda e: e["cost"].update(price=1), "no key called 'price'"),
    (metrics(nll="20.0"), "'nll' is '20.0'; it must be a valid number"),
    (metrics(nll=math.nan), "'nll' is nan"),
    (metrics(au=True), "'au' is True"),
    (metrics(au=1.5), "'au' is 1.5; it must be a valid integer"),
    (lambda e: e.update(format=1), "'format' is 1; it must be 3"),
    (lambda e: e.update(label="vae"), "Its label is 'vae'"),
    (config(corpus="yelb", name="x"), "no corpus called 'yelb'. Did you mean 'yelp'"),
    (config(scale="huge"), "no scale called 'huge'"),
    (config(seed=-1), "In 'config': 'seed' is -1; it must be greater than or equal to 0"),
    (lambda e: e.update(date="2026-02-30"), "'2026-02-30' is not of the form"),
    (at_full_scale("1234567-dirty"), "needs a clean commit; got '1234567-dirty'"),
    (at_full_scale(None), "needs a clean commit; got None"),
    (metrics(kl_per_dimension=[0.0, 0.0]), "The KL has 2 terms; the settings say 1"),
    (no_information, "has an MI if and only if"),
    (shift(kl=-1.0, elbo_nll=-1.0), "A KL is 0 or more"),
    (metrics(au=2), "2 active units of 1 dimensions"),
    (metrics(kl_se=-0.1), "kl_se is negative"),
    (metrics(nll_documents=401), "over 401 of 400 test documents"),
    (shift(kl=0.001), "but reconstruction + KL is"),
    (shift(reconstruction=0.01), "−ELBO is"),
    (metrics(kl_per_dimension=[0.5]), "but the sum over dimensions is 0.5"),
    (shift(marginal_kl=0.001), "but the marginal KL is"),
    (shift(nll=8.0), "is above the −ELBO"),
    (shift(elbo_nll_same=-8.0), "is above the −ELBO"),
    (lambda e: e["metrics"].pop("elbo_nll_same_se"), "The key 'elbo_nll_same_se' is missing"),
    (
        lambda e: e["metrics"].update(perplexity=e["metrics"]["perplexity"] * 1.01),
        "predicted words",
    ),
    (lambda e: e["metrics"].update(perplexity=1e12), "predicted words in 400 documents"),
    (metrics(perplexity=1.0), "must be above 0 and 1"),
    (metrics(mi=7.0, mi_se=9.0), "mi 7.0000 is above its cap 5.99"),
    (metrics(mi_batch=5.5), "mi_batch 5.5000 is above its cap"),
    (shift(mi=0.5), "is above the KL"),
    (shift(mi=-0.5), "is below 0"),
    (metrics(mi_cap=9.21), "log 400 is another number"),
    (metrics(mi_batch_cap=6.5), "above that of the whole set"),
    (lambda e: e["cost"].update(wall_seconds=0.0), "wall_seconds must be above 0"),
    (metrics(nll_by_document=[1.0, 2.0]), "the NLL of 2 single documents; the mean is over 400"),
    (metrics(nll_by_document=[1.0] * 400), "that of its documents 1.0000"),
    (lambda e: e["history"]["kl"].pop(), "The history of kl has 0 values; the run has 1 epochs"),
    (lambda e: e["history"].update(kk=[1.0]), "no measure of an epoch called 'kk'"),
]


@pytest.mark.parametrize(("change", "sentence"), BROKEN, ids=[text for _, text in BROKEN])
def test_every_rule_can_fail(folder, change, sentence) -> None:
    entry = copy.deepcopy(raw(folder))
    assert problems(entry) == []
    change(entry)
    with contextlib.suppress(KeyError):  # a part may be missing
        entry = signed(entry)  # as somebody would who knows of the checksums
    assert any(sentence in text for text in problems(entry)), problems(entry)


def test_a_language_model_has_its_own_rule(folder) -> None:
    entry = raw(folder, "lm")
    assert problems(entry) == []
    entry["metrics"]["nll"] -= 0.1
    assert any("Without z the NLL" in text for text in problems(signed(entry)))


def test_of_fewer_documents_the_bound_is_that_of_the_same(folder) -> None:
    entry = raw(folder, "lm")
    m = entry["metrics"]
    m["elbo_nll"], m["reconstruction"] = m["elbo_nll"] - 0.1, m["reconstruction"] - 0.1
    m["nll_documents"] //= 2
    m["nll_by_document"] = [m["nll"]] * m["nll_documents"]
    words = 2 * m["nll"] * m["nll_documents"] / math.log(m["perplexity"])
    m["perplexity"] = math.exp(m["nll"] * m["nll_documents"] / (words // 2))
    assert problems(signed(entry)) == []
    m["elbo_nll_same"] -= 0.1
    assert any("Without z the NLL" in text for text in problems(signed(entry)))


def test_a_list_of_numbers_is_one_line_of_the_file(folder) -> None:
    text = (folder / "vae-synthetic-light-seed0.json").read_text()
    assert len(raw(folder)["metrics"]["nll_by_document"]) == 400
    assert len(text.splitlines()) < 120
    assert text == entries.spelled(json.loads(text))


@pytest.mark.parametrize("part", ["config", "metrics", "cost", "system"])
def test_a_number_changed_by_hand_is_caught(folder, part) -> None:
    entry = raw(folder)
    key = {"config": "seed", "metrics": "parameters", "cost": "epochs", "system": "threads"}[part]
    entry[part][key] += 1
    assert any("changed since" in text for text in problems(entry))


def test_clean_full_runs_and_earlier_code_are_welcome(folder) -> None:
    full = raw(folder)
    at_full_scale("1234567")(full)
    assert problems(signed(full)) == []
    earlier = raw(folder)
    earlier["config"]["code"] = "0" * 16
    assert problems(signed(earlier)) == []
    table, now = folder / "same_code.csv", full["config"]["code"]
    assert not entries.entry_of(signed(earlier)).of_this_code(table)
    steps = [("0" * 16, "1" * 16), ("1" * 16, now)]
    write_rows(
        table,
        SAME_CODE_COLUMNS,
        [dict(zip(SAME_CODE_COLUMNS, (*pair, "", "", "", ""), strict=True)) for pair in steps],
    )
    later_codes.cache_clear()
    assert entries.entry_of(signed(earlier)).of_this_code(table)
    table.unlink()


def test_rounding_hides_the_fraction_of_very_many_words(folder) -> None:
    entry = raw(folder)
    m, words = entry["metrics"], 2_000_000.4
    m["perplexity"] = math.exp(m["nll"] * m["nll_documents"] / words)
    assert problems(signed(entry)) == []


# --- the folder ------------------------------------------------------------------------------


def test_a_folder_is_checked_file_by_file(folder) -> None:
    assert faults(folder) == []
    path = folder / "vae-synthetic-light-seed0.json"
    text = path.read_text()
    path.rename(folder / "vae-synthetic-light-seed1.json")
    assert any("holds the entry 'vae-synthetic-light-seed0'" in t for t in faults(folder))
    (folder / "vae-synthetic-light-seed1.json").unlink()
    for broken, sentence in (("{", "It is not JSON"), ("[]", "It holds a list")):
        path.write_text(broken)
        assert [sentence in each for each in faults(folder)] == [True]
    (folder / "means.npz").write_bytes(b"")
    assert any("means.npz: It is no entry of the ledger; remove it." in t for t in faults(folder))
    path.write_text(text)
    (folder / "means.npz").unlink()
    assert faults(folder) == []


def test_a_ledger_is_read_again_only_when_a_file_was_written(folder) -> None:
    first = read_ledger(folder)
    assert read_ledger(folder) is first
    path = folder / "vae-synthetic-light-seed0.json"
    write_text(path, path.read_text().replace('"seed": 0', '"seed": 1'))  # of the same length
    assert read_ledger(folder) != first


def test_there_must_be_a_folder(tmp_path) -> None:
    with pytest.raises(RunError, match="There is no ledger at"):
        read_ledger(tmp_path / "none")


def test_the_ledger_of_the_book_is_in_order(capsys) -> None:
    results = ROOT / "book/results"
    assert faults(results / "runs") == []
    assert main(["ledger", "check", "--results", str(results)]) == 0
    said = capsys.readouterr().out
    assert "all in order" in said
    assert re.search(r"\d+ of \d+ entries count as made by this code", said)


def test_the_commands(runs, tmp_path, capsys) -> None:
    results = tmp_path / "results"
    assert main(["ledger", "add", str(runs["vae"].folder), "--results", str(results)]) == 0
    assert "entered" in capsys.readouterr().out
    for name in ("papers.csv", "claims.yml", "asked.yml"):
        (results / name).write_bytes((ROOT / "book/results" / name).read_bytes())
    (results / "findings").mkdir()
    finding = "- {id: a, statement: b, source: c, rule: d, claims: [vae-colapses]}\n"
    (results / "findings/01_one.yml").write_text(finding)
    assert main(["ledger", "claims", "--results", str(results)]) == 0
    said = capsys.readouterr().out
    assert "vae-collapses: A VAE with an LSTM decoder" in said
    assert re.search(r"kl of vae, synthetic light: \S+, no interval from one run", said)
    path = results / "runs/vae-synthetic-light-seed0.json"
    path.write_text(re.sub(r'"epochs": 1,', '"epochs": 2,', path.read_text()))
    assert main(["ledger", "check", "--results", str(results)]) == 2
    said = capsys.readouterr().err
    assert "vae-synthetic-light-seed0.json: Its results have been changed" in said
    assert "no claim called 'vae-colapses'. Did you mean 'vae-collapses'?" in said


def test_a_run_with_scaled_means_keeps_every_reading(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("COLLAPSE_RUNS", str(tmp_path / "runs"))
    monkeypatch.setitem(SETTINGS["synthetic"], "light", SHORT)
    done = perform(make_request("scale-vae-1.0-5-anneal"))
    path = add(done.folder, tmp_path / "ledger")
    (entry,) = read_ledger(tmp_path / "ledger").entries
    assert entry.metrics["nll_eq7"] == done.summary["nll_eq7"]
    found = json.loads(path.read_text())
    m = found["metrics"]
    wrong = {
        "factor is above 0": {"factor": -1.0},
        "kl_unscaled is": {
            "kl_unscaled": -0.5,
            "objective": m["objective"] - m["kl_unscaled"] - 0.5,
        },
        "below its floor": {"mpd": m["mpd_floor"] / 2},
        "off reconstruction": {"objective": m["objective"] + 1},
    }
    for sentence, change in wrong.items():
        (only,) = problems(signed({**found, "metrics": {**m, **change}}))
        assert sentence in only
    del found["metrics"]["nll_eq7"]
    assert "The key 'nll_eq7' is missing" in " ".join(problems(signed(found)))


def test_an_interrupted_run_took_at_least_its_training(runs, tmp_path, monkeypatch) -> None:
    cut = {**runs["vae"].summary, "train_seconds": 9.0, "wall_seconds": 2.0}
    monkeypatch.setattr(Run, "summary", cut)
    add(runs["vae"].folder, tmp_path / "ledger")
    (entry,) = read_ledger(tmp_path / "ledger").entries
    assert entry.cost["wall_seconds"] == entry.cost["train_seconds"] == 9.0
