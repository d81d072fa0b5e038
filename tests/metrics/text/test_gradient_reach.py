"""The gradient at each word against finite differences, and its shape against theory."""

import pytest
import torch
from small import tiny_documents, tiny_model
from torch.distributions import kl_divergence

from collapse.base.errors import CollapseError
from collapse.base.seeding import seeded
from collapse.data import Batch, make_batch
from collapse.metrics import gradient_reach
from collapse.parts import Part, Sizes
from collapse.pooling import AveragePool, LastState
from collapse.recipe import Recipe
from collapse.theory import reach_of_average, reach_of_last_state, recurrent_radius
from collapse.vae import VAE, init_uniform_


def bound(model: VAE, batch: Batch, words: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
    """Negative ELBO of each document from embedded words, put together from the parts."""
    states = model.encoder.get_submodule("lstm")(words)[0]
    q = model.posterior(model.features(states, batch.lengths))
    kl = kl_divergence(q, model.prior()).sum(-1)
    return kl - model.log_likelihood(batch, q.mean + q.stddev * noise)


@pytest.mark.parametrize("name", ["vae", "pool-max", "pool-avg", "pool-abs", "pool-attention"])
def test_against_finite_differences(name: str) -> None:
    model = tiny_model(name).double()
    batch = make_batch(tiny_documents(), range(5))
    with seeded(3):
        found = gradient_reach(model, batch)
    with seeded(3):
        noise = torch.randn(5, model.latent, dtype=torch.float64)
    with torch.no_grad():
        words = model.encoder.get_submodule("embedding")(batch.tokens)
        for step in range(words.shape[1]):
            slopes = []
            for k in range(words.shape[2]):
                move = torch.zeros_like(words)
                move[:, step, k] = 1e-6
                up, down = (bound(model, batch, words + s * move, noise) for s in (1, -1))
                slopes.append((up - down) / 2e-6)
            expected = torch.stack(slopes, 1).norm(dim=1)
            torch.testing.assert_close(found[:, step], expected, rtol=1e-4, atol=1e-7)


def test_padding_gets_nothing_and_no_hook_is_left() -> None:
    model, batch = tiny_model("pool-avg"), make_batch(tiny_documents(), range(9))
    found = gradient_reach(model, batch)
    beyond = torch.arange(found.shape[1]) >= batch.lengths[:, None]
    assert (found[beyond] == 0).all()
    assert (found[~beyond] > 0).all()
    assert not model.encoder.get_submodule("embedding")._forward_hooks


@pytest.mark.parametrize("bound", [0.001, 0.1])
@pytest.mark.parametrize(
    ("pool", "theory"), [(LastState, reach_of_last_state), (AveragePool, reach_of_average)]
)
def test_theory_before_training(pool: type, theory, bound: float) -> None:
    """The shape over the steps, up to one factor, of a fresh model."""
    sizes = Sizes(30, 16, 64, 2)
    with seeded(0):
        model = Recipe(features=Part(pool)).build(sizes).double().eval().model
        init_uniform_(model, bound, 0.01)
    tokens = torch.randint(4, 30, (40, 20), generator=torch.Generator().manual_seed(1))
    batch = Batch(tokens, torch.full((40,), 20), torch.arange(40))
    with seeded(2):
        found = gradient_reach(model, batch).mean(0)
    predicted = theory(20, recurrent_radius(64, bound))
    ratio = (found / found[-1]) / (predicted / predicted[-1])
    # The first word is 19 steps away, where the last state has lost a factor of 1e4 or more.
    assert ratio.log().abs().max() < (0.02 if bound == 0.001 else 0.5)


def test_theories_against_their_recursion() -> None:
    """Without recurrent weights: halve what comes back, add what enters."""
    back, expected = 0.0, []
    for _ in range(7):
        back = 0.5 * back + 1 / 7
        expected.append(back)
    assert reach_of_average(7).tolist() == pytest.approx(expected[::-1])
    assert reach_of_last_state(4).tolist() == pytest.approx([1 / 8, 1 / 4, 1 / 2, 1])


@pytest.mark.parametrize("theory", [reach_of_last_state, reach_of_average])
def test_theories_against_random_matrices(theory) -> None:
    """Root mean square over draws of W and of the gradient that enters, with J multiplied out."""
    draw, hidden, steps, radius = torch.Generator().manual_seed(0), 300, 8, 0.8
    entering = torch.ones(steps) / steps
    if theory is reach_of_last_state:
        entering = torch.eye(steps)[-1]
    found = torch.zeros(steps, dtype=torch.float64)
    for _ in range(20):
        w = radius * torch.randn(hidden, hidden, generator=draw) / hidden**0.5
        v = torch.randn(hidden, generator=draw) / hidden**0.5
        back = torch.zeros(hidden)
        for step in reversed(range(steps)):
            back = 0.5 * back + 0.25 * w @ back + entering[step] * v
            found[step] += back.square().sum() / 20
    torch.testing.assert_close(found.sqrt(), theory(steps, radius), rtol=0.05, atol=0)


def test_the_circular_law() -> None:
    draw = torch.rand(400, 400, generator=torch.Generator().manual_seed(0))
    eigenvalues = torch.linalg.eigvals(0.2 * draw - 0.1).abs()
    assert eigenvalues.max().item() == pytest.approx(recurrent_radius(400, 0.1), rel=0.05)


def test_a_language_model_has_no_steps() -> None:
    with pytest.raises(CollapseError, match="NoEncoder reads no words"):
        gradient_reach(tiny_model("lm"), make_batch(tiny_documents(), range(2)))
