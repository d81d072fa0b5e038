"""Learned priors: their densities against quadrature, their draws against their densities."""

import math

import pytest
import torch
from torch.distributions import Normal, kl_divergence

from collapse.base.errors import CollapseError
from collapse.distributions.densities import kl_by_factor, log_density
from collapse.images.priors import (
    Autoregressive,
    FlowPrior,
    LearnedPrior,
    MixtureOfPosteriors,
    VampPrior,
)
from collapse.images.recipe import ImageRecipe
from collapse.images.resnet import NoImageEncoder
from collapse.images.sizes import ImageSizes
from collapse.parts import Part, Sizes
from collapse.posteriors import NoLatent
from collapse.recipes import RECIPES

SIZES = {"vocabulary": 6, "embedding": 8, "hidden": 4}


def flow(latent, steps=2, seed=0):
    """A flow that is none at its start; here its networks have moved."""
    torch.manual_seed(seed)
    prior = FlowPrior(ImageSizes(**SIZES, latent=latent, side=4), steps=steps).double()
    with torch.no_grad():
        for parameter in prior.parameters():
            parameter.add_(0.06 * torch.randn_like(parameter))
    return Autoregressive(prior)


def mixture(latent, seed=0):
    torch.manual_seed(seed)
    means, stds = 1.5 * torch.randn(5, latent), 0.3 + torch.rand(5, latent)
    return MixtureOfPosteriors(means.double(), stds.double())


PRIORS = {"flow": flow, "mixture": mixture}


def grid(limit, points):
    """Points of a square and the area that each stands for."""
    axis = torch.linspace(-limit, limit, points, dtype=torch.double)
    step = (axis[1] - axis[0]).item()
    return torch.cartesian_prod(axis, axis), step**2


@pytest.mark.parametrize("kind", PRIORS)
def test_the_density_integrates_to_one(kind):
    z, area = grid(14, 701)
    with torch.no_grad():
        total = (log_density(PRIORS[kind](2), z).exp() * area).sum().item()
    assert total == pytest.approx(1.0, abs=2e-4)


@pytest.mark.parametrize("kind", PRIORS)
def test_in_one_dimension_too(kind):
    z = torch.linspace(-40, 40, 200_001, dtype=torch.double).unsqueeze(1)
    with torch.no_grad():
        total = log_density(PRIORS[kind](1), z).exp().sum() * 80 / 200_000
    assert total.item() == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize("kind", PRIORS)
def test_draws_have_the_moments_of_the_density(kind):
    p = PRIORS[kind](2)
    z, area = grid(14, 701)
    torch.manual_seed(3)
    draws = p.sample(torch.Size([40_000]))
    with torch.no_grad():
        weights = log_density(p, z).exp() * area
        for moment in (lambda v: v, lambda v: v.cos(), lambda v: v[:, :1] * v[:, 1:]):
            values = moment(draws)
            error = values.std(0) / math.sqrt(len(draws))
            expected = (weights.unsqueeze(1) * moment(z)).sum(0)
            assert ((values.mean(0) - expected).abs() < 5 * error + 1e-3).all()


def test_a_flow_undoes_itself_and_knows_its_volume():
    prior = flow(4, steps=3).flow
    noise = torch.randn(6, 4, dtype=torch.double)
    z = prior.forwards(noise)
    back, volume = prior.backwards(z)
    assert torch.allclose(back, noise, atol=1e-10)
    for row, log_det in zip(z, volume, strict=True):
        jacobian = torch.autograd.functional.jacobian(lambda v: prior.backwards(v)[0], row)
        assert torch.linalg.slogdet(jacobian)[1].item() == pytest.approx(log_det.item(), abs=1e-9)


def test_a_step_is_autoregressive():
    step = flow(5).flow.in_order[0]
    for part in (0, 1):
        jacobian = torch.autograd.functional.jacobian(
            lambda v, part=part: step(v)[part], torch.randn(5, dtype=torch.double)
        )
        assert not torch.triu(jacobian).any()
        assert jacobian.tril(-1)[1:, 0].abs().min() > 0


def test_at_its_start_the_flow_is_the_standard_normal():
    torch.manual_seed(0)
    p = Autoregressive(FlowPrior(ImageSizes(**SIZES, latent=3, side=4)).double())
    z = torch.randn(7, 3, dtype=torch.double)
    standard = Normal(torch.zeros(3, dtype=torch.double), 1.0)
    assert torch.allclose(log_density(p, z), standard.log_prob(z).sum(-1))


def test_a_mixture_of_one_is_its_posterior_and_its_kl_is_the_closed_one():
    mean, std = torch.tensor([[0.3, -1.0]]).double(), torch.tensor([[0.7, 1.4]]).double()
    p, same = MixtureOfPosteriors(mean, std), Normal(mean[0], std[0])
    q = Normal(torch.randn(50, 2).double(), 0.5 + torch.rand(50, 2).double())
    exact = kl_divergence(q, same).sum(-1)
    torch.manual_seed(0)
    often = Normal(q.mean.repeat(2000, 1), q.stddev.repeat(2000, 1))  # a draw a row
    many = kl_by_factor(often, p).sum(-1).view(2000, 50)
    error = many.std(0) / math.sqrt(len(many))
    assert many.shape[1:] == exact.shape
    assert ((many.mean(0) - exact).abs() < 5 * error).all()


def image_system(prior, latent=3, side=8, **fields):
    torch.manual_seed(0)
    recipe = ImageRecipe(prior=prior, side=side, **fields)
    return recipe.build(Sizes(**SIZES, latent=latent))


def test_a_vampprior_is_the_mixture_of_the_posteriors_of_its_pictures():
    model = image_system(Part(VampPrior, components=6)).model.eval()
    pictures = model.learned_prior.pixels.clamp(0, 1)
    q = model.posterior(model.encoder.read(pictures))
    z = torch.randn(9, 3)
    with torch.no_grad():
        each = torch.stack([Normal(q.mean[k], q.stddev[k]).log_prob(z).sum(-1) for k in range(6)])
        expected = each.logsumexp(0) - math.log(6)
        assert torch.allclose(log_density(model.prior(), z), expected, atol=1e-5)


def test_its_pictures_learn_and_leave_the_running_statistics_alone():
    model = image_system(Part(VampPrior, components=6)).model.train()
    before = {name: value.clone() for name, value in model.named_buffers()}
    log_density(model.prior(), torch.randn(4, 3)).sum().backward()
    assert model.learned_prior.pixels.grad.abs().sum() > 0
    assert model.encoder.training
    assert all(torch.equal(before[name], value) for name, value in model.named_buffers())


@pytest.mark.parametrize("cls", [VampPrior, FlowPrior])
def test_a_learned_prior_belongs_to_the_generator(cls):
    model = image_system(Part(cls)).model
    theirs = {id(p) for p in model.learned_prior.parameters()}
    assert theirs <= {id(p) for p in model.generator_parameters()}
    assert not theirs & {id(p) for p in model.inference_parameters()}
    every = {id(p) for p in model.parameters()}
    assert every == {id(p) for p in model.generator_parameters() + model.inference_parameters()}


def test_bad_priors_are_sentences():
    with pytest.raises(CollapseError, match="at least one component; got 0"):
        VampPrior(ImageSizes(**SIZES, latent=2, side=4), components=0)
    with pytest.raises(CollapseError, match="at least one step; got 0"):
        FlowPrior(ImageSizes(**SIZES, latent=2, side=4), steps=0)
    with pytest.raises(CollapseError, match="derived from LearnedPrior"):
        ImageRecipe(prior=Part(NoLatent))
    with pytest.raises(CollapseError, match="derived from LearnedPrior"):
        ImageRecipe(prior="vamp")
    blind = image_system(Part(VampPrior), encoder=Part(NoImageEncoder), posterior=Part(NoLatent))
    with pytest.raises(CollapseError, match="reads grey pictures"):
        blind.model.prior()
    assert issubclass(VampPrior, LearnedPrior)
    assert RECIPES["image-vlae"].prior == Part(FlowPrior)
