"""What chapters 2 and 5 keep of their models, against the functions of the package."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
import torch

from collapse.chapters.exchanged_codes import cost_of_exchange
from collapse.chapters.keeping import posterior_study as study
from collapse.chapters.keeping import text_study
from collapse.metrics import active_units, encode_split, exact_nll, iw_nll
from collapse.runs import sampling
from collapse.runs.many import run_all
from collapse.runs.run import Run
from collapse.runs.settings import settings_for
from collapse.training import Training

FULL = settings_for("synthetic", "light")
SHORT = replace(FULL, embedding=8, hidden=8, training=Training(epochs=1, batch_size=200))


@pytest.fixture(scope="module")
def runs(tmp_path_factory) -> Iterator[list[Run]]:
    """Two BN-VAEs that are trained for a second."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLLAPSE_RUNS", str(tmp_path_factory.mktemp("runs")))
        yield run_all(["bn-vae-0.7"], "synthetic", "light", (0, 1), settings=SHORT)["bn-vae-0.7"]


def test_posteriors_and_their_sizes_are_those_of_the_test_split(runs) -> None:
    seen = encode_split(runs[0].model(), runs[0].corpus().test)
    found = study.encoded(runs[0])
    assert torch.equal(found["mean"], seen.q.mean)
    assert torch.equal(found["kl"], seen.kl)
    size = study.sizes(runs)[0]
    assert size["spread"] == pytest.approx(seen.q.mean.std().item())
    assert size["width"] == pytest.approx(seen.q.stddev.mean().item())


def test_parts_add_up_to_the_kl(runs) -> None:
    for run, parts in zip(runs, study.kl_parts(runs), strict=True):
        assert sum(parts) == pytest.approx(run.summary["kl"], rel=1e-4)


def test_normalised_by_their_own_statistics_documents_have_the_spread_of_the_layer(runs) -> None:
    found = study.by_either_statistics(runs[0])
    ((kept, after),) = study.variances(runs[:1])
    assert found["variance"] == kept == study.largest_variance(runs[:1])
    # half of γ² V / (V + ε), with the variance of these documents in place of the kept one
    assert 2 * found["own"]["spread"].item() <= 0.49 + 1e-6
    count = len(runs[0].corpus().test)
    assert 2 * found["train"]["spread"].item() == pytest.approx(after * (count - 1) / count)


def test_costs_and_likelihoods_are_means_of_those_of_documents(runs) -> None:
    model, documents = runs[1].model(), runs[1].corpus().test
    each = cost_of_exchange(model, documents, 3)
    value, error = study.costs_of_exchange(runs, 3)[1]
    assert value == pytest.approx(each.mean().item())
    assert error == pytest.approx(each.std().item() / len(each) ** 0.5)
    few = documents.subset(range(4))
    assert torch.equal(study.exact_nlls(runs, 4)[1], exact_nll(model, few))
    assert torch.equal(
        text_study.surprises(runs, 4, 5, 0)[1], iw_nll(model, few, samples=5, seed=0)
    )


def test_what_models_write_and_how_many_units_move(runs) -> None:
    model, corpus = runs[0].model(), runs[0].corpus()
    units = active_units(encode_split(model, corpus.test).q.mean)
    found = text_study.units_of(runs[0])
    assert (found["variances"], found["active"]) == (units.variances.tolist(), units.count)
    given = corpus.test.subset(range(2))
    assert text_study.reconstructions(runs[0], 2) == sampling.reconstruct(model, corpus, given)
    assert text_study.walk(runs[0], 3) == sampling.interpolate(model, corpus, given, steps=3)
    drawn = sampling.sample_prior(model, corpus, count=2, seed=4)
    assert text_study.prior_samples(runs[0], 2, 4) == drawn
