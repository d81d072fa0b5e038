"""What is measured of a conditional model: a little after each epoch, everything at the end."""

import torch
from torch.distributions import Normal, kl_divergence

from collapse.cvae import CVAE
from collapse.data import Corpus
from collapse.data.dialogue import Exchanges
from collapse.data.generated.toy_dialogue import DialogueGenerator
from collapse.metrics.dialogue.replies import encode_contexts, reply_coverage
from collapse.metrics.dialogue.reply_scores import sample, score, vectors_for
from collapse.metrics.information import active_units, mutual_information
from collapse.metrics.likelihood import Encoded, encode_split, iw_nll
from collapse.metrics.text.perplexity import perplexity, unknown_share
from collapse.posteriors import standard_normal
from collapse.runs.measuring.measure import (
    Measured,
    of_documents,
    with_cap,
    with_error,
    with_reports,
)
from collapse.runs.settings import Settings
from collapse.system import System
from collapse.training.checkpoint import Record


def measure_epoch(system: System, corpus: Corpus, settings: Settings, seed: int) -> Record:
    """Means over the validation split, in nats.

    ``kl`` is KL(q(z|x,y) ‖ p(z|x)), ``kl_prior`` is KL(p(z|x) ‖ N(0, I)), ``mi`` the information
    I(z; y | x) among replies to the same context, and ``loss`` the negative ELBO of log p(y|x).
    """
    model = conditional(system)
    encoded = encode_split(model, corpus.valid, seed)
    return {
        "loss": encoded.nll_bound.mean().item(),
        "reconstruction": -encoded.log_likelihood.mean().item(),
        "kl": encoded.kl.sum(-1).mean().item(),
        "kl_prior": reference_kl(encode_contexts(model, corpus.valid)).mean().item(),
        "mi": mutual_information(
            encoded.q, encoded.z, exchanges(corpus, "valid").same_context()
        ).value,
    }


def measure(system: System, corpus: Corpus, settings: Settings, seed: int) -> Measured:
    """Everything about the test split that a summary reports."""
    model, test = conditional(system), exchanges(corpus, "test")
    encoded = encode_split(model, test, seed)
    predicted = torch.as_tensor(test.predicted)
    measured = {
        **with_error("elbo_nll", encoded.nll_bound),
        **with_error("reconstruction", -encoded.log_likelihood),
        "reconstruction_perplexity": perplexity(-encoded.log_likelihood, predicted),
        **with_error("kl", encoded.kl.sum(-1)),
        "kl_per_dimension": [round(v, 5) for v in encoded.kl.mean(0).tolist()],
        **with_error("kl_prior", reference_kl(encode_contexts(model, test))),
        "au": active_units(encoded.q.mean).count,
        **information(encoded, test),
        **likelihood(model, corpus, encoded, settings, seed),
        **coverage(model, corpus, seed),
        **replies(model, corpus, settings, seed),
        "test_documents": len(test),
        "unknown_share": unknown_share(test, corpus.vocabulary),
        "parameters": sum(p.numel() for p in system.parameters()),
    }
    return with_reports(measured, system, test, encoded, seed)


def conditional(system: System) -> CVAE:
    """The model of a system, which is a conditional one."""
    assert isinstance(system.model, CVAE), f"{type(system.model).__name__} is no conditional model"
    return system.model


def exchanges(corpus: Corpus, split: str) -> Exchanges:
    """A split of a dialogue corpus."""
    replies = getattr(corpus, split)
    assert isinstance(replies, Exchanges), f"{corpus.name} is no dialogue corpus"
    return replies


def reference_kl(prior: Normal) -> torch.Tensor:
    """KL(p(z|x) ‖ N(0, I)) of each reply."""
    return kl_divergence(prior, standard_normal(torch.zeros_like(prior.mean))).sum(-1)


def information(encoded: Encoded, test: Exchanges) -> dict[str, float]:
    """I(z; y | x) among replies to the same context, and how far the means vary there.

    Where contexts do not repeat, the cap is 0 and nothing can be estimated; KL(q ‖ p) is then the
    only bound from above that there is.
    """
    groups = test.same_context()
    means = encoded.q.mean.double()
    within = torch.cat([means[g] - means[g].mean(0) for g in map(torch.from_numpy, groups)])
    return {
        **with_cap("mi", mutual_information(encoded.q, encoded.z, groups)),
        "mean_variance_within": within.square().mean().item(),
        "mean_variance": means.var(0, correction=0).mean().item(),
    }


def likelihood(
    model: CVAE, corpus: Corpus, encoded: Encoded, settings: Settings, seed: int
) -> Measured:
    """-log p(y|x) by importance weighting with the learned prior, and what stands beside it.

    Where the truth is known, ``excess_nll`` is how much more than the generator's own the NLL is.
    """
    replies = corpus.test.first(settings.likelihood_documents)
    nll = iw_nll(model, replies, settings.iw_samples, seed)
    true = -corpus.generator.log_likelihood(replies) if corpus.generator else None
    return {
        **of_documents(nll, encoded, replies),
        **({} if true is None else with_error("excess_nll", nll - torch.from_numpy(true))),
        "nll_method": f"IW-{settings.iw_samples}",
    }


def replies(model: CVAE, corpus: Corpus, settings: Settings, seed: int) -> Measured:
    """The scores of sampled replies, and the word vectors that the similarities stand on."""
    count = settings.likelihood_documents or len(corpus.test)
    vectors = vectors_for(corpus)
    return {**score(sample(model, corpus, count, seed=seed), vectors), "vectors": vectors.source}


def coverage(model: CVAE, corpus: Corpus, seed: int) -> dict[str, float]:
    """The part of the valid replies that the model gives, where the generator knows them."""
    if not isinstance(corpus.generator, DialogueGenerator):
        return {}
    return vars(reply_coverage(model, exchanges(corpus, "test"), corpus.generator, seed=seed))
