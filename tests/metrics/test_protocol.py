"""Batches of any kind, and models that do not keep the agreement: a sentence, no number."""

import doctest
import math
import re
import subprocess
import sys
from collections.abc import Callable

import numpy as np
import pytest
import torch
from small import tiny_documents, tiny_model
from small_dialogue import tiny_cvae, tiny_exchanges
from torch import Tensor
from torch.distributions import Distribution, Independent, Laplace, Normal
from torch.utils.data import DataLoader, TensorDataset

from collapse.base.errors import CollapseError
from collapse.data import make_batch
from collapse.metrics import (
    LatentVariableModel,
    encode_split,
    exact_nll,
    forces,
    grid_posterior,
    importance_weights,
    iw_nll,
    posterior_means,
    protocol,
)
from collapse.metrics.protocol import first_tensor, repeated, rows

X = torch.randn(6, 3, generator=torch.Generator().manual_seed(0))


class Sum:
    """x ~ N(z, I) with a posterior of three dimensions; parts of it may be exchanged."""

    def __init__(self, **methods: Callable) -> None:
        self.__dict__ |= methods

    def encode(self, batch: Tensor) -> Distribution:
        return Normal(0.5 * batch, torch.full_like(batch, 0.5**0.5))

    def prior(self, batch: Tensor | None = None) -> Distribution:
        return Normal(torch.zeros(3), torch.ones(3))

    def log_likelihood(self, batch: Tensor, z: Tensor) -> Tensor:
        return Normal(z, 1.0).log_prob(batch).sum(-1)


MARGINAL = -Normal(0.0, 2**0.5).log_prob(X).sum(-1)


def test_our_models_keep_the_agreement() -> None:
    assert isinstance(tiny_model(), LatentVariableModel)
    assert isinstance(tiny_cvae(), LatentVariableModel)
    assert isinstance(Sum(), LatentVariableModel)


def test_the_example_of_the_agreement_is_true() -> None:
    done = doctest.testmod(protocol)
    assert done.attempted > 0
    assert done.failed == 0


def test_batches_of_every_kind_are_repeated_row_by_row() -> None:
    twice = torch.cat([X, X])
    assert torch.equal(repeated(X, 2), twice)
    one, other = repeated((X, [X[:, 0]]), 2)
    assert torch.equal(one, twice)
    assert torch.equal(other[0], twice[:, 0])
    assert torch.equal(repeated({"x": X}, 2)["x"], twice)
    batch = make_batch(tiny_documents(), [3, 1])
    assert torch.equal(repeated(batch, 2).tokens, batch.tokens.repeat(2, 1))
    for kind, count in ((X, 6), ([X, X[:2]], 6), ({"y": X[:4]}, 4), ((X,), 6), (batch, 2)):
        assert rows(kind) == count
    for kind in (torch.tensor(1.0), [], {}, "abc", 3, [3]):
        with pytest.raises(CollapseError, match="A batch is a tensor with a row an example"):
            first_tensor(kind)


def test_pairs_and_dictionaries_are_handed_on_as_they_are() -> None:
    """A model of images and labels, whose prior knows the label: p(z|y) = N(y, 1)."""
    labels = torch.randint(0, 2, (6, 1), generator=torch.Generator().manual_seed(0)).float()
    shift = labels.expand(-1, 3)
    pair = Sum(
        encode=lambda batch: Normal(0.5 * (batch[0] + batch[1]), torch.full((1, 3), 0.5**0.5)),
        prior=lambda batch: Normal(batch[1].expand(-1, 3), torch.ones(1, 3)),
        log_likelihood=lambda batch, z: Normal(z, 1.0).log_prob(batch[0]).sum(-1),
    )
    named = Sum(
        encode=lambda batch: pair.encode((batch["x"], batch["y"])),
        prior=lambda batch: pair.prior((batch["x"], batch["y"])),
        log_likelihood=lambda batch, z: pair.log_likelihood((batch["x"], batch["y"]), z),
    )
    exact = -Normal(shift, 2**0.5).log_prob(X).sum(-1)
    pairs = list(zip(X.split(4), labels.split(4), strict=True))
    torch.testing.assert_close(iw_nll(pair, pairs, 4), exact)
    torch.testing.assert_close(iw_nll(named, [{"x": x, "y": y} for x, y in pairs], 4), exact)
    squares = (0.5 * (X - shift)).square()
    kl = 0.5 * (0.5 + squares - 1 + math.log(2))
    torch.testing.assert_close(encode_split(pair, pairs).kl, kl)
    for ask in (exact_nll, grid_posterior):
        with pytest.raises(CollapseError, match="The prior of Sum reads a batch"):
            ask(pair, pairs)


@pytest.mark.parametrize("more", [3, ["a", "b", "c", "d", "e", "f"], None, np.zeros(6)])
def test_what_is_no_tensor_is_not_repeated(more) -> None:
    model = Sum(
        encode=lambda batch: Sum().encode(batch["x"]),
        log_likelihood=lambda batch, z: Sum().log_likelihood(batch["x"], z),
    )
    kind = type(more[0] if isinstance(more, list) else more).__name__
    with pytest.raises(CollapseError, match=f"holds a {kind}, .*, which is no tensor. Take it off"):
        iw_nll(model, [{"x": X, "more": more}], 4)
    torch.testing.assert_close(iw_nll(model, [{"x": X}], 4), MARGINAL)


def test_a_prior_that_reads_nothing_takes_no_batch() -> None:
    alone = Sum(prior=lambda: Normal(torch.zeros(3), torch.ones(3)))
    torch.testing.assert_close(iw_nll(alone, X, 4), MARGINAL)
    torch.testing.assert_close(encode_split(alone, X).kl, encode_split(Sum(), X).kl)


def test_an_option_of_the_prior_is_no_batch() -> None:
    def tempered(temperature=1.0):
        return Normal(torch.zeros(3), temperature * torch.ones(3))

    def named(*, temperature=1.0):
        return tempered(temperature)

    def anything(**options):
        return tempered(**options)

    for prior in (tempered, named, anything):
        torch.testing.assert_close(iw_nll(Sum(prior=prior), X, 4), MARGINAL)


@pytest.mark.parametrize("ask", [encode_split, iw_nll, posterior_means, grid_posterior])
def test_labels_that_a_loader_gives_too_are_named_and_not_guessed(ask) -> None:
    line = Sum(
        encode=lambda x: Normal(x.mean(-1, keepdim=True), 1.0),
        prior=lambda: Normal(torch.zeros(1), torch.ones(1)),
        log_likelihood=lambda x, z: Normal(z, 1.0).log_prob(x.mean(-1, keepdim=True)).sum(-1),
    )
    loader = DataLoader(TensorDataset(X, torch.arange(6)), batch_size=4)
    with pytest.raises(
        CollapseError, match=r"a list of 2 \(AttributeError: .*\[x for x, \*_ in load"
    ):
        ask(line, loader)
    ask(line, [x for x, *_ in loader])
    ones = DataLoader(TensorDataset(X), batch_size=4)
    with pytest.raises(CollapseError, match=r"a list of 1 .*unpack it: \[x for \(x,\) in loader\]"):
        ask(line, ones)
    ask(line, [x for (x,) in ones])
    named = [{"pixels": x, "label": y} for x, y in loader]
    with pytest.raises(CollapseError, match=r"a dict of 2 .*\[batch\['pixels'\] for batch"):
        ask(line, named)
    ask(line, [batch["pixels"] for batch in named])


def test_an_error_of_the_model_itself_stays_as_it_is() -> None:
    with pytest.raises(ZeroDivisionError):
        encode_split(Sum(encode=lambda batch: 1 / 0), X)
    with pytest.raises(CollapseError, match=r"encode.. must give a distribution"):
        encode_split(Sum(encode=lambda batch: batch), [(X, X)])


# Where nothing checks types, as for whoever uses the package.
MISTAKES = """
import torch
from torch.distributions import Normal
from collapse import metrics
x = torch.zeros(4, 2)
for ask in (metrics.encode_split, metrics.iw_nll, metrics.posterior_means, metrics.exact_nll):
    try:
        ask("vae", x)
    except ValueError as error:
        print(error)
for mistake in (
    lambda: metrics.active_units(Normal(x, 1.0)),
    lambda: metrics.importance_weights(lambda z: z.sum(-1), Normal(x, 1.0), Normal(x[0], 1.0), 1.5),
    lambda: metrics.mutual_information(x, Normal(x, 1.0)),
    lambda: metrics.decomposition(x, Normal(x, 1.0), Normal(x[0], 1.0)),
):
    try:
        mistake()
    except ValueError as error:
        print(error)
"""


ORDER = "Draws come after the posteriors that they are from: (q, z)."


def test_what_is_no_model_table_or_count_is_answered_with_a_sentence() -> None:
    said = subprocess.check_output([sys.executable, "-c", MISTAKES], text=True).splitlines()
    missing = ["encode", "encode", "encode", "prior"]
    assert [re.search(r"this str has no such (\w+)\.", line)[1] for line in said[:4]] == missing
    assert all(line.endswith("The model of a run is run.model().") for line in said[:4])
    assert "this is a Normal. Give q.mean" in said[4]
    assert all(f"this is a Tensor. {ORDER}" in line for line in said[6:8])
    assert said[5] == "The number of samples must be 1 or more, and whole; got 1.5."


@pytest.mark.parametrize("ask", [encode_split, iw_nll, posterior_means, exact_nll, grid_posterior])
def test_a_model_in_training_mode_is_not_measured(ask) -> None:
    model, documents = tiny_model(), tiny_documents(4)
    ask(model, documents)
    with pytest.raises(CollapseError, match=r"VAE is in training mode.*Call model.eval\(\) first"):
        ask(model.train(), documents)


def test_forces_are_not_measured_in_training_mode() -> None:
    batch = make_batch(tiny_documents(), [3, 1])
    with pytest.raises(CollapseError, match="is in training mode"):
        forces(tiny_model().train(), batch)


def test_our_batches_in_an_order_of_their_own() -> None:
    """Batches of documents keep the order in which they come, not that of their numbers."""
    model, documents = tiny_model(spread=1.0), tiny_documents(9)
    order = [5, 0, 8, 2, 7]
    batches = [make_batch(documents, part) for part in (order[:2], order[2:])]
    whole = exact_nll(model, documents)
    torch.testing.assert_close(exact_nll(model, batches), whole[order])
    torch.testing.assert_close(
        posterior_means(model, batches), posterior_means(model, documents)[order]
    )
    found = grid_posterior(model, batches).log_marginal
    torch.testing.assert_close(found, -whole[order])


def test_posterior_means_of_replies_are_those_of_one_batch() -> None:
    model, replies = tiny_cvae(), tiny_exchanges(5)
    means = posterior_means(model, replies)
    with torch.no_grad():
        right = model.encode(make_batch(replies, range(5))).mean
    torch.testing.assert_close(means, right)


def flat(batch: Tensor) -> Distribution:
    return Normal(batch[:, 0], torch.ones(6))


BROKEN = {
    "encode.. must give a distribution of torch, .* Sum gives a tuple": Sum(
        encode=lambda batch: (batch, batch)
    ),
    "prior.. must give a distribution of torch, .* Sum gives a Tensor": Sum(
        prior=lambda: torch.zeros(3)
    ),
    "a posterior for each of the 6 examples .* Sum has shape .1, 3": Sum(
        encode=lambda batch: Normal(torch.zeros(1, 3), torch.ones(1, 3))
    ),
    "a row a document and a column a dimension of z; this Normal has shape .6,": Sum(encode=flat),
    "A prior of shape .4, 3. does not fit posteriors of shape .6, 3": Sum(
        prior=lambda batch: Normal(torch.zeros(4, 3), torch.ones(4, 3))
    ),
    "A log-likelihood of 6 examples must have shape .6,.; this one has .6, 3": Sum(
        log_likelihood=lambda batch, z: Normal(z, 1.0).log_prob(batch)
    ),
    "A log-likelihood of 6 examples must have shape .6,.; this one has ..\\.": Sum(
        log_likelihood=lambda batch, z: Normal(z, 1.0).log_prob(batch).sum()
    ),
}


@pytest.mark.parametrize("sentence", BROKEN)
def test_what_a_model_may_not_give_is_said(sentence: str) -> None:
    with pytest.raises(CollapseError, match=sentence):
        encode_split(BROKEN[sentence], X)


@pytest.mark.parametrize(
    "log_likelihood",
    [
        lambda batch, z: Normal(z, 1.0).log_prob(batch),
        lambda batch, z: Normal(z, 1.0).log_prob(batch).sum(),
        lambda batch, z: Normal(z, 1.0).log_prob(batch).mean(0),
    ],
)
def test_a_log_likelihood_of_another_shape_is_no_weight(log_likelihood) -> None:
    model = Sum(log_likelihood=log_likelihood)
    for data in (X, X[:1]):  # with one example nothing else would stop it
        with pytest.raises(CollapseError, match="must have shape"):
            iw_nll(model, data, 1)


def test_draws_of_another_shape_are_refused() -> None:
    class Odd(Normal):
        def sample(self, sample_shape=torch.Size()):  # noqa: B008
            return super().sample(sample_shape)[..., :1]

    odd = Sum(encode=lambda batch: Odd(batch, 1.0))
    with pytest.raises(CollapseError, match=r"Draws of z must have shape \(4, 6, 3\)"):
        iw_nll(odd, X, 4)


def test_no_examples_and_no_batches_are_refused() -> None:
    read = iter([X])
    iw_nll(Sum(), read, 1)
    for nothing in (read, [], X[:0], [X[:0]]):
        for ask in (encode_split, iw_nll, posterior_means):
            with pytest.raises(CollapseError, match="There is no example"):
                ask(Sum(), nothing)


def test_documents_are_for_our_models() -> None:
    with pytest.raises(CollapseError, match=r"for a collapse.VAE; Sum is none. Give the batches"):
        iw_nll(Sum(), tiny_documents())


def test_grids_are_for_normal_priors_of_a_known_number_of_dimensions() -> None:
    one = torch.ones(1)
    line = Sum(
        encode=lambda batch: Normal(batch[:, :1], 1.0),
        log_likelihood=lambda batch, z: Normal(z, 1.0).log_prob(batch).sum(-1),
    )
    wanted = {
        "normal prior of shape .latent,.; this one is a Laplace": Laplace(0 * one, one),
        "this one is a Normal of shape ..\\.": Normal(0.0, 1.0),
    }
    for sentence, prior in wanted.items():
        line.prior = lambda batch=None, prior=prior: prior
        for ask in (exact_nll, grid_posterior):
            with pytest.raises(CollapseError, match=sentence):
                ask(line, X)
    line.prior = lambda batch=None: Independent(Normal(0 * one, one), 1)
    torch.testing.assert_close(grid_posterior(line, X).log_marginal, -exact_nll(line, X))


def test_weights_do_not_depend_on_how_many_are_drawn_at_one_time() -> None:
    """Here they are all the marginal likelihood, whatever is drawn."""
    model = Sum()
    for samples, chunk in ((7, 3), (7, 7), (7, 50), (1, 1)):
        found = importance_weights(
            lambda z: Normal(z, 1.0).log_prob(X).sum(-1),
            model.encode(X),
            model.prior(),
            samples,
            chunk,
        )
        torch.testing.assert_close(found, -MARGINAL.expand(samples, -1), atol=1e-5, rtol=0)
    with pytest.raises(CollapseError, match=r"For z of shape .5, 6, 3. .* must have shape .5, 6"):
        importance_weights(lambda z: z, model.encode(X), model.prior(), 5)
    for wrong in ({"samples": 0}, {"chunk": 0}):
        with pytest.raises(CollapseError, match="must be 1 or more; got 0"):
            importance_weights(lambda z: z[..., 0], model.encode(X), model.prior(), **wrong)
