"""What a metric asks of a model and of its data, so that anybody's can be measured."""

from collections.abc import Callable, Iterable, Mapping
from inspect import Parameter, signature
from typing import Any, Protocol, runtime_checkable

from torch import Tensor, nn
from torch.distributions import Distribution

from collapse.base.errors import CollapseError
from collapse.data import Batch, Documents
from collapse.distributions.densities import shape_of

Data = Documents | Tensor | Iterable[Any]
"""Documents; or a tensor with a row an example; or batches, as a ``DataLoader`` gives them."""


@runtime_checkable
class LatentVariableModel(Protocol):
    """A model p(z) p(x|z) with an encoder q(z|x), as :class:`collapse.VAE`, or one of your own.

    Nothing is inherited: any ``nn.Module`` with these three methods can be measured. A batch is
    whatever ``encode`` takes: a tensor with a row an example, a tuple, list or dictionary of such
    tensors, or a :class:`collapse.data.Batch`. It goes to the model as it comes, so it must be
    where the model is, and labels that ``encode`` does not take must be taken off. An ``nn.Module``
    must be in evaluation mode.

    >>> import torch
    >>> from torch.distributions import Independent, Normal
    >>> from collapse import metrics
    >>> class Line:  # x = 2 z + noise, and the exact posterior as its encoder
    ...     def encode(self, x):
    ...         return Normal(0.4 * x, torch.full_like(x, 0.2**0.5))
    ...     def prior(self):
    ...         return Normal(torch.zeros(1), torch.ones(1))
    ...     def log_likelihood(self, x, z):
    ...         return Independent(Normal(2 * z, 1.0), 1).log_prob(x)
    >>> x = torch.tensor([[1.0], [-3.0]])
    >>> metrics.iw_nll(Line(), x, samples=5)  # that is -log N(x; 0, 5)
    tensor([1.8237, 2.6237])
    """

    def encode(self, batch: Any, /) -> Distribution:
        """q(z|x) of each example: a table of (examples, latent).

        ``Normal`` or ``Laplace`` of this batch shape, or a distribution with an event, as
        ``Independent(..., 1)``, ``MultivariateNormal`` and
        :class:`collapse.distributions.Multivariate`. Where it does not take the same values as the
        prior, as a ``Uniform`` beside a ``Normal``, it has a bound but no importance weights.
        """

    def prior(self, batch: Any = None, /) -> Distribution:
        """p(z) of a single example, draws ``(latent,)``; or one for each, if it reads the batch.

        Where it reads nothing, ``prior()`` will do; what it may have beside, such as
        ``temperature=1.0``, is left as it is.
        """

    def log_likelihood(self, batch: Any, z: Any, /) -> Tensor:
        """log p(x|z) in nats, ``(rows,)``: the batch has as many rows as z, ``(rows, latent)``."""


def posterior_of(model: LatentVariableModel, batch: Any) -> Distribution:
    """The model's q(z|x) of a batch.

    Raises:
        CollapseError: unless it is a distribution with a row for each example; for batches that
            ``encode`` does not take, see :func:`call`.
    """
    q, count = call(model, "encode", batch), rows(batch)
    if not isinstance(q, Distribution):
        raise CollapseError(
            f"encode() must give a distribution of torch, such as Normal(mean, std); that of "
            f"{type(model).__name__} gives a {type(q).__name__}."
        )
    if shape_of(q)[0] != count:
        raise CollapseError(
            f"encode() must give a posterior for each of the {count} examples of a batch; that of "
            f"{type(model).__name__} has shape {shape_of(q)}."
        )
    return q


def prior_of(model: LatentVariableModel, batch: Any = None) -> Distribution:
    """The model's p(z): of a batch, or, without one, the same for every batch.

    Raises:
        CollapseError: unless it is a distribution; without a batch, for a prior that reads one.
    """
    default = batch_default(method_of(model, "prior"))
    if batch is None and default is Parameter.empty:
        raise CollapseError(
            f"The prior of {type(model).__name__} reads a batch; this measure is for a prior that "
            "is the same for every example. Use iw_nll instead."
        )
    reads = default in (None, Parameter.empty)
    prior = call(model, "prior", batch) if reads else call(model, "prior")
    if not isinstance(prior, Distribution):
        raise CollapseError(
            f"prior() must give a distribution of torch, such as Normal(mean, std); that of "
            f"{type(model).__name__} gives a {type(prior).__name__}."
        )
    return prior


def batch_default(prior: Callable[..., Any]) -> object:
    """The default of the batch that a prior reads, nothing (``Parameter.empty``) without one.

    False for a prior that reads none: it has no parameter, or what it has is an option, such as
    ``temperature=1.0``.
    """
    first = next(iter(signature(prior).parameters.values()), None)
    if first is None or first.kind in (Parameter.KEYWORD_ONLY, Parameter.VAR_KEYWORD):
        return False
    return first.default


def log_likelihood_of(model: LatentVariableModel, batch: Any, z: Tensor) -> Tensor:
    """The model's log p(x|z) of z ``(draws, batch, latent)``, in nats, ``(draws, batch)``.

    Raises:
        CollapseError: unless it is one number a row.
    """
    draws, count = z.shape[:2]
    log_p = call(model, "log_likelihood", repeated(batch, draws), z.flatten(0, 1))
    check_one_each(log_p, draws * count)
    return log_p.view(draws, count)


def call(model: LatentVariableModel, method: str, *inputs: Any) -> Any:
    """What a method of the model gives for these inputs, the batch first.

    Raises:
        CollapseError: without such a method; with the model's own error, where it does not take
            the tuples, lists or dictionaries that a loader of examples and labels gives.
    """
    function = method_of(model, method)
    batch = inputs[0] if inputs else None
    if not isinstance(batch, tuple | list | Mapping):
        return function(*inputs)
    try:
        return function(*inputs)
    except CollapseError:
        raise
    except Exception as error:
        strip = "takes no labels and the loader gives them, strip them: [x for x, *_ in loader]"
        if isinstance(batch, Mapping):
            one = repr(next(iter(batch), "x"))
            strip = f"takes one part of it, hand that over: [batch[{one}] for batch in loader]"
        elif len(batch) == 1:
            strip = "is to have the tensor alone, unpack it: [x for (x,) in loader]"
        raise CollapseError(
            f"{method}() of {type(model).__name__} failed on a batch that is a "
            f"{type(batch).__name__} of {len(batch)} ({type(error).__name__}: {error}). Batches "
            f"are handed over as they come. If the model {strip}."
        ) from error


def method_of(model: LatentVariableModel, name: str) -> Callable[..., Any]:
    """A method that every model has.

    Raises:
        CollapseError: for what is no model.
    """
    method = None if isinstance(model, str) else getattr(model, name, None)  # str.encode is another
    if not callable(method):
        raise CollapseError(
            f"A model has the methods encode, prior and log_likelihood, see "
            f"collapse.LatentVariableModel; this {type(model).__name__} has no such {name}. "
            "The model of a run is run.model()."
        )
    return method


def check_evaluating(model: object) -> None:
    """Refuse a model that measures itself with dropout, or batch by batch.

    Raises:
        CollapseError: for an ``nn.Module`` in training mode.
    """
    if isinstance(model, nn.Module) and model.training:
        raise CollapseError(
            f"{type(model).__name__} is in training mode, in which dropout and batch normalisation "
            "change what is measured. Call model.eval() first, and model.train() to go on training."
        )


def check_one_each(log_likelihood: Tensor, count: int) -> None:
    """Refuse a log-likelihood that is not one number an example.

    Raises:
        CollapseError: naming both shapes.
    """
    if log_likelihood.shape != (count,):
        raise CollapseError(
            f"A log-likelihood of {count} examples must have shape ({count},); this one has "
            f"{tuple(log_likelihood.shape)}. Sum it over pixels or words, not over examples."
        )


def repeated(batch: Any, times: int) -> Any:
    """The batch ``times`` times over, one copy after the other.

    Raises:
        CollapseError: for a part that is no tensor, such as a number, a word or an array.
    """
    if isinstance(batch, Tensor):
        return batch.repeat(times, *[1] * (batch.dim() - 1))
    if isinstance(batch, Mapping):
        return {name: repeated(part, times) for name, part in batch.items()}
    if isinstance(batch, tuple | list):
        return type(batch)([repeated(part, times) for part in batch])
    if not isinstance(batch, Batch):
        raise CollapseError(
            f"A batch is repeated for each draw of z, row by row; this one holds a "
            f"{type(batch).__name__}, {batch!r:.40}, which is no tensor. Take it off the batch, or "
            "make it one, with a row an example."
        )
    return batch.repeat(times)


def first_tensor(batch: Any) -> Tensor:
    """The tensor that tells how many examples a batch has, and where it is.

    Raises:
        CollapseError: for a batch without a tensor of one row an example.
    """
    part = batch
    while not isinstance(part, Tensor):
        if isinstance(part, Batch):
            part = part.tokens
        elif isinstance(part, Mapping | tuple | list) and len(part):
            part = next(iter(part.values() if isinstance(part, Mapping) else part))
        else:
            break
    if not isinstance(part, Tensor) or part.dim() < 1:
        raise CollapseError(
            "A batch is a tensor with a row an example, or a list or dictionary of such tensors; "
            f"this one is a {type(batch).__name__}. Give a DataLoader, or a list of batches."
        )
    return part


def rows(batch: Any) -> int:
    """How many examples a batch has."""
    return len(first_tensor(batch))
