"""What chapter 3 keeps of its runs is what the probes and functions behind it give."""

from dataclasses import replace

import pytest
import torch

from collapse.chapters.keeping.asked import Asked, requests_for
from collapse.chapters.lagging import gap_parts, looks, silent_pair
from collapse.metrics import encode_split, grid_posterior, mutual_information
from collapse.runs.measuring.probes import PosteriorMeans, TwoForces
from collapse.runs.measuring.recording import Recorder, record_all
from collapse.runs.run import Run
from collapse.runs.settings import settings_for
from collapse.training import Training

FULL = settings_for("synthetic", "light")
SHORT = replace(FULL, embedding=8, hidden=8, training=Training(epochs=1, batch_size=200))
MEANS = Recorder(PosteriorMeans(10), (0, 5))


@pytest.fixture(scope="module")
def asked(tmp_path_factory) -> Asked:
    """Two runs of a second, which are there afterwards."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLLAPSE_RUNS", str(tmp_path_factory.mktemp("runs")))
        asked = requests_for(["vae"], "synthetic", "light", (0, 1), settings=SHORT)
        recorders = {"means": MEANS, "forces": Recorder(TwoForces(4), (5,), ("before decoder",))}
        asked_for = looks.looks(asked, recorders, (5,))
        yield asked, asked_for


def test_looks_are_the_recordings_with_the_trained_model_last(asked) -> None:
    (requests, seen) = asked
    runs = [Run(request, request.folder) for request in requests["vae"]]
    recorded = [each["means"] for each in record_all(requests["vae"], {"means": MEANS})]
    for run, frames, found in zip(runs, recorded, seen["means"]["vae"], strict=True):
        assert [(f.iteration, f.event) for f in found] == [
            (0, "iteration"),
            (5, "iteration"),
            (run.history[-1]["step"], "trained"),
        ]
        trained = PosteriorMeans(10)(run.model(), run.corpus())
        for name in ("model", "inference"):
            whole = [frame.values[name] for frame in frames] + [trained[name]]
            for one, other in zip(found, whole, strict=True):
                assert torch.equal(one.values[name], other.std())
    points = seen["points"]["vae"]
    assert [(f.iteration, f.event) for f in points[:1]] == [(5, "iteration")]
    assert points[-1].event == "trained"
    whole = recorded[0][1].values["model"]
    assert torch.allclose(points[0].values["model"], whole, atol=1e-4)
    forces = seen["forces"]["vae"][1]
    assert [f.event for f in forces] == ["before decoder", "trained"]
    last = TwoForces(4)(runs[1].model(), runs[1].corpus())
    assert forces[-1].values["agreement"] == last["agreement"]


def test_paths_leave_out_the_beginnings_of_iterations_but_the_first(asked) -> None:
    requests, _ = asked
    events = ("iteration", "both")
    recorder = Recorder(PosteriorMeans(1), (0, 1, 2), events)
    first, _ = looks.paths(requests, recorder)["vae"]
    assert [event for event, _, _ in first] == ["iteration", "both", "both", "both"]
    (frames, _) = looks.frames(requests, recorder)["vae"]
    moved = [f for f in frames if f.event == "both"]
    assert first[-1][1:] == tuple(moved[-1].values[n].item() for n in ("model", "inference"))


@pytest.mark.thorough
def test_numbers_of_models_are_those_of_the_functions_behind_them(asked) -> None:
    requests, _ = asked
    runs = [Run(request, request.folder) for request in requests["vae"]]
    run = runs[0]
    model, corpus = run.model(), run.corpus()
    for own, direction in (
        (True, silent_pair.own_direction(model)),
        (False, silent_pair.search(model, corpus.train)),
    ):
        way = silent_pair.way_out(model, corpus, direction)
        (found,) = looks.ratios([run], own)
        assert found["held_out"] == pytest.approx(way.held_out.ratio, nan_ok=True)
    seen = encode_split(model, corpus.test)
    (parts,) = looks.gaps([run])
    assert parts["gap"] == pytest.approx(parts["approximation"] + parts["amortisation"], abs=1e-5)
    whole = gap_parts.gap_parts(grid_posterior(model, corpus.test), seen.q)
    assert parts["approximation"] == pytest.approx(whole.approximation.nanmean().item())
    ((kl, mi),) = looks.unrefined([run])
    assert kl == pytest.approx(run.summary["kl"], abs=1e-6)
    assert mi == mutual_information(seen.q, seen.z).value
    found = looks.grid_errors(run, 5, (0.2, 2.0))
    assert found["errors"][0] < found["errors"][1] or found["errors"][1] < 1e-6
    assert 0 < found["narrowest"] < 1.5
    histories = looks.from_silence(runs, SHORT, (0, 1))
    assert [[row["epoch"] for row in history] for history in histories] == [[0, 1]] * 2
