"""A summary says of a model what the metrics say when they are asked one by one."""

import json
import math
import statistics
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from small import SIZES, tiny_corpus, tiny_model
from torch import Tensor
from torch.distributions import Distribution

from collapse.base.errors import CollapseError, RunError, UnknownNameError
from collapse.chapters.chapter import information_by_size
from collapse.data import Documents, plan_batches
from collapse.metrics import (
    encode_split,
    exact_nll,
    iw_nll,
    mean_cosine,
    mutual_information,
    split_features,
)
from collapse.objectives import Objective, Regulariser
from collapse.parts import Sizes
from collapse.posteriors import DiagonalGaussian
from collapse.runs.measuring.measure import measure, measure_epoch, own_numbers, with_error
from collapse.runs.request import make_request
from collapse.runs.run import Run
from collapse.runs.settings import Settings
from collapse.runs.table import HEADLINE, headline, over_seeds
from collapse.system import System
from collapse.training import Training
from collapse.vae import VAE

SETTINGS = Settings(embedding=5, hidden=6, latent=2, iw_samples=7, likelihood_documents=4)


def plain(model: VAE) -> System:
    """The model with the plain objective."""
    return System(model, Objective())


def test_small_latents_are_integrated_and_large_ones_sampled() -> None:
    corpus = tiny_corpus()
    model = tiny_model()
    few = corpus.test.subset(range(4))
    summary = measure(plain(model), corpus, SETTINGS, 0)
    assert summary["nll"] == pytest.approx(exact_nll(model, few).mean().item())
    assert (summary["nll_method"], summary["nll_documents"]) == ("quadrature", 4)
    wide = tiny_model(sizes=Sizes(12, 5, 6, 3))
    summary = measure(plain(wide), corpus, SETTINGS, 5)
    assert summary["nll"] == pytest.approx(iw_nll(wide, few, 7, 5).mean().item())
    assert summary["nll_method"] == "IW-7"


def test_the_bound_of_the_documents_of_the_nll_stands_beside_it() -> None:
    """For a model without z the two are one number; that of all documents is another."""
    corpus = tiny_corpus()
    summary = measure(plain(tiny_model("lm")), corpus, SETTINGS, 0)
    assert summary["elbo_nll_same"] == pytest.approx(summary["nll"], rel=1e-5)
    assert summary["elbo_nll"] != pytest.approx(summary["nll"], rel=1e-3)
    model = tiny_model(spread=2.0)
    summary = measure(plain(model), corpus, SETTINGS, 0)
    seen = encode_split(model, corpus.test, 0)
    assert summary["elbo_nll_same"] == pytest.approx(seen.first(4).nll_bound.mean().item())
    assert summary["nll"] < summary["elbo_nll_same"] + 4 * summary["elbo_nll_same_se"]
    assert summary["kl_same"] == pytest.approx(seen.first(4).kl.sum(-1).mean().item())
    assert summary["kl_same"] != pytest.approx(summary["kl"], rel=1e-3)


def test_the_nll_of_single_documents_is_kept(monkeypatch) -> None:
    corpus, model = tiny_corpus(), tiny_model(spread=2.0)
    values = exact_nll(model, corpus.test.first(4))
    kept = measure(plain(model), corpus, SETTINGS, 0)["nll_by_document"]
    assert kept == pytest.approx(values.tolist(), abs=6e-4)
    monkeypatch.setattr("collapse.runs.measuring.measure.KEPT_DOCUMENTS", 3)
    assert measure(plain(model), corpus, SETTINGS, 0)["nll_by_document"] == kept[:3]


def test_the_mean_cosine_of_features_is_measured_where_they_have_a_direction() -> None:
    corpus, model = tiny_corpus(), tiny_model(spread=2.0)
    expected = mean_cosine(split_features(model, corpus.test))
    assert measure(plain(model), corpus, SETTINGS, 0)["cosine"] == pytest.approx(expected)
    after = mean_cosine(split_features(model, corpus.valid))
    assert measure_epoch(plain(model), corpus, SETTINGS, 0)["cosine"] == pytest.approx(after)
    for parameter in model.encoder.parameters():
        parameter.data.zero_()
    assert "cosine" not in measure(plain(model), corpus, SETTINGS, 0)


def test_perplexity_counts_the_end_markers_of_the_measured_documents() -> None:
    corpus = tiny_corpus()
    summary = measure(plain(tiny_model("lm", spread=0.0)), corpus, SETTINGS, 0)
    assert summary["perplexity"] == pytest.approx(SIZES.vocabulary, rel=1e-5)


def test_information_comes_with_both_caps_and_adds_up() -> None:
    corpus, model = tiny_corpus(), tiny_model(spread=2.0)
    summary = measure(plain(model), corpus, SETTINGS, 0)
    seen = encode_split(model, corpus.test, 0)
    assert summary["mi"] == pytest.approx(mutual_information(seen.q, seen.z).value)
    assert summary["mi_cap"] == pytest.approx(np.log(10))
    assert summary["mi_batch_cap"] == pytest.approx(np.log(10))  # one batch of ten
    assert summary["kl"] == pytest.approx(summary["mi"] + summary["marginal_kl"])
    assert sum(summary["kl_per_dimension"]) == pytest.approx(summary["kl"], abs=1e-4)
    assert summary["kl"] > 0.1


@pytest.mark.parametrize("values", [[3.0], [3.0, 5.0], [1.0, 4.0, 10.0]])
def test_a_mean_of_one_document_has_no_standard_error(values: list[float]) -> None:
    """And says so without a warning, which would be an error here."""
    found = with_error("nll", torch.tensor(values))
    assert found["nll"] == pytest.approx(statistics.mean(values))
    if len(values) == 1:
        assert math.isnan(found["nll_se"])
        return
    expected = statistics.stdev(values) / math.sqrt(len(values))
    assert found["nll_se"] == pytest.approx(expected)


def test_the_likelihood_of_a_single_document_is_reported() -> None:
    """One document is where ``likelihood_documents=1`` ends; its error is nan, not a warning."""
    one = replace(SETTINGS, likelihood_documents=1)
    summary = measure(plain(tiny_model()), tiny_corpus(), one, 0)
    assert summary["nll_documents"] == 1
    assert math.isnan(summary["nll_se"])  # type: ignore[arg-type]
    assert math.isfinite(summary["elbo_nll_se"])  # type: ignore[arg-type]


def test_a_language_model_has_no_information_to_report() -> None:
    summary = measure(plain(tiny_model("lm")), tiny_corpus(), SETTINGS, 0)
    assert summary["nll"] == pytest.approx(summary["elbo_nll"], rel=0.5)
    assert not {"mi", "au", "mi_batch"} & summary.keys()
    told = dict(zip(HEADLINE, headline({**summary, "wall_seconds": 1.0}), strict=True))
    assert (told["MI"], told["AU"], told["<unk>"]) == ("–", "–", "0.0% of the test words")
    earlier = {**summary, "wall_seconds": 1.0}
    del earlier["unknown_share"]
    assert headline(earlier)[HEADLINE.index("<unk>")] == "not recorded"


def test_an_epoch_is_measured_on_the_validation_split() -> None:
    corpus, model = tiny_corpus(), tiny_model()
    seen = encode_split(model, corpus.valid, 3)
    epoch = measure_epoch(
        plain(model), corpus, replace(SETTINGS, training=Training(batch_size=4)), 3
    )
    assert epoch["loss"] == pytest.approx(seen.nll_bound.mean().item())
    assert epoch["loss"] == pytest.approx(epoch["reconstruction"] + epoch["kl"], rel=1e-6)
    assert epoch["mi"] == pytest.approx(mutual_information(seen.q, seen.z).value)
    assert epoch["kl"] == pytest.approx(epoch["mi"] + epoch["marginal_kl"])
    batches = plan_batches(corpus.valid.lengths, 4, "random", 3, 0)
    assert epoch["mi_batch"] == pytest.approx(mutual_information(seen.q, seen.z, batches).value)


def test_information_by_size_uses_the_first_documents() -> None:
    q = torch.distributions.Normal(torch.arange(8.0).view(-1, 1) * 100, torch.ones(8, 1))
    found = information_by_size(q, q.mean, [2, 4, 8])
    assert found == pytest.approx([np.log(2), np.log(4), np.log(8)], abs=1e-5)
    batched = information_by_size(q, q.mean, [2, 4, 8], batch_size=4)
    assert batched == pytest.approx([np.log(2), np.log(4), np.log(4)], abs=1e-5)


def test_rows_over_seeds_have_a_dash_where_a_system_has_no_such_number(tmp_path: Path) -> None:
    def done(name: str, summary: dict[str, float]) -> Run:
        folder = tmp_path / name
        folder.mkdir()
        (folder / "summary.json").write_text(json.dumps(summary))
        return Run(make_request("vae"), folder)

    runs = {"vae": [done("a", {"kl": 1.0}), done("b", {"kl": 2.0})], "lm": [done("c", {})]}
    assert over_seeds(runs, {"KL": "kl"}) == {"vae": {"KL": [1.0, 2.0]}, "lm": {"KL": "–"}}
    assert over_seeds({"lm": runs["lm"]}, {"MI": "mi"}) == {"lm": {"MI": "–"}}
    with pytest.raises(UnknownNameError, match=r"no measurement of these runs called 'kl_'.*'kl'"):
        over_seeds(runs, {"KL": "kl_"})


class Reporting(DiagonalGaussian):
    """A posterior with numbers of its own."""

    name = "width"

    def state(self) -> dict[str, float]:
        """Of itself, each epoch too."""
        return {"largest_weight": self.linear.weight.abs().max().item()}

    def report(self, q: Distribution, log_likelihood: Tensor) -> dict[str, Tensor | float]:
        """One of each kind."""
        return {self.name: q.stddev.mean(-1), "documents_seen": float(len(log_likelihood))}


class Charging(Regulariser):
    """Charges a nat a document, and says how many words it has seen."""

    def forward(self, q: Distribution, z: Tensor, prior: Distribution) -> Tensor:
        """One."""
        return torch.ones(len(z), 1)

    def report(
        self, model: VAE, documents: Documents, log_likelihood: Tensor, seed: int
    ) -> dict[str, Tensor | float]:
        """A sum over the split."""
        return {"words": float(documents.predicted.sum()), "seed": float(seed)}


def test_parts_report_what_only_they_can_measure() -> None:
    corpus, model = tiny_corpus(), tiny_model()
    torch.manual_seed(0)
    model.posterior = Reporting(SIZES)
    system = System(model, Objective(regulariser=Charging()))
    summary = measure(system, corpus, SETTINGS, 3)
    seen = encode_split(model, corpus.test, 3)
    width = seen.q.stddev.mean(-1)
    assert summary["width"] == pytest.approx(width.mean().item())
    assert summary["width_se"] == pytest.approx(width.std().item() / len(width) ** 0.5)
    assert summary["documents_seen"] == len(corpus.test)
    assert (summary["words"], summary["seed"]) == (corpus.test.predicted.sum(), 3)
    epoch = measure_epoch(system, corpus, SETTINGS, 3)
    largest = model.posterior.linear.weight.abs().max().item()
    assert epoch["largest_weight"] == summary["largest_weight"] == largest
    assert (epoch["charge"], epoch["objective"]) == (1.0, epoch["reconstruction"] + 1)


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (torch.zeros(3, 2), r"must be a number or a tensor of shape \(10,\), got 'a tensor of sh"),
        (torch.tensor(1.0), r"got 'a tensor of shape \(\)'"),
        (None, "got None"),
        ("much", "got 'much'"),
    ],
)
def test_what_a_part_reports_is_a_number_or_one_a_document(value, sentence) -> None:
    with pytest.raises(RunError, match=sentence):
        own_numbers({}, {"spread": value}, DiagonalGaussian(SIZES), 10)


@pytest.mark.parametrize("values", [None, [3.0], {3: 4.0}, "much"])
def test_what_a_part_reports_is_by_name(values) -> None:
    with pytest.raises(RunError, match="DiagonalGaussian must report numbers by name, in a dict"):
        own_numbers({}, values, DiagonalGaussian(SIZES), 10)


def test_what_a_regulariser_reports_is_said_to_be_its_own() -> None:
    class Wrong(Charging):
        def report(self, model, documents, log_likelihood, seed):
            return {"kl": 1.0}

    class Own(Objective):
        report = Wrong.report

    for objective, name in ((Objective(regulariser=Wrong()), "Wrong"), (Own(), "Own")):
        with pytest.raises(RunError, match=f"^{name} reports 'kl', which is measured of every"):
            measure(System(tiny_model(), objective), tiny_corpus(), SETTINGS, 0)


@pytest.mark.parametrize("name", ["loss", "objective", "kl"])
def test_a_state_cannot_replace_what_is_measured_of_an_epoch(name: str) -> None:
    """By which the best epoch is chosen."""
    model = tiny_model()
    model.posterior = Stating(SIZES)
    model.posterior.name = name
    with pytest.raises(RunError, match=f"Stating reports {name!r}, which is measured"):
        measure_epoch(plain(model), tiny_corpus(), SETTINGS, 0)


def test_what_is_charged_is_one_number_a_document() -> None:
    class Charging(Objective):
        def charged(self, model, documents, seed=0):
            return torch.full((3,), -1e9)

    with pytest.raises(CollapseError, match=r"What is charged must be one number a document, .*10"):
        measure_epoch(System(tiny_model(), Charging()), tiny_corpus(), SETTINGS, 0)


class Stating(DiagonalGaussian):
    """Says that all is well."""

    name: str

    def state(self) -> dict[str, float]:
        return {self.name: -1e9}


def test_a_name_that_every_run_has_is_not_free() -> None:
    model = tiny_model()
    model.posterior = Reporting(SIZES)
    model.posterior.name = "kl"
    with pytest.raises(
        RunError, match=r"Reporting reports 'kl', which is measured of every system"
    ):
        measure(plain(model), tiny_corpus(), SETTINGS, 0)
