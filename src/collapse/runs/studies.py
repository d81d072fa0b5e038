"""Further measurements of finished runs, for tables that ask more than a run measures of itself.

A study reads a finished run and writes ``study-NAME-HASH.json`` beside its summary; the hash is
that of the code that measures. ``studies: [order]`` in a sweep file asks for them, and the ledger
enters what it finds with the metrics of the run.
"""

import json
from collections.abc import Callable, Iterable
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from collapse.base.errors import RunError, choose
from collapse.base.files import write_text
from collapse.base.provenance import code_hash
from collapse.base.seeding import seeded
from collapse.distributions.densities import ask_torch
from collapse.metrics import (
    Supervision,
    classification_accuracy,
    order_effect,
    split_features,
    supervised_accuracy,
)
from collapse.metrics.text.supervised import labels_of
from collapse.parts import Sizes
from collapse.runs.execute import device_for, one_thread
from collapse.runs.request import APART, Request
from collapse.runs.run import Run, is_finished, locked

Results = dict[str, float]


def order(run: Run) -> Results:
    """How much worse the model scores when its encoder reads the words in a random order.

    Long et al. (2019), Table 4, has the importance-weighted likelihood; ``order_bound`` is the rise
    of the negative ELBO, ``order_iw`` that with as many samples and documents as the run's own NLL,
    both with standard errors, in nats a document. See
    :mod:`collapse.metrics.text.word_order` for what they mean.
    """
    settings, corpus = run.request.settings, run.corpus()
    model = run.model().to(device_for(run.request))
    results: Results = {}
    for name, count, samples in (
        ("order_bound", None, 1),
        ("order_iw", settings.likelihood_documents, settings.iw_samples),
    ):
        documents = corpus.test.first(count)
        effect = order_effect(model, documents, samples, run.request.seed)
        results |= {name: effect.rise, f"{name}_se": effect.standard_error}
    return results


def labels(run: Run) -> Results:
    """Shares of the test documents whose label a classifier finds (Long et al. 2019, Table 5).

    ``label_mlp`` reads mean and variance of q(z|x), as in the paper; ``label_draw`` is a linear
    classifier of one z, all that the decoder hears; ``label_supervised`` a bi-LSTM that is trained
    on the words and labels; ``label_common`` the share of the commonest label.
    """
    numbers = labels_of(run.corpus().test)
    return {
        "label_mlp": accuracy(run, "mean and variance", kind="mlp"),
        "label_draw": accuracy(run, "draw"),
        "label_supervised": supervised(run, run.request.seed),
        "label_common": max((numbers == label).mean() for label in set(numbers.tolist())),
    }


@torch.no_grad()
def views(run: Run, split: str) -> dict[str, Float[Tensor, "documents width"]]:
    """What a probe may read of each document of a split.

    Args:
        run: a finished run with a Gaussian posterior.
        split: "train", "valid" or "test".

    Returns:
        ``features``; ``mean``; ``mean and variance``, side by side (Long et al. 2019, Appendix A);
        ``draw``, one z from each posterior, which is all that the decoder ever hears.
    """
    model, corpus = run.model(), run.corpus()
    features = split_features(model, getattr(corpus, split))
    q = model.posterior(features.to(model.device))
    with seeded(run.request.seed):
        z = q.sample()
    variance = ask_torch(lambda: q.variance, f"{type(q).__name__} does not know its variance")
    both = torch.cat([q.mean, variance], dim=1)
    of_posterior = {"mean": q.mean, "mean and variance": both, "draw": z}
    return {"features": features, **{name: view.cpu() for name, view in of_posterior.items()}}


def accuracy(run: Run, of: str, kind: str = "linear", learn: str = "train") -> float:
    """How often a classifier of one of the :func:`views` finds the label of a test document.

    Args:
        run: a finished run.
        of: name of the view.
        kind: see :func:`collapse.metrics.classification_accuracy`.
        learn: the split whose labels it learns from, all of them.
    """
    corpus = run.corpus()
    return classification_accuracy(
        views(run, learn)[of],
        labels_of(getattr(corpus, learn)),
        views(run, "test")[of],
        labels_of(corpus.test),
        kind=kind,
    )


def supervised(run: Run, seed: int) -> float:
    """Accuracy of a bi-LSTM of the size of the run's encoder that is trained on all labels."""
    s = run.request.settings
    sizes = Sizes(len(run.corpus().vocabulary), s.embedding, s.hidden, s.latent)
    return supervised_accuracy(run.corpus(), sizes, Supervision(epochs=3), seed)


STUDIES: dict[str, Callable[[Run], Results]] = {"order": order, "labels": labels}


def path_of(folder: Path, name: str) -> Path:
    """Where a study of a run by today's code is, or will be.

    Raises:
        UnknownNameError: naming the studies that there are.
    """
    measure = choose(name, STUDIES, "study")
    return folder / f"study-{name}-{code_hash([measure.__module__], apart=APART)[:12]}.json"


def is_studied(request: Request, names: Iterable[str]) -> bool:
    """Whether all these studies of a run are there."""
    return all(path_of(request.folder, name).exists() for name in names)


def study(request: Request, log: Callable[[str], None] | None, names: Iterable[str]) -> None:
    """Make the studies of a finished run that are missing.

    Raises:
        RunError: when the run is not finished.
    """
    if not is_finished(request):
        raise RunError(f"The run {request.name!r} is not finished: there is nothing to study yet.")
    with locked(request), one_thread(request):
        for name in names:
            path = path_of(request.folder, name)
            if not path.exists():  # another process may have made it while we waited
                results = STUDIES[name](Run(request, request.folder))
                write_text(path, json.dumps(results, indent=1))


def studies_of(folder: Path) -> Results:
    """What the studies in the folder of a run found, by today's code, all in one mapping."""
    paths = (path_of(folder, name) for name in STUDIES)
    results: Results = {}
    for path in paths:
        results |= json.loads(path.read_text()) if path.exists() else {}
    return results
