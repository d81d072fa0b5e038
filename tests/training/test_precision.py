"""Rounded layers, full-precision weights, KL and loss."""

import pytest
import torch
from small import needs_bfloat16, tiny_corpus, tiny_model

from collapse.base.errors import RunError, UnknownNameError
from collapse.base.seeding import seeded
from collapse.data import make_batch
from collapse.objectives import elbo_terms
from collapse.training import precision as precisions
from collapse.training.precision import computing_in

CPU = torch.device("cpu")


def terms(precision: str):
    """Terms of one batch at the same draw of z, and the gradients of their sum."""
    model, corpus = tiny_model(), tiny_corpus()
    with seeded(1), computing_in(precision, CPU):
        found = elbo_terms(model, make_batch(corpus.train, range(8)))
        found.elbo.sum().backward()
    return found, [p.grad for p in model.parameters()]


@needs_bfloat16
def test_bfloat16_rounds_and_leaves_weights_kl_and_loss_in_float32() -> None:
    (exact, _), (rounded, gradients) = terms("float32"), terms("bfloat16")
    assert {rounded.kl.dtype, rounded.log_likelihood.dtype} == {torch.float32}
    assert {g.dtype for g in gradients if g is not None} == {torch.float32}
    assert not torch.equal(exact.log_likelihood, rounded.log_likelihood)
    torch.testing.assert_close(exact.log_likelihood, rounded.log_likelihood, rtol=2e-2, atol=2e-2)
    torch.testing.assert_close(exact.kl, rounded.kl, rtol=5e-2, atol=5e-3)


def test_tf32_is_float32_on_a_cpu() -> None:
    assert torch.equal(terms("float32")[0].elbo, terms("tf32")[0].elbo)


@needs_bfloat16
def test_steps_see_the_weights_that_the_last_step_left() -> None:
    model, corpus = tiny_model(), tiny_corpus()
    batch = make_batch(corpus.train, range(8))
    with computing_in("bfloat16", CPU), torch.no_grad():
        z = torch.zeros(8, model.latent)
        before = model.log_likelihood(batch, z)
        for parameter in model.parameters():
            parameter.zero_()
        after = model.log_likelihood(batch, z)
    uniform = -batch.predicted * torch.tensor(float(model.decoder.vocabulary)).log()
    assert not torch.allclose(before, uniform, atol=0.1)
    torch.testing.assert_close(after, uniform, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize(("precision", "allowed"), [("float32", False), ("tf32", True)])
def test_the_switches_are_put_back(precision: str, allowed: bool, monkeypatch) -> None:
    matrices, recurrent = torch.backends.cuda.matmul, torch.backends.cudnn
    monkeypatch.setattr(recurrent, "allow_tf32", not allowed)
    before = matrices.allow_tf32
    with computing_in(precision, CPU):
        assert (matrices.allow_tf32, recurrent.allow_tf32) == (allowed, allowed)
    assert (matrices.allow_tf32, recurrent.allow_tf32) == (before, not allowed)


def test_an_unknown_precision_is_refused() -> None:
    with pytest.raises(UnknownNameError, match=r"precision.*bfloat16"), computing_in("fp8", CPU):
        pass


def test_a_processor_without_bfloat16_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*shape: int, device: str) -> torch.nn.Module:
        raise RuntimeError("could not create a primitive descriptor")

    monkeypatch.setattr(torch.nn, "LSTM", missing)
    monkeypatch.setattr(precisions, "has_bfloat16", precisions.has_bfloat16.__wrapped__)
    with (
        pytest.raises(RunError, match="no LSTM in bfloat16 for this cpu"),
        computing_in("bfloat16", CPU),
    ):
        pass
