"""Likelihoods of finished runs once more: with words out of order, and with other draws."""

from statistics import mean, stdev

from collapse.metrics import encode_split, iw_nll, mutual_information, order_effect
from collapse.runs.execute import device_for, evaluated
from collapse.runs.run import Run
from collapse.runs.studies.results import Results

TIMES = 10  # evaluations, as in He et al. (2019), Tables 7 and 8


def order(run: Run) -> Results:
    """How much worse the model scores when its encoder reads the words in a random order.

    Long et al. (2019), Table 4, has the importance-weighted likelihood; ``order_bound`` is the rise
    of the negative ELBO, ``order_iw`` that with as many samples and documents as the run's own NLL,
    both with standard errors, in nats a document. See
    :mod:`collapse.metrics.text.word_order` for what they mean.
    """
    settings, corpus = run.request.settings, run.corpus()
    model = run.model().to(device_for(run.request))
    results: Results = {}
    for name, count, samples in (
        ("order_bound", None, 1),
        ("order_iw", settings.likelihood_documents, settings.iw_samples),
    ):
        documents = corpus.test.first(count)
        effect = order_effect(model, documents, samples, run.request.seed)
        results |= {name: effect.rise, f"{name}_se": effect.standard_error}
    return results


def again(run: Run) -> Results:
    """The same model evaluated ten times, with other draws of z (He et al. 2019, Tables 7 and 8).

    Of the importance-weighted NLL, the negative ELBO, the KL and the MI: ``again_nll`` is the mean
    over evaluations, ``again_nll_sd`` their standard deviation, in nats a document. The KL is
    worked out without a draw where torch knows it; its deviation is then 0.
    """
    settings, corpus = run.request.settings, run.corpus()
    system = evaluated(run.request, run.system())
    model = system.model.to(device_for(run.request))
    documents = corpus.test.first(settings.likelihood_documents)
    measured: dict[str, list[float]] = {name: [] for name in ("nll", "elbo_nll", "kl", "mi")}
    for seed in range(TIMES):
        encoded = encode_split(model, corpus.test, seed)
        measured["nll"].append(iw_nll(model, documents, settings.iw_samples, seed).mean().item())
        measured["elbo_nll"].append(encoded.nll_bound.mean().item())
        measured["kl"].append(encoded.kl.sum(-1).mean().item())
        measured["mi"].append(mutual_information(encoded.q, encoded.z).value)
    means = {f"again_{name}": mean(values) for name, values in measured.items()}
    return {**means, **{f"again_{name}_sd": stdev(values) for name, values in measured.items()}}
