"""Runs on texts of one's own: known by their documents, in this process and in any other."""

import json
import pickle
import random
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import torch

import collapse
from collapse.base.errors import CollapseError, DataError, RunError
from collapse.chapters import chapter
from collapse.cli import main
from collapse.data import CORPORA, Corpus, Generated, load, resolve
from collapse.data.own.corpus import Counts, OwnCorpus
from collapse.recipe import Recipe
from collapse.runs.execute import load_corpus
from collapse.runs.many import folder_variables, run_all
from collapse.runs.measuring.probes import Codes
from collapse.runs.measuring.recording import Recorder
from collapse.runs.request import Request, make_request
from collapse.runs.run import Run, is_finished, perform, run_in
from collapse.runs.settings import LIGHT, PAPER, SHORT, settings_for
from collapse.runs.settings.own_choice import own_choice
from collapse.sweeps.engines import JobOutcome, attempt, local, on_dask
from collapse.sweeps.sweep import Sweep, load_sweep, perform_missing, run_sweep

RANDOM = random.Random(0)
WORDS = [f"w{n}" for n in range(40)]
TEXTS = [" ".join(RANDOM.choices(WORDS, k=RANDOM.randint(2, 9))) for _ in range(60)]
MEASURED = ("nll", "elbo_nll", "kl", "mi", "perplexity", "unknown_share")


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLLAPSE_RUNS", str(tmp_path / "runs"))


def mine(name: str = "mine") -> Corpus:
    """A corpus from memory; every call makes a new object with the same documents."""
    return Corpus.from_texts(TEXTS, name=name)


def written(path: Path, times: int = 1) -> Path:
    """The same documents in a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{text}\n" for text in TEXTS * times), encoding="utf-8")
    return path


def done(*what, **more) -> Run:
    return perform(make_request("vae", *what, "smoke", **more), lambda line: None)


def numbers(run: Run) -> list[float]:
    return [run.summary[key] for key in MEASURED]


# One identity


def test_the_same_documents_are_the_same_run(tmp_path: Path) -> None:
    first = done(mine())
    elsewhere = written(tmp_path / "elsewhere" / "other name.txt")
    same = [mine("another"), elsewhere, str(elsewhere), resolve(mine())]
    requests = [make_request("vae", one, "smoke") for one in same]
    assert {one.folder for one in requests} == {first.folder}
    assert all(map(is_finished, requests))
    assert first.folder.name.startswith(f"vae-own-{resolve(mine()).identity[:8]}-smoke-seed0-")


def test_other_documents_are_another_run() -> None:
    changed = [*TEXTS[:-1], f"{TEXTS[-1]} w0"]
    corpora = [mine(), Corpus.from_texts(changed), Corpus.from_texts(TEXTS, labels=[0, 1] * 30)]
    corpora.append(Corpus.from_texts(TEXTS, tokens="characters"))
    assert len({make_request("vae", one, "smoke").identity for one in corpora}) == 4
    assert (
        make_request("vae", mine(), "light").identity
        != make_request("vae", mine(), "smoke").identity
    )


def test_the_name_of_a_corpus_of_the_package_is_not_shadowed(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    before = make_request("vae", "synthetic", "smoke").folder
    written(tmp_path / "synthetic" / "train.txt")
    assert make_request("vae", "synthetic", "smoke").folder == before
    assert make_request("vae", "./synthetic", "smoke").folder != before


def test_the_module_that_reads_is_not_in_the_identity_but_what_cuts_is() -> None:
    request = make_request("vae", mine(), "smoke")
    assert request.corpus.modules == ("collapse.data.own.cut",)
    assert request.code != make_request("vae", "synthetic", "smoke").code


# Found again


def test_the_config_says_where_the_documents_are(tmp_path: Path) -> None:
    path = written(tmp_path / "texts.txt")
    config = json.loads((done(path).folder / "config.json").read_text())
    own = resolve(path)
    assert config["corpus"] == str(own) == f"texts-{own.identity[:8]}"
    assert config["own_corpus"]["path"] == str(path)
    assert config["own_corpus"]["identity"] == own.identity
    assert config["own_corpus"]["how"]["tokens"] == "words"
    memory = json.loads((done(mine(), seed=1).folder / "config.json").read_text())
    assert memory["own_corpus"]["path"] is None


AGAIN = """
import sys
from pathlib import Path
from collapse.base.errors import DataError
from collapse.runs.run import run_in
run = run_in(Path(sys.argv[1]))
print(run.summary["nll"])
try:
    print(sum(p.double().sum().item() for p in run.model().parameters()))
    print(len(run.corpus().train), run.corpus().vocabulary.words[-1])
except DataError as error:
    print(error)
"""


def elsewhere(folder: Path) -> list[str]:
    """What another process finds of a run, without the object that it was made from."""
    command = [sys.executable, "-c", AGAIN, str(folder)]
    return subprocess.check_output(command, text=True, stderr=subprocess.DEVNULL).splitlines()


@pytest.mark.thorough
def test_another_process_finds_a_corpus_from_memory(tmp_path, monkeypatch) -> None:
    run = done(mine())
    weights = sum(p.double().sum().item() for p in run.model().parameters())
    corpus = mine()
    expected = [
        str(run.summary["nll"]),
        str(weights),
        f"{len(corpus.train)} {corpus.vocabulary.words[-1]}",
    ]
    assert elsewhere(run.folder) == expected
    # The folder of all runs has another name now, and COLLAPSE_RUNS another folder.
    moved = run.folder.parent.rename(tmp_path / "copied") / run.folder.name
    assert elsewhere(moved) == expected
    (tmp_path / "runs" / "corpora").rename(tmp_path / "gone")
    (moved.parent / "corpora").rename(tmp_path / "gone as well")
    nll, sentence = elsewhere(moved)
    assert nll == expected[0]
    assert "was given from memory. Set COLLAPSE_RUNS to the folder of the runs that has" in sentence
    assert "give the same texts again" in sentence


@pytest.mark.thorough
def test_another_process_reads_the_path_again_where_nothing_was_kept(tmp_path: Path) -> None:
    path = written(tmp_path / "texts.txt")
    run = done(path)
    (tmp_path / "runs" / "corpora").rename(tmp_path / "gone")
    assert elsewhere(run.folder)[2].startswith(f"{len(mine().train)} w")
    path.write_text("other\n" * 20)
    assert "there are other texts now (texts-" in elsewhere(run.folder)[1]


@pytest.mark.parametrize("damage", [{"identity": 3}, {"counts": {}}, {"how": {"token": "words"}}])
def test_a_damaged_config_is_answered_with_a_sentence(damage) -> None:
    run = done(mine())
    path = run.folder / "config.json"
    config = json.loads(path.read_text())
    for told in (config["own_corpus"] | damage, [], "mine"):
        path.write_text(json.dumps({**config, "own_corpus": told}))
        with pytest.raises(RunError, match=r"config\.json says nothing usable about its corpus"):
            run_in(run.folder)


def test_a_folder_that_cannot_be_written_is_answered_with_a_sentence(tmp_path, monkeypatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("COLLAPSE_RUNS", str(tmp_path / "file"))
    with pytest.raises(DataError, match=r"corpus mine-.* cannot be kept in .*COLLAPSE_RUNS"):
        make_request("vae", mine(), "smoke")


def test_the_ledger_is_for_corpora_that_everybody_can_have(tmp_path, capsys) -> None:
    run = done(mine())
    assert main(["ledger", "add", str(run.folder), "--results", str(tmp_path / "results")]) == 2
    assert "on corpora that everybody can have, and mine-" in capsys.readouterr().err


# Resumed, and done in other processes


def test_an_interrupted_run_goes_on_to_the_same_numbers(monkeypatch, tmp_path) -> None:
    settings = settings_for(mine(), "smoke")
    settings = replace(settings, training=replace(settings.training, epochs=3))

    def stop_after_two(line: str) -> None:
        lines.append(line)
        if len(lines) == 2:
            raise InterruptedError

    lines: list[str] = []
    request = make_request("vae", mine(), "smoke", settings=settings)
    with pytest.raises(InterruptedError):
        perform(request, stop_after_two)
    resumed = perform(make_request("vae", mine(), "smoke", settings=settings), lines.append)
    assert len(lines) == 3
    monkeypatch.setenv("COLLAPSE_RUNS", str(tmp_path / "others"))
    whole = perform(make_request("vae", mine(), "smoke", settings=settings), lines.append)
    assert numbers(resumed) == numbers(whole)


def test_a_request_goes_to_another_process_without_its_documents() -> None:
    request = make_request("vae", mine(), "smoke")
    sent = pickle.dumps(request)
    assert len(sent) < 3000
    back = pickle.loads(sent)
    assert back == request
    assert back.corpus.held is None
    load_corpus.cache_clear()
    corpus = load_corpus(back.corpus, "smoke")
    assert (corpus.train.tokens == load(mine(), "smoke").train.tokens).all()


@pytest.mark.thorough
def test_runs_side_by_side_are_those_done_one_by_one(monkeypatch, tmp_path, capsys) -> None:
    alone = [numbers(done(mine(), seed=seed)) for seed in (0, 1)]
    monkeypatch.setenv("COLLAPSE_RUNS", str(tmp_path / "more"))
    runs = run_all(["vae"], mine(), "smoke", seeds=(0, 1), jobs=2)
    assert [numbers(one) for one in runs["vae"]] == alone
    assert "2 runs: 0 loaded, 2 computed in " in capsys.readouterr().out
    run_all(["vae"], written(tmp_path / "texts.txt"), "smoke", seeds=(0, 1))
    assert "2 runs: 2 loaded." in capsys.readouterr().out
    # The same two processes, which were told of another folder when they were started.
    monkeypatch.setenv("COLLAPSE_RUNS", str(tmp_path / "more still"))
    runs = run_all(["vae"], mine(), "smoke", seeds=(0, 1), jobs=2)
    assert [numbers(one) for one in runs["vae"]] == alone


@pytest.mark.thorough
def test_a_process_of_its_own_and_a_dask_worker_find_the_documents(monkeypatch, tmp_path) -> None:
    from distributed import LocalCluster

    alone = [numbers(done(mine(), seed=seed)) for seed in (0, 1)]
    monkeypatch.setenv("COLLAPSE_RUNS", str(tmp_path / "more"))
    first, second = (make_request("vae", mine(), "smoke", seed) for seed in (0, 1))
    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None) as cluster:
        failures = perform_missing([first], on_dask(cluster.scheduler_address), lambda line: None)
    failures |= perform_missing([second], local(1), lambda line: None)
    assert failures == {}
    assert [numbers(Run(one, one.folder)) for one in (first, second)] == alone


def test_a_generated_corpus_of_ones_own_is_made_once_for_all_runs(monkeypatch, tmp_path) -> None:
    made: list[tuple[str, int]] = []

    def make(scale: str, seed: int) -> Corpus:
        made.append((scale, seed))
        return mine()

    monkeypatch.setitem(CORPORA, "generated", Generated("Mine.", make))
    runs = run_all(["vae"], "generated", "smoke", seeds=(0, 1), jobs=2)["vae"]
    assert made == [("smoke", 0)]
    assert [numbers(run) for run in runs] == [numbers(done(mine(), seed=seed)) for seed in (0, 1)]
    assert runs[0].request.identity == make_request("vae", mine(), "smoke").identity
    assert settings_for("generated", "light") == settings_for(mine(), "light")
    monkeypatch.delitem(CORPORA, "generated")
    assert len(run_in(runs[0].folder).corpus().train) == len(mine().train)


def test_recordings_and_recipes_of_ones_own() -> None:
    seen = Recorder(Codes(), (0, 1))
    (found,) = chapter.record(["vae"], mine(), "smoke", (0,), {"codes": seen})["vae"]
    assert len(found["codes"]) == 2
    own = collapse.run(Recipe(), mine(), "smoke", name="own")
    assert numbers(own) == numbers(done(mine()))
    with pytest.raises(RunError, match=r"the corpus 'mine-.*' has no contexts\. Take one of: toy"):
        perform(make_request("cvae", mine(), "smoke"))


# Settings by size


def counts(documents: int, median: int = 10, lengths: int = 10, longest: int = 40) -> OwnCorpus:
    tokens, held_out = documents * median, (500, 500)
    sizes = Counts((documents, *held_out), 9000, tokens, float(median), longest, lengths, False)
    return OwnCorpus("mine", "0123456789abcdef", sizes)


@pytest.mark.parametrize(
    ("documents", "median", "epochs"),
    [(30_000, 10, 4), (8_000, 10, 4), (4_001, 10, 4), (4_000, 10, 8), (60, 10, 40), (2, 10, 40),
     (30_000, 90, 4), (1_000, 90, 8)],
)  # fmt: skip
def test_few_documents_are_gone_through_more_often_at_light_scale(documents, median, epochs):
    found = settings_for(counts(documents, median), "light")
    assert found.training.epochs == epochs
    assert replace(found, training=LIGHT.training) == LIGHT


def test_the_full_scale_follows_the_size() -> None:
    assert settings_for(counts(40_000, 20, 50), "full") == PAPER
    assert settings_for(counts(40_000, 12, 50), "full") == SHORT
    assert settings_for(counts(20_000, 20, 50), "full") == SHORT
    assert settings_for(counts(40_000, 20, 50), "full-zhu2020").training.learning_rate == 0.5


def test_batches_of_one_length_where_there_are_enough_of_a_length() -> None:
    assert settings_for(counts(800, lengths=100), "light").training.batching == "bucket"
    assert settings_for(counts(799, lengths=100), "light").training.batching == "random"
    assert settings_for(counts(799, 90, 100, 5000), "light").training.batching == "bucket"


def test_what_a_scale_takes_and_why_is_said_once(capsys) -> None:
    said = own_choice(counts(30_000), "light")
    assert said.startswith(
        "mine-01234567 at scale light: 8,000 of 30,000 documents to learn from, 500 for validation,"
        " 500 to test, 2,000 of 9,000 tokens in the vocabulary (drawn with a fixed seed; the scale "
        "full takes all). Embedding 64, LSTM 64, 8 latent dimensions, adam, up to 4 epochs: 8,000 "
        "documents where this scale takes up to 8,000. Batches of one length"
    )
    assert "(drawn" not in own_choice(counts(30_000), "full")
    assert "300,000 tokens to learn from, 10 a document" in own_choice(counts(30_000), "full")
    corpus = Corpus.from_texts([*TEXTS, "said once"], name="said")
    for seed in (0, 1):
        make_request("vae", corpus, "smoke", seed)
    assert capsys.readouterr().err.count("said-") == 1
    make_request("vae", Corpus.from_texts(["a b c"] * 9, longest=2), "smoke")
    assert "9 documents were cut after 2 tokens; the longest had 3." in capsys.readouterr().err
    make_request("vae", corpus, "smoke", settings=LIGHT)
    assert capsys.readouterr().err.endswith("Settings: as given.\n")


def test_a_scale_takes_a_part_of_a_large_corpus() -> None:
    corpus = Corpus.from_texts([f"{n} {n % 7} w" for n in range(900)])
    taken = load_corpus(resolve(corpus), "smoke")
    assert (len(taken.train), len(taken.valid), len(taken.test)) == (600, 64, 90)
    assert len(taken.vocabulary) == 500
    assert taken.scale == "smoke"
    assert taken.source.endswith("600 / 64 / 90 documents, 500 tokens in the vocabulary.")


# Chapters and sweeps


def test_a_chapter_that_can_do_any_corpus_can_do_ones_own(tmp_path: Path) -> None:
    path = str(written(tmp_path / "texts.txt", times=43))
    chapter.check_parameters(corpus=path, scale="light", seed=0)
    chapter.check_parameters(corpus=Path(path), scale="light", seed=0)
    chapter.check_parameters(corpus=Corpus.from_texts(TEXTS * 43), scale="light", seed=0)
    assert chapter.training_with(path, "smoke", epochs=9).training.epochs == 1
    with pytest.raises(CollapseError, match=r"the corpus 'texts-.*'\. Valid: synthetic\."):
        chapter.check_parameters(corpus=path, scale="light", seed=0, corpora=("synthetic",))
    with pytest.raises(DataError, match="no file or folder"):
        chapter.check_parameters(corpus="no/such", scale="light", seed=0)


def test_a_chapter_needs_as_many_documents_as_the_smallest_corpora_have() -> None:
    most = Corpus.from_texts(TEXTS * 42 + TEXTS[:39])
    with pytest.raises(DataError, match=r"255 in test are fewer than 256\. Give 600 / 64 / 256 in"):
        chapter.check_parameters(corpus=most, scale="light", seed=0)
    enough = Corpus.from_texts(TEXTS * 42 + TEXTS[:40])
    chapter.check_parameters(corpus=enough, scale="light", seed=0)


def test_a_chapter_about_labels_can_do_a_corpus_with_labels() -> None:
    from collapse.data import LABELLED

    labelled = Corpus.from_texts(TEXTS * 43, labels=["a", "b"] * 30 * 43)
    chapter.check_parameters(corpus=labelled, scale="light", seed=0, corpora=LABELLED)
    with pytest.raises(DataError, match=r"the corpus 'mine-.*' has none\. Give them in a column"):
        chapter.check_parameters(corpus=mine(), scale="light", seed=0, corpora=LABELLED)


def here(missing: Sequence[Request]) -> Iterator[JobOutcome]:
    """An engine that does runs in this process."""
    return (attempt(one, folder_variables()) for one in missing)


def test_a_sweep_may_name_a_path_from_its_own_folder(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    written(tmp_path / "there" / "texts.txt")
    file = tmp_path / "there" / "sweep.yaml"
    file.write_text("recipes: [lm, vae]\ncorpora: [texts.txt]\nseeds: [0]\nscale: smoke\n")
    lines: list[str] = []
    assert run_sweep(load_sweep(Path("there/sweep.yaml")), here, log=lines.append)
    name = str(resolve(mine("texts")))
    assert f"] vae, {name}, smoke, seed 0: NLL " in lines[-2]
    assert is_finished(make_request("vae", mine(), "smoke"))
    here_too = Sweep(recipes=["vae"], corpora=["there/texts.txt"], seeds=[0], scale="smoke")
    assert here_too.requests()[0].folder.exists()


def test_a_sweep_names_everything_that_is_wrong_with_its_texts(tmp_path: Path) -> None:
    (tmp_path / "bad.csv").write_text("title\nx\n")
    file = tmp_path / "sweep.yaml"
    file.write_text("recipes: [lm]\ncorpora: [none.txt, bad.csv, yelps]\nseeds: [0]\n")
    with pytest.raises(RunError) as error:
        load_sweep(file)
    said = str(error.value)
    assert f"\n  - There is no file or folder {tmp_path / 'none.txt'}" in said
    assert f"\n  - The file {tmp_path / 'bad.csv'} has no column called text" in said
    assert "\n  - There is no corpus called 'yelps'. Did you mean 'yelp'?" in said


# Odd texts


def odd(name: str) -> tuple[list[str], dict]:
    """Texts that no corpus of the package has, and how they are read."""
    rng = random.Random(1)
    chinese = "我喜欢这部电影它很好看音乐也动听演员表演出色故事感人"
    return {
        "characters": (["".join(rng.choices(chinese, k=rng.randint(3, 30))) for _ in range(60)],
                       {"tokens": "characters"}),
        "one sentence": (["the same again"] * 40, {}),
        "one token": ([rng.choice(WORDS) for _ in range(60)], {}),
        "one word": (["a"] * 40, {}),
        "a long one": ([*TEXTS, " ".join(rng.choices(WORDS, k=5000))], {}),
        "a long one, whole": ([*TEXTS, " ".join(rng.choices(WORDS, k=5000))], {"longest": None}),
        "six": (["a b", "c", "d e", "f", "g", "h i"], {}),
        "duplicates": (TEXTS[:10] * 6, {}),
        "labels": (TEXTS, {"labels": ["bad", "good", "so so"] * 20}),
        "unseen": (["a b"] * 8 + ["c d e"] * 3, {"vocabulary_size": 5}),
    }[name]  # fmt: skip


ODD = ("characters", "one sentence", "one token", "one word", "a long one", "a long one, whole",
       "six", "duplicates", "labels", "unseen")  # fmt: skip


@pytest.mark.thorough
@pytest.mark.parametrize("scale", ["smoke", "light"])
@pytest.mark.parametrize("name", ODD)
def test_odd_texts_can_be_trained_on(name: str, scale: str) -> None:
    texts, options = odd(name)
    run = perform(
        make_request("vae", Corpus.from_texts(texts, **options), scale), lambda line: None
    )
    assert all(torch.isfinite(torch.tensor(numbers(run))))
    if (name, scale) == ("one sentence", "light"):
        assert run.summary["nll"] < 0.5  # there is nothing to say once it is learned


def test_held_out_documents_may_be_longer_than_any_to_learn_from() -> None:
    corpus = Corpus.from_texts(TEXTS, TEXTS[:9], [" ".join(WORDS * 3), *TEXTS[:9]])
    assert corpus.test.lengths.max() > corpus.train.lengths.max()
    assert torch.isfinite(torch.tensor(numbers(done(corpus)))).all()


@pytest.mark.parametrize("name", ["bn-vae-0.7", "agg-vae-short", "free-bits-4", "pool-attention"])
def test_few_texts_can_be_trained_on_with_a_remedy(name: str) -> None:
    texts, options = odd("six")
    request = make_request(name, Corpus.from_texts(texts, **options), "smoke")
    assert all(torch.isfinite(torch.tensor(numbers(perform(request, lambda line: None)))))


def test_a_split_of_one_document_is_refused_before_anything_is_computed() -> None:
    with pytest.raises(DataError, match=r"split test .* has 1 documents; a run needs 2 or more"):
        make_request("vae", Corpus.from_texts(TEXTS, TEXTS, ["a b"]), "smoke")
