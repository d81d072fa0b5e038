"""Place 3: the terms, the schedules, free bits."""

import math
import re
from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from small import SIZES, batch_of, tiny_documents, tiny_model
from torch.distributions import (
    Bernoulli,
    Independent,
    MultivariateNormal,
    Normal,
    StudentT,
    kl_divergence,
)

from collapse.base.errors import CollapseError
from collapse.base.seeding import seeded
from collapse.objectives import (
    BagOfWords,
    Constant,
    Cyclical,
    DualKL,
    FreeBits,
    Linear,
    MAERegulariser,
    Objective,
    Regulariser,
    Terms,
    WassersteinRegulariser,
    elbo_terms,
    mmd,
)

KL = torch.tensor([[0.1, 0.9], [2.0, 0.0], [0.3, 0.3]], dtype=torch.float64)


def test_terms_are_unreduced_and_their_difference_is_the_elbo() -> None:
    terms = elbo_terms(tiny_model(), batch_of())
    assert terms.log_likelihood.shape == (7,)
    assert terms.kl.shape == (7, 2)
    torch.testing.assert_close(terms.elbo, terms.log_likelihood - terms.kl[:, 0] - terms.kl[:, 1])


def test_the_plain_objective_is_the_negative_elbo() -> None:
    model, batch, objective = tiny_model(), batch_of(), Objective()
    with seeded(0):
        terms = elbo_terms(model, batch)
    with seeded(0):
        found = objective(model, batch)
    assert torch.equal(found.rate, terms.kl)
    torch.testing.assert_close(objective.loss(found, 1.0), -terms.elbo)


def gaussians() -> tuple[torch.Tensor, torch.Tensor]:
    """Means and roots of the covariances of seven documents in two dimensions."""
    random = torch.Generator().manual_seed(3)
    loc, width = torch.randn(2, 7, 2, generator=random)
    return loc, (0.3 + width.abs()).diag_embed() + torch.tensor([[0.0, 0.0], [0.7, 0.0]])


def test_the_kl_of_a_posterior_with_an_event_is_one_number_a_document() -> None:
    """By the formula, in NumPy; torch's KL of these has no axis of factors to sum over."""
    loc, root = gaussians()
    terms = elbo_terms(tiny_model(), batch_of(), MultivariateNormal(loc, scale_tril=root))
    covariance = (root @ root.mT).double().numpy()
    trace, log_det = np.trace(covariance, axis1=1, axis2=2), np.linalg.slogdet(covariance)[1]
    expected = 0.5 * (trace + loc.double().numpy() ** 2 @ np.ones(2) - 2 - log_det)
    assert terms.kl.shape == (7, 1)
    np.testing.assert_allclose(terms.kl[:, 0].numpy(), expected, rtol=1e-5)
    np.testing.assert_allclose(
        (terms.log_likelihood - terms.elbo).detach().numpy(), expected, rtol=1e-4
    )
    np.testing.assert_allclose(
        FreeBits(1.0, over="sum")(terms.kl).numpy(), np.maximum(expected, 1.0), rtol=1e-5
    )


def test_independent_hides_no_dimension_and_changes_no_bit() -> None:
    loc, root = gaussians()
    plain = Normal(loc, root.diagonal(dim1=1, dim2=2))
    model, batch = tiny_model(), batch_of()
    found = [elbo_terms(model, batch, q).kl for q in (plain, Independent(plain, 1))]
    by_hand = 0.5 * (plain.variance + loc.square() - 1 - plain.variance.log())
    torch.testing.assert_close(found[0], by_hand)
    assert torch.equal(found[0], kl_divergence(plain, model.prior()))
    assert torch.equal(*found)


def test_a_pair_without_a_closed_form_is_named() -> None:
    loc, _ = gaussians()
    with pytest.raises(CollapseError, match="no closed form of the KL from StudentT to Normal"):
        elbo_terms(tiny_model(), batch_of(), StudentT(torch.full_like(loc, 3.0), loc))


def test_weight_multiplies_the_kl_only() -> None:
    terms = Terms(torch.tensor([-3.0, -5.0]), torch.tensor([[1.0, 1.0], [0.5, 0.0]]))
    assert Objective().loss(terms, 0.5).tolist() == [4.0, 5.25]


class Whole(BagOfWords):
    """A head whose loss is that of the whole batch."""

    def forward(self, batch, z):
        """A scalar."""
        return torch.tensor(3.0)


class Charge(Regulariser):
    """Charges whatever it was given."""

    def __init__(self, values: torch.Tensor) -> None:
        super().__init__()
        self.values = values

    def forward(self, q, z, prior):
        """The same for all."""
        return self.values


@pytest.mark.parametrize("shape", [(), (7,), (1, 2), (2, 7), (7, 2, 1)])
def test_a_charge_that_is_not_by_document_and_factor_is_refused(shape) -> None:
    charge = Charge(torch.ones(shape))
    sentence = r"Charge must charge .* shape \({}, factors\); it gave {}\."
    gave = re.escape(str(shape))
    with pytest.raises(CollapseError, match=sentence.format(7, gave)):
        Objective(regulariser=charge)(tiny_model(), batch_of())
    with pytest.raises(CollapseError, match=sentence.format(5, gave)):
        charge.charged.__func__.__wrapped__(charge, tiny_model(), tiny_documents(5))
    two = Objective(regulariser=Charge(torch.ones(7, 2)))
    terms = two(tiny_model(), batch_of())
    torch.testing.assert_close(two.loss(terms, 1.0), 2 - terms.log_likelihood)


@pytest.mark.parametrize("reduce", [torch.sum, torch.mean, lambda kl: kl, lambda kl: 4.0])
def test_free_bits_that_are_not_one_number_a_document_are_refused(reduce) -> None:
    class Reduced(FreeBits):
        def __call__(self, kl: torch.Tensor) -> torch.Tensor:
            return reduce(kl)

    objective = Objective(free_bits=Reduced(1.0))
    terms = objective(tiny_model(), batch_of())
    with pytest.raises(CollapseError, match=r"tensor of shape \(7,\); Reduced gave"):
        objective.loss(terms, 1.0)


def test_a_decoder_and_a_head_are_held_to_the_same_shape(monkeypatch) -> None:
    model, batch = tiny_model(), batch_of()
    with pytest.raises(CollapseError, match=r"An auxiliary loss must be .* Whole gave \(\)"):
        Objective(bow=Whole(SIZES))(model, batch)
    monkeypatch.setattr(model, "log_likelihood", lambda batch, z: torch.zeros(7, 3))
    with pytest.raises(CollapseError, match=r"A log-likelihood must be .* gave \(7, 3\)"):
        Objective()(model, batch)


@given(epoch=st.floats(0, 100), start=st.floats(0, 1), length=st.floats(0.1, 50))
def test_linear_rises_from_start_to_one(epoch: float, start: float, length: float) -> None:
    schedule = Linear(start=start, epochs=length)
    assert schedule(0.0) == pytest.approx(start)
    assert schedule(length) == 1 == schedule(length + epoch)
    assert start - 1e-12 <= schedule(epoch) <= 1


def test_cyclical_restarts() -> None:
    schedule = Cyclical(period=4.0, rise=0.5)
    assert [schedule(e) for e in (0.0, 1.0, 2.0, 3.0, 3.99, 4.0, 5.0)] == [0, 0.5, 1, 1, 1, 0, 0.5]
    assert Constant(0.3)(17.0) == 0.3


def test_free_bits_by_hand() -> None:
    def rate(**options: object) -> list[float]:
        return FreeBits(1.0, **options)(KL).tolist()  # type: ignore[arg-type]

    assert rate(over="sum") == pytest.approx([1.0, 2.0, 1.0])
    assert rate(over="sum", masked=True) == pytest.approx([0.0, 2.0, 0.0])
    assert rate(over="dimensions") == pytest.approx([1.4, 2.5, 1.0])
    assert rate(over="dimensions", masked=True) == pytest.approx([0.9, 2.0, 0.0])
    # batch means of the dimensions: 0.8 and 0.4, against a share of 0.5 each
    assert rate(over="dimensions", batch_mean=True) == pytest.approx([1.3] * 3)


@pytest.mark.parametrize("over", ["sum", "dimensions"])
def test_mask_and_floor_have_the_same_gradient(over: str) -> None:
    def gradient(masked: bool) -> torch.Tensor:
        kl = KL.clone().requires_grad_()
        FreeBits(1.0, over=over, masked=masked)(kl).sum().backward()
        assert kl.grad is not None
        return kl.grad

    assert (gradient(True) == gradient(False)).all()
    assert gradient(True).sum() > 0


def test_below_the_target_the_kl_is_not_pressed() -> None:
    kl = torch.tensor([[0.2, 0.2]], requires_grad=True)
    FreeBits(1.0)(kl).sum().backward()
    assert kl.grad is not None
    assert (kl.grad == 0).all()


def test_unknown_kind_of_free_bits() -> None:
    with pytest.raises(CollapseError, match="valid: 'dimensions', 'sum'"):
        FreeBits(1.0, over="bits")


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: Constant(-1.0), "beta must be"),
        (lambda: Constant(math.nan), "beta must be"),
        (lambda: Linear(epochs=0.0), "epochs must be a positive"),
        (lambda: Linear(epochs=-1.0), "epochs must be a positive"),
        (lambda: Linear(start=math.nan), "start must be"),
        (lambda: Cyclical(period=0.0), "period must be a positive"),
        (lambda: Cyclical(rise=0.0), "rise is the share"),
        (lambda: Cyclical(rise=2.0), "rise is the share"),
        (lambda: FreeBits(-1.0), "target must be"),
        (lambda: FreeBits(math.nan), "target must be"),
        (lambda: DualKL(SIZES, width=0), "width must be 1"),
        (lambda: WassersteinRegulariser(SIZES, kl=-1.0), "kl must be"),
        (lambda: WassersteinRegulariser(SIZES, band=0.0), "band must be a positive"),
        (lambda: WassersteinRegulariser(SIZES, centres=0), "centres must be 1"),
        (lambda: MAERegulariser(SIZES, eta=math.nan, gamma=0.2), "eta > 0"),
    ],
)
def test_options_that_cannot_be(make: Callable[[], object], sentence: str) -> None:
    """A weight that falls below 0 maximises the KL, and a rise of 2 ends at one half."""
    with pytest.raises(CollapseError, match=sentence):
        make()


@pytest.mark.parametrize("over", ["sum", "dimensions"])
@pytest.mark.parametrize("masked", [False, True])
def test_free_bits_hide_no_kl_that_is_none(over: str, masked: bool) -> None:
    kl = torch.tensor([[math.nan, 2.0], [0.1, 2.0]])
    rate = FreeBits(1.0, over=over, masked=masked)(kl)
    assert rate.isnan().tolist() == [True, False]
    assert FreeBits(1.0, over=over, masked=masked)(torch.ones(3, 0)).tolist() == [0.0] * 3


def test_a_posterior_without_draws_for_a_gradient_is_named() -> None:
    q = Bernoulli(torch.full((7, 2), 0.5))
    with pytest.raises(CollapseError, match="Bernoulli has no draws that a gradient"):
        elbo_terms(tiny_model(), batch_of(), q)


def test_a_critic_needs_the_features() -> None:
    q, prior = Normal(torch.zeros(3, 2), torch.ones(3, 2)), Normal(torch.zeros(2), torch.ones(2))
    with pytest.raises(CollapseError, match="Normal does not hold them; use ImplicitPosterior"):
        DualKL(SIZES)(q, q.mean, prior)


def test_an_mmd_of_nothing() -> None:
    x = torch.ones(3, 2)
    for ask, sentence in (
        (lambda: mmd(x, x, 0.0), "length must be a positive"),
        (lambda: mmd(x[:0], x, 1.0, biased=True), "draws of both; got 0 and 3"),
    ):
        with pytest.raises(CollapseError, match=sentence):
            ask()


def test_draws_of_unequal_width_are_not_stretched() -> None:
    """A user's process does not execute the shapes, and one column would fit against any."""
    with pytest.raises(CollapseError, match="Draws of 1 and of 2 dimensions"):
        mmd.__wrapped__(torch.ones(3, 1), torch.ones(3, 2), 1.0)  # type: ignore[attr-defined]
