"""The gradient of the bound at the posterior means, against sums on a fine grid."""

from dataclasses import replace

import pytest
import torch
from small import SIZES, tiny_corpus, tiny_documents, tiny_model
from torch.distributions import Normal, kl_divergence

from collapse.base.errors import CollapseError
from collapse.chapters.lagging.slow_encoder import (
    MeanGradients,
    SlowEncoder,
    expected_log_likelihood,
    mean_gradients,
)
from collapse.data import make_batch
from collapse.metrics import grid_posterior

ONE = replace(SIZES, latent=1)


@pytest.fixture
def model():
    return tiny_model(sizes=ONE, spread=0.7)


def bound_on_grid(model, documents, mean, std) -> torch.Tensor:
    """E_q log p(x|z) - KL by the trapezoid rule over z, in double precision."""
    grid = grid_posterior(model, documents, limit=8.0, stride=0.05)
    log_likelihood = grid.log_joint.double() - Normal(0.0, 1.0).log_prob(grid.points.double())
    q = Normal(mean[:, 0].double(), std[:, 0].double())
    density = q.log_prob(grid.points.double()).exp() * 0.05
    return (density * log_likelihood).sum(0) - kl_divergence(q, Normal(0.0, 1.0))


def test_gradient_is_the_slope_of_the_bound(model) -> None:
    documents = tiny_documents(7)
    batch = make_batch(documents, range(7))
    model = model.double()
    found, q = mean_gradients(model, batch, points=24), model.encode(batch)
    mean, std = q.mean.detach(), q.stddev.detach()
    up, down = (bound_on_grid(model, documents, mean + h, std) for h in (0.01, -0.01))
    torch.testing.assert_close(found.bound[:, 0].double(), (up - down) / 0.02, rtol=1e-3, atol=1e-3)
    value = expected_log_likelihood(model, batch, mean, std, points=24) - kl_divergence(
        Normal(mean, std), Normal(0.0, 1.0)
    ).squeeze(1)
    torch.testing.assert_close(
        value.double(), bound_on_grid(model, documents, mean, std), rtol=0, atol=1e-4
    )


def test_the_two_parts_make_up_the_gradient_of_the_weights(model) -> None:
    batch = make_batch(tiny_documents(9), range(9))
    q = model.encode(batch)
    bound = expected_log_likelihood(model, batch, q.mean, q.stddev.detach())
    bound = bound - kl_divergence(Normal(q.mean, q.stddev.detach()), model.prior()).squeeze(1)
    (gradient,) = torch.autograd.grad(bound.mean(), model.posterior.linear.weight)
    found = mean_gradients(model, batch)
    g, h = found.bound, found.features
    alike = g.mean(0)[:, None] * h.mean(0)
    torch.testing.assert_close(found.weight_shared, alike.norm().item())
    torch.testing.assert_close(found.weight_specific, (gradient[0] - alike[0]).norm().item())
    assert not gradient[1].any()  # the log-variance was held


def test_what_all_documents_share_is_no_difference() -> None:
    same = MeanGradients(torch.full((4, 1), 3.0), torch.randn(4, 2))
    assert (same.shared, same.specific, same.weight_specific) == (3.0, 0.0, 0.0)
    apart = MeanGradients(torch.tensor([[1.0], [-1.0]]), torch.tensor([[2.0], [2.0]]))
    assert (apart.shared, apart.specific) == (0.0, 1.0)
    assert apart.weight_specific == 0.0  # documents differ, their features do not
    told = MeanGradients(torch.tensor([[1.0], [-1.0]]), torch.tensor([[2.0], [-2.0]]))
    assert (told.weight_shared, told.weight_specific) == (0.0, 2.0)


def test_the_probe_gives_the_parts(model) -> None:
    corpus = tiny_corpus()
    values = SlowEncoder(6)(model, corpus)
    found = mean_gradients(model, make_batch(corpus.valid, range(6)))
    assert set(values) == {"shared", "specific", "weight_shared", "weight_specific"}
    for name, value in values.items():
        assert value.item() == pytest.approx(getattr(found, name))


@pytest.mark.parametrize(("latent", "documents"), [(2, 5), (1, 1)])
def test_other_models_are_refused(latent: int, documents: int) -> None:
    model = tiny_model(sizes=replace(SIZES, latent=latent))
    with pytest.raises(CollapseError, match="one dimension"):
        mean_gradients(model, make_batch(tiny_documents(5), range(documents)))
