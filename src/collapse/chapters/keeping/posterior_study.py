"""What chapters 2 and 5 make of the models of their runs, as numbers that can be kept."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from collapse import theory
from collapse.chapters.exchanged_codes import cost_of_exchange
from collapse.data import make_batch
from collapse.metrics import Estimate, encode_split, exact_nll
from collapse.posteriors import BatchNorm
from collapse.runs.run import Run


def exact_nlls(runs: Sequence[Run], documents: int) -> list[Tensor]:
    """The NLL by quadrature of the first test documents, ``(documents,)`` in nats, run by run."""
    few = range(documents)
    return [exact_nll(run.model(), run.corpus().test.subset(few)) for run in runs]


def encoded(run: Run) -> dict[str, Tensor]:
    """``mean``, ``stddev`` and ``kl`` of the posteriors of the test documents, each (N, D)."""
    seen = encode_split(run.model(), run.corpus().test)
    return {"mean": seen.q.mean, "stddev": seen.q.stddev, "kl": seen.kl}


def sizes(runs: Sequence[Run]) -> list[dict[str, float]]:
    """Standard deviation of the means (``spread``) and mean ``width`` of the posteriors."""
    seen = map(encoded, runs)
    return [{"spread": q["mean"].std().item(), "width": q["stddev"].mean().item()} for q in seen]


def kl_parts(runs: Sequence[Run]) -> list[list[float]]:
    """Spread, shift and width of the mean KL on the test documents, in nats, run by run."""
    seen = map(encoded, runs)
    parts = (theory.kl_parts(q["mean"], q["stddev"].square()) for q in seen)
    return [[part.sum().item() for part in vars(each).values()] for each in parts]


def norm_of(run: Run) -> BatchNorm:
    """The layer that normalises the means of a BN-VAE."""
    norm = run.model().posterior.norm
    assert isinstance(norm, BatchNorm)
    return norm


def largest_variance(runs: Sequence[Run]) -> float:
    """The largest variance that batch normalisation has seen, of all dimensions and runs.

    Args:
        runs: of BN-VAEs.
    """
    return max(norm_of(run).running_var.max().item() for run in runs)


def variances(runs: Sequence[Run]) -> list[list[float]]:
    """Variance of the means that batch normalisation keeps, and that after it, run by run.

    Args:
        runs: of BN-VAEs with one dimension.
    """
    return [[norm_of(run).running_var.item(), encoded(run)["mean"].var().item()] for run in runs]


def by_either_statistics(run: Run) -> dict[str, Any]:
    """The parts of the KL of the test documents, normalised with statistics of either split.

    Args:
        run: of a BN-VAE.

    Returns:
        ``train`` and ``own``, the fields of :class:`collapse.theory.KLParts`; ``variance`` and
        ``eps`` of the layer.
    """
    model, documents = run.model(), run.corpus().test
    batch = make_batch(documents, range(len(documents)))
    found: dict[str, Any] = {}
    for name, mode in (("train", False), ("own", True)):
        with torch.no_grad():
            q = model.train(mode).encode(batch)
        found[name] = dict(vars(theory.kl_parts(q.mean, q.variance)))
    norm = norm_of(run)
    return found | {"variance": norm.running_var.item(), "eps": norm.eps}


def costs_of_exchange(runs: Sequence[Run], seed: int) -> list[list[float]]:
    """What another document's code costs on the test split: mean and standard error, run by run.

    Args:
        runs: finished ones.
        seed: of the codes that are drawn.
    """
    each = (cost_of_exchange(run.model(), run.corpus().test, seed) for run in runs)
    found = map(Estimate.of, each)
    return [[estimate.value, estimate.standard_error] for estimate in found]
