"""What chapter 3 sees of runs in training and of their models, as numbers that can be kept."""

from collections.abc import Mapping, Sequence
from typing import Any

from torch.distributions import Normal

from collapse.chapters.keeping.asked import Asked
from collapse.chapters.lagging import gap_parts, silent_pair
from collapse.metrics import encode_split, grid_posterior, mutual_information
from collapse.runs.measuring.recording import Recorder, Recordings, Snapshot, record_all
from collapse.runs.request import Request
from collapse.runs.run import Run
from collapse.runs.settings import Settings
from collapse.training.checkpoint import Record

SEEN = ("model", "inference")  # the two means of each document

Looks = dict[str, list[Any]]
"""By the name of the recipe, one thing a seed."""


def frames(asked: Asked, recorder: Recorder) -> dict[str, list[list[Snapshot]]]:
    """Both means in every frame of a recording; training ends where it does.

    Args:
        asked: the runs.
        recorder: of :class:`collapse.runs.measuring.probes.PosteriorMeans`.
    """
    recorded = iter(record_all(_flat(asked), {"means": recorder}, whole=False))
    return {
        name: [list(map(only_means, next(recorded)["means"])) for _ in group]
        for name, group in asked.items()
    }


def paths(asked: Asked, recorder: Recorder) -> dict[str, list[list[tuple[str, float, float]]]]:
    """The way of one document through the posterior-mean space: after which event it is where.

    Args:
        asked: the runs.
        recorder: of a :class:`collapse.runs.measuring.probes.PosteriorMeans` of one document, at
            the events that move it and at "iteration", of which only the very first counts.

    Returns:
        By recipe, for each seed the events with the mean of the model's posterior and the
        encoder's.
    """
    return {
        name: [
            [
                (frame.event, frame.values["model"].item(), frame.values["inference"].item())
                for frame in seen
                if frame.event != "iteration" or not frame.iteration
            ]
            for seen in group
        ]
        for name, group in frames(asked, recorder).items()
    }


def looks(
    asked: Asked, recorders: Mapping[str, Recorder], shown: Sequence[int]
) -> dict[str, Looks]:
    """Recordings of runs, which are made on the way, each with the trained model as its last frame.

    Args:
        asked: the runs.
        recorders: one of them, "means", of the posterior-mean space.
        shown: the iterations whose points are wanted.

    Returns:
        By the name of the recorder, by recipe, for each seed the frames; of "means" they hold the
        standard deviations only. "points" has, for the first seed, the means themselves: those of
        the iterations that are shown, and of the trained model.
    """
    recorded = record_all(_flat(asked), recorders)
    whole = iter(list(map(_with_trained, _flat(asked), recorded, [recorders] * len(recorded))))
    by_recipe = {name: [next(whole) for _ in group] for name, group in asked.items()}
    found: dict[str, Looks] = {
        part: {name: [each[part] for each in group] for name, group in by_recipe.items()}
        for part in recorders
    }
    found["points"] = {
        name: [_drawn(f) for f in group[0] if f.iteration in shown or f.event == "trained"]
        for name, group in found["means"].items()
    }
    found["means"] = {
        name: [list(map(_spread, each)) for each in group] for name, group in found["means"].items()
    }
    return found


def _flat(asked: Asked) -> list[Request]:
    return [request for group in asked.values() for request in group]


def _with_trained(
    request: Request, recorded: Recordings, recorders: Mapping[str, Recorder]
) -> Recordings:
    run = Run(request, request.folder)
    model, corpus, end = run.model(), run.corpus(), int(run.history[-1]["step"])
    return {
        name: [*recorded[name], Snapshot(end, "trained", recorder.probe(model, corpus))]
        for name, recorder in recorders.items()
    }


def only_means(frame: Snapshot) -> Snapshot:
    """A frame with the two means of each document and nothing else."""
    return Snapshot(frame.iteration, frame.event, {name: frame.values[name] for name in SEEN})


def _drawn(frame: Snapshot) -> Snapshot:
    """The means as a figure needs them."""
    values = {name: v.round(decimals=4) for name, v in only_means(frame).values.items()}
    return Snapshot(frame.iteration, frame.event, values)


def _spread(frame: Snapshot) -> Snapshot:
    values = {name: value.std() for name, value in only_means(frame).values.items()}
    return Snapshot(frame.iteration, frame.event, values)


def ratios(runs: Sequence[Run], own_direction: bool) -> list[dict[str, float]]:
    """The ratio of each curvature of :class:`collapse.chapters.lagging.silent_pair.WayOut`.

    Args:
        runs: finished ones.
        own_direction: along the code weights that a model has, in place of the steepest way.
    """
    found = []
    for run in runs:
        model, corpus = run.model(), run.corpus()
        if own_direction:
            direction = silent_pair.own_direction(model)
        else:
            direction = silent_pair.search(model, corpus.train)
        curvatures = vars(silent_pair.way_out(model, corpus, direction))
        found.append({kind: each.ratio for kind, each in curvatures.items()})
    return found


def from_silence(
    runs: Sequence[Run], settings: Settings, seeds: Sequence[int]
) -> list[list[Record]]:
    """What ordinary training makes of the silent pair of each model, epoch by epoch.

    Args:
        runs: finished ones.
        settings: of the loop.
        seeds: one a run.
    """
    return [
        silent_pair.from_silence(run.model(), run.corpus(), settings, seed)
        for run, seed in zip(runs, seeds, strict=True)
    ]


def gaps(runs: Sequence[Run]) -> list[dict[str, float]]:
    """The gap of the bound on the test split and its two parts, means in nats, run by run."""
    found = []
    for run in runs:
        model, documents = run.model(), run.corpus().test
        q = encode_split(model, documents).q
        assert isinstance(q, Normal)
        parts = gap_parts.gap_parts(grid_posterior(model, documents), q)
        names = ("gap", "approximation", "amortisation")
        found.append({name: getattr(parts, name).nanmean().item() for name in names})
    return found


def grid_errors(run: Run, documents: int, strides: Sequence[float]) -> dict[str, Any]:
    """How far the mean of the model's posterior is off on coarser grids of z.

    Args:
        run: finished.
        documents: how many of the validation split, from the first.
        strides: of the grids; each is compared with half of the first.

    Returns:
        ``errors``, the largest of each, and ``narrowest``, the least deviation of a posterior.
    """
    model, few = run.model(), run.corpus().valid.subset(range(documents))
    fine = grid_posterior(model, few, stride=strides[0] / 2)
    means = [grid_posterior(model, few, stride=stride).mean for stride in strides]
    return {
        "errors": [(fine.mean - mean).abs().max().item() for mean in means],
        "narrowest": fine.variance.min().sqrt().item(),
    }


def unrefined(runs: Sequence[Run]) -> list[list[float]]:
    """KL and information of the encoder alone on the test split, run by run, in nats."""
    seen = [encode_split(run.model(), run.corpus().test) for run in runs]
    return [
        [each.kl.sum(-1).mean().item(), mutual_information(each.q, each.z).value] for each in seen
    ]
