"""Recordings: the same frames however they are made, and a run that does not notice."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import torch
from safetensors import SafetensorError

from collapse.base.errors import RunError
from collapse.data import Corpus, make_batch
from collapse.metrics import encode_split, forces, grid_posterior
from collapse.recipe import Recipe
from collapse.runs.measuring import recording
from collapse.runs.measuring.probes import PosteriorMeans, TwoForces
from collapse.runs.measuring.recording import (
    Probe,
    Recorder,
    Snapshot,
    Together,
    Watcher,
    record_all,
)
from collapse.runs.request import Request, make_request
from collapse.runs.run import is_finished, perform
from collapse.runs.settings import settings_for
from collapse.training import Aggressive, InnerBudget, Training
from collapse.training.strategies.strategy import Strategy
from collapse.vae import VAE

SHORT = replace(
    settings_for("synthetic", "light"),
    embedding=8,
    hidden=8,
    training=Training(epochs=2, batch_size=800),  # four iterations an epoch
)
AGGRESSIVE = Aggressive(InnerBudget(2), max_epochs=1)


@dataclass(frozen=True)
class Norm(Probe):
    """A probe that is quick, draws at random, and tells training from evaluation mode."""

    power: int = 2

    def __call__(self, model: VAE, corpus: Corpus) -> dict[str, torch.Tensor]:
        parts = {"encoder": model.inference_parameters(), "decoder": model.generator_parameters()}
        norms = {k: sum((p.double() ** self.power).sum() for p in v) for k, v in parts.items()}
        return {**norms, "training": torch.tensor(model.training), "drawn": torch.rand(2)}


ALL = Recorder(Norm(), (0, 1, 5), ("iteration", "before decoder", "encoder", "decoder", "both"))


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLLAPSE_RUNS", str(tmp_path / "runs"))


def a_request(strategy: Strategy = AGGRESSIVE, seed: int = 0) -> Request:
    return make_request(Recipe(strategy=strategy), name="small", seed=seed, settings=SHORT)


def frames_of(one: Request, recorder: Recorder, whole: bool = True) -> list[Snapshot]:
    return record_all([one], {"it": recorder}, jobs=1, whole=whole)[0]["it"]


def silent(line: str) -> None:
    pass


def same(one: list[Snapshot], other: list[Snapshot]) -> bool:
    heads = [(f.iteration, f.event, f.values.keys()) for f in one]
    assert heads == [(f.iteration, f.event, f.values.keys()) for f in other]
    deterministic = ("encoder", "decoder", "training")
    pairs = zip(one, other, strict=True)
    return all(torch.equal(a.values[k], b.values[k]) for a, b in pairs for k in deterministic)


def test_with_the_run_or_afterwards_the_frames_are_the_same(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    plain = perform(a_request(), silent)
    assert is_finished(a_request())
    afterwards = frames_of(a_request(), ALL)
    monkeypatch.setenv("COLLAPSE_RUNS", str(plain.folder.parent.parent / "others"))
    together = frames_of(a_request(), ALL)
    assert same(afterwards, together)
    watched = perform(a_request())
    assert is_finished(a_request())
    assert [{**r, "seconds": 0} for r in watched.history] == [
        {**r, "seconds": 0} for r in plain.history
    ]
    capsys.readouterr()
    assert same(frames_of(a_request(), ALL), together)
    assert capsys.readouterr().out == "1 run: 1 loaded.\n"


def test_frames_are_taken_at_the_moments_asked_for() -> None:
    frames = frames_of(a_request(), ALL, whole=False)
    aggressive = ["iteration", "encoder", "encoder", "before decoder", "decoder"]
    expected = [(i, e) for i in (0, 1) for e in aggressive]
    expected += [(5, e) for e in ("iteration", "before decoder", "both")]
    assert [(f.iteration, f.event) for f in frames] == expected
    assert not any(f.values["training"] for f in frames)
    inner = frames[:4]  # the decoder stands still, the encoder moves
    assert len({f.values["decoder"].item() for f in inner}) == 1
    assert len({f.values["encoder"].item() for f in inner}) == 3
    assert frames[4].values["decoder"] != frames[3].values["decoder"]
    assert frames[4].values["encoder"] == frames[3].values["encoder"]


def test_without_the_whole_run_none_is_kept() -> None:
    few = Recorder(Norm(), (0, 2))
    frames = frames_of(a_request(), few, whole=False)
    assert [f.iteration for f in frames] == [0, 2]
    assert not is_finished(a_request())
    assert sorted(p.name for p in a_request().folder.iterdir()) == [
        ".lock",
        few.path(a_request()).name,
    ]


def test_a_run_begun_from_a_checkpoint_is_rehearsed() -> None:
    class InterruptedError(Exception):
        pass

    def stop(line: str) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        perform(a_request(), stop)
    late = frames_of(a_request(), ALL)
    assert is_finished(a_request())
    assert same(late, frames_of(a_request(seed=0), ALL, whole=False))


def test_beyond_the_end_of_the_run_is_an_error() -> None:
    with pytest.raises(RunError, match="'small' ends before iteration 8"):
        frames_of(a_request(), Recorder(Norm(), (0, 8)))


def test_each_recorder_has_a_file_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    one = a_request()
    recorders = [ALL, Recorder(Norm(3), (0, 1, 5), ALL.events), Recorder(Norm(), (0,))]
    paths = {recorder.path(one) for recorder in recorders}
    monkeypatch.setattr(recording, "code_of", lambda probe: "other")
    assert len(paths | {replace(ALL).path(one)}) == 4


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty"])
def test_a_damaged_recording_is_made_again(damage: str) -> None:
    few = Recorder(Norm(), (0, 2))
    first = frames_of(a_request(), few, whole=False)
    path = few.path(a_request())
    whole = path.read_bytes()
    flipped = whole[:-20] + bytes([whole[-20] ^ 1]) + whole[-19:]
    path.unlink()  # the frames that were read stay those of the old file
    path.write_bytes({"cut": whole[:-50], "flipped": flipped, "empty": b""}[damage])
    with pytest.raises(RunError, match=r"recording-\w+\.safetensors cannot be used .*made anew"):
        recording.read_frames(path)
    assert same(frames_of(a_request(), few, whole=False), first)
    assert same(recording.read_frames(path), first)


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), SafetensorError("28")])
def test_a_full_disk_is_answered_with_a_sentence(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise error

    monkeypatch.setattr(recording, "save_file", refuse)
    with pytest.raises(RunError, match=r"could not be written .*Make room.*COLLAPSE_RUNS"):
        frames_of(a_request(), Recorder(Norm(), (0,)), whole=False)
    assert not list(a_request().folder.glob("recording-*")) + list(
        a_request().folder.glob(".*.part")
    )


def rehearsed_model(one: Request, steps: int) -> tuple[VAE, Corpus]:
    """The model after some iterations, by a way of its own: a probe that keeps the weights."""
    kept: list[VAE] = []

    def keep(model: VAE, corpus: Corpus) -> dict[str, torch.Tensor]:
        copy = recording.new_system(one, corpus).model
        copy.load_state_dict(model.state_dict())
        kept.append(copy.eval())
        return {}

    recorder = Recorder(Keep(keep), (steps,))
    corpus = recording.load_corpus(one.corpus, one.scale)
    recording.rehearse(one, Together([Watcher(recorder, corpus)]))
    return kept[0], corpus


@dataclass(frozen=True)
class Keep(Probe):
    how: Callable[[VAE, Corpus], dict[str, torch.Tensor]]

    def __call__(self, model: VAE, corpus: Corpus) -> dict[str, torch.Tensor]:
        return self.how(model, corpus)


def test_probes_see_what_the_metrics_say_of_the_weights_at_that_moment() -> None:
    one = a_request()
    model, corpus = rehearsed_model(one, 3)
    recorders = {
        "means": Recorder(PosteriorMeans(5, first=2), (3,)),
        "forces": Recorder(TwoForces(4), (3,)),
    }
    both = record_all([one], recorders, jobs=1, whole=False)[0]
    few = corpus.valid.subset(range(2, 7))
    posterior = grid_posterior(model, few)
    q = encode_split(model, few).q
    found = both["means"][0].values
    torch.testing.assert_close(found["model"], posterior.mean, atol=1e-6, rtol=0)
    torch.testing.assert_close(found["inference"], q.mean, atol=1e-7, rtol=0)
    torch.testing.assert_close(found["gap"], posterior.kl_from(q), atol=1e-5, rtol=0)
    pulled = both["forces"][0].values
    expected = forces(model, make_batch(corpus.valid, range(4)))
    assert pulled.keys() == vars(expected).keys()
    for name, value in vars(expected).items():
        assert pulled[name].item() == pytest.approx(value, rel=1e-3, abs=1e-7)
