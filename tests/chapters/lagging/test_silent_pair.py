"""Curvature at the silent pair: a linear VAE, where it is known, and differences of the loss."""

from dataclasses import replace

import pytest
import torch
from small import SIZES, tiny_corpus, tiny_documents, tiny_model
from torch.distributions import Normal, kl_divergence

from collapse.base.errors import CollapseError
from collapse.chapters.lagging import silent_pair as pair
from collapse.chapters.lagging.slow_encoder import expected_log_likelihood
from collapse.data import make_batch
from collapse.exact.linear_vae import LinearVAE, generate
from collapse.runs.settings import settings_for

ONE = replace(SIZES, latent=1)
NOISE = 0.5
SPECTRUM = torch.tensor([1.5, 0.4, 0.1], dtype=torch.float64)


@pytest.fixture
def model():
    return tiny_model(sizes=ONE, spread=0.7)


@pytest.fixture
def batch():
    return make_batch(tiny_documents(30), range(30))


def linear(x):
    """log p(x|z) of x = z + noise, where z has every dimension of x: all weights of a code."""
    return lambda z: Normal(z, NOISE**0.5).log_prob(x).sum(-1)


def test_a_linear_model_is_a_saddle_above_the_noise() -> None:
    x = generate(SPECTRUM, 200, seed=0)
    slope, z = pair.slopes(linear(x), *x.shape)
    torch.testing.assert_close(slope.detach(), x / NOISE)
    scatter = slope.detach().T @ slope.detach() / len(x)
    direction = pair.steepest(scatter, slope, z)
    leading = torch.linalg.eigh(x.T @ x).eigenvectors[:, -1]
    assert abs(direction @ leading).item() == pytest.approx(1, abs=1e-3)
    for way, eigenvalue in zip(
        torch.linalg.eigh(x.T @ x).eigenvectors.T, SPECTRUM.flip(0), strict=True
    ):
        s, fisher = pair.slopes_and_information(lambda z, v=way: linear(x)(z * v), len(x))
        found = pair.curvature(s, s, fisher)
        assert found.ratio == pytest.approx(eigenvalue.item() / NOISE)
        saddle = torch.linalg.eigvalsh(found.hessian)[0] < 0
        assert saddle == (eigenvalue > NOISE)


def test_the_hessian_is_that_of_the_linear_vae() -> None:
    x = generate(SPECTRUM, 100, seed=1)
    v, u = torch.randn(2, 3, dtype=torch.float64)

    def loss(gains: torch.Tensor) -> torch.Tensor:
        means, code = gains[0] * (x @ u), gains[1] * v
        error = (x - means[:, None] * code).square().sum(-1) + code.square().sum()
        return (0.5 * error / NOISE + 0.5 * means.square()).mean()

    vae = LinearVAE(3, 1, NOISE, seed=0)  # the loss above is its negative ELBO, but for a constant
    with torch.no_grad():
        vae.decoder.copy_(0.3 * v[:, None])
        vae.encoder.copy_(0.2 * u[None])
        at = loss(torch.tensor([0.2, 0.3], dtype=torch.float64)) - loss(torch.zeros(2).double())
        moved = -vae.elbo(x).mean()
        vae.decoder.zero_()
        vae.encoder.zero_()
        torch.testing.assert_close(at, moved + vae.elbo(x).mean())
    expected = torch.autograd.functional.hessian(loss, torch.zeros(2, dtype=torch.float64))
    s, fisher = pair.slopes_and_information(lambda z: linear(x)(z * v), len(x))
    torch.testing.assert_close(pair.curvature(s, x @ u, fisher).hessian, expected)


def test_the_hessian_of_an_lstm_is_that_of_differences(model, batch) -> None:
    model = model.double()
    direction, features = pair.own_direction(model), model.represent(batch).detach()
    weights = (
        0.3 * torch.randn(features.shape[1], generator=torch.Generator().manual_seed(1)).double()
    )
    narrow = pair.with_code_weights(model.decoder, direction[:, None])
    s, fisher = pair.slopes_and_information(lambda z: narrow.log_likelihood(batch, z), 30)
    found = pair.curvature(s, features @ weights, fisher).hessian
    model.decoder = narrow

    def loss(a: float, b: float) -> torch.Tensor:
        narrow.load_state_dict(pair.with_code_weights(narrow, b * direction[:, None]).state_dict())
        mean = a * (features @ weights)[:, None]
        q = Normal(mean, torch.ones_like(mean))
        bound = expected_log_likelihood(model, batch, q.mean, q.stddev)
        return (kl_divergence(q, Normal(0.0, 1.0)).squeeze(1) - bound).mean()

    h = 0.02
    here = loss(0, 0)
    by_a = (loss(h, 0) + loss(-h, 0) - 2 * here) / h**2
    by_b = (loss(0, h) + loss(0, -h) - 2 * here) / h**2
    mixed = (loss(h, h) + loss(-h, -h) - loss(h, -h) - loss(-h, h)) / (4 * h**2)
    expected = torch.stack([by_a, mixed, mixed, by_b]).view(2, 2)
    torch.testing.assert_close(found, expected, rtol=2e-3, atol=1e-4)


def test_code_weights_of_ones_own_change_nothing(model, batch) -> None:
    made = pair.with_code_weights(model.decoder, pair.own_direction(model)[:, None])
    z = torch.randn(30, 1, generator=torch.Generator().manual_seed(0))
    expected = model.log_likelihood(batch, z)
    torch.testing.assert_close(made.log_likelihood(batch, z.double()).float(), expected)


def test_the_way_that_is_found_is_the_steepest(model) -> None:
    corpus = tiny_corpus()
    found = pair.search(model, corpus.train)
    excess = []
    generator = torch.Generator().manual_seed(0)
    for direction in (found, *torch.randn(5, len(found), generator=generator).double()):
        way = pair.way_out(model, corpus, direction / direction.norm())
        assert 0 <= way.this_encoder.ratio <= way.any_encoder.ratio
        assert way.held_out != way.any_encoder
        excess.append(way.any_encoder.means - way.any_encoder.weights)
    assert excess[0] > max(excess[1:])


def test_a_way_out_is_made_of_its_documents(model) -> None:
    corpus, direction = tiny_corpus(), pair.own_direction(model)
    found = pair.way_out(model, corpus, direction)
    narrow = pair.with_code_weights(model.decoder, direction[:, None])
    for split, part in ((corpus.train, found.any_encoder), (corpus.test, found.held_out)):
        batch = make_batch(split, range(len(split)))
        z, h = torch.zeros(len(split), 1).double(), 0.01
        up, at, down = (narrow.log_likelihood(batch, z + step) for step in (h, 0, -h))
        slope = (up - down) / (2 * h)
        assert part.means == pytest.approx(slope.square().mean().item(), rel=1e-3)
        assert part.weights == pytest.approx(-((up + down - 2 * at) / h**2).mean().item(), rel=1e-3)
    batch = make_batch(corpus.train, range(len(corpus.train)))
    means = pair.best_means(model.represent(batch).detach(), slope_of(narrow, batch))
    assert found.this_encoder.means == pytest.approx(means.square().mean().item())


def slope_of(narrow, batch) -> torch.Tensor:
    slope, _ = pair.slopes(lambda z: narrow.log_likelihood(batch, z), len(batch.tokens), 1)
    return slope.detach()[:, 0]


def test_from_silence_it_is_trained(model) -> None:
    corpus = tiny_corpus()
    settings = settings_for("synthetic", "smoke")
    quick = replace(settings, training=replace(settings.training, batch_size=8, epochs=2))
    before = pair.silenced(model)
    history = pair.from_silence(model, corpus, quick, 0)
    assert [record.get("decoder_steps") for record in history] == [None, 3, 3]
    assert [history[0][name] for name in ("epoch", "kl")] == [0, 0.0]
    assert history[-1]["epoch"] == 2
    for one, other in zip(before.parameters(), pair.silenced(model).parameters(), strict=True):
        assert torch.equal(one, other)  # a copy was trained


def test_an_encoder_whose_features_are_all_alike_has_no_way(model, batch) -> None:
    slope = torch.randn(30, generator=torch.Generator().manual_seed(0)).double()
    means = pair.best_means(torch.ones(30, 4), slope - slope.mean())
    assert means.abs().max() < 1e-6
    nothing = pair.curvature(slope, torch.zeros(30).double(), 1.0)
    assert nothing.ratio == 0
    assert pair.curvature(slope, slope, -1.0).ratio == float("inf")
    free = torch.randn(30, 30, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(pair.best_means(free, slope), slope, rtol=1e-3, atol=1e-3)


def test_a_silenced_model_says_nothing_and_reads_nothing(model, batch) -> None:
    silent = pair.silenced(model)
    q = silent.encode(batch)
    assert torch.equal(q.mean, torch.zeros(30, 1))
    assert torch.equal(q.stddev, torch.ones(30, 1))
    at = [silent.log_likelihood(batch, torch.full((30, 1), z)) for z in (-2.0, 0.0, 2.0)]
    torch.testing.assert_close(at[0], at[2])
    torch.testing.assert_close(at[1], model.log_likelihood(batch, torch.zeros(30, 1)))
    assert torch.equal(silent.represent(batch), model.represent(batch))
    assert model.encode(batch).mean.any()


@pytest.mark.parametrize("name", ["lm", "skip-vae", "bn-vae-0.7"])
def test_other_models_are_refused(name: str) -> None:
    with pytest.raises(CollapseError, match="needs an LSTMDecoder"):
        pair.own_direction(tiny_model(name, sizes=ONE))
