"""What would a code earn? A decoder that is told the code from which the generator wrote.

The generated sequences of He et al. (2019, Appendix B.1) have a code of two numbers each, which the
corpus does not keep. The generator draws the same ones again from the same seed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.distributions import Categorical, Independent, MixtureSameFamily, Normal

from collapse.base.errors import DataError
from collapse.data import Batch, Corpus, Documents, load
from collapse.data.generated.synthetic import CENTRES, REACH, LstmGenerator
from collapse.decoders import LSTMDecoder
from collapse.encoders import NoEncoder
from collapse.metrics import exact_nll
from collapse.metrics.quadrature import nll_on_grid
from collapse.objectives import Objective
from collapse.parts import Sizes
from collapse.pooling import LastState
from collapse.posteriors import NoLatent
from collapse.runs.settings import Settings
from collapse.runs.train_alone import sizes_of, started, train_alone
from collapse.system import System
from collapse.theory.grids import z_grid
from collapse.vae import VAE

DocumentCodes = Float[Tensor, "documents code"]


class TellingGenerator(LstmGenerator):
    """The generator of the synthetic documents, which also tells the codes that it wrote from.

    Args:
        symbols: size of the vocabulary without the four specials.
        seed: of the weights.
    """

    def __init__(self, symbols: int, seed: int) -> None:
        super().__init__(symbols, seed)
        self.started_from = torch.zeros(0, 2)

    def sample_with_codes(self, n: int, seed: int) -> tuple[Documents, DocumentCodes]:
        """The documents that :meth:`sample` gives for this seed, and the code of each, (n, 2)."""
        documents = self.sample(n, seed)
        return documents, self.started_from

    def log_likelihood_given(
        self, documents: Documents, codes: DocumentCodes
    ) -> Float[Tensor, " documents"]:
        """log p(x_2 ... x_10 | x_1, code) of each document in nats, float64.

        Raises:
            DataError: for documents that this generator cannot have written.
        """
        words, rows = self._symbols(documents), torch.arange(len(documents))
        nothing = torch.zeros(len(documents), dtype=torch.float64)
        _, weights = self._walk(words, rows, codes, nothing, torch.full_like(nothing, -torch.inf))
        return weights

    def _start(self, z: Float[Tensor, "batch 2"]) -> tuple[Tensor, Tensor]:
        self.started_from = z
        return super()._start(z)


def true_codes(corpus: Corpus, seed: int = 0) -> tuple[TellingGenerator, dict[str, DocumentCodes]]:
    """The generator of a synthetic corpus, and the true codes of its documents by split.

    Args:
        corpus: ``synthetic``, as :func:`collapse.data.load` gives it.
        seed: with which it was made.

    Raises:
        DataError: where the generator with this seed writes other documents.
    """
    if not isinstance(corpus.generator, LstmGenerator):
        raise DataError(
            f"The corpus {corpus.name!r} has no generator whose codes could be drawn again; this "
            "needs 'synthetic'."
        )
    generator = TellingGenerator(corpus.generator.symbols, seed)
    splits = {"train": corpus.train, "valid": corpus.valid, "test": corpus.test}
    documents, codes = generator.sample_with_codes(sum(map(len, splits.values())), seed)
    written = np.concatenate([split.tokens for split in splits.values()])
    if not np.array_equal(documents.tokens, written):
        raise DataError(
            f"With seed {seed} the generator writes other documents than those of this corpus; "
            "give the seed with which it was made."
        )
    parts = codes.split([len(split) for split in splits.values()])
    return generator, dict(zip(splits, parts, strict=True))


@dataclass(frozen=True, eq=False)
class ToldBatch(Batch):
    """Documents of one training step with a code for each.

    Attributes:
        codes: what the decoder is told.
    """

    codes: Float[Tensor, "batch code"] = None  # type: ignore[assignment]

    def to(self, device: torch.device | str) -> "ToldBatch":
        """The same batch on another device."""
        return ToldBatch(**vars(super().to(device)), codes=self.codes.to(device))

    def repeat(self, times: int) -> "ToldBatch":
        """The batch ``times`` times over, one copy after the other."""
        return ToldBatch(**vars(super().repeat(times)), codes=self.codes.repeat(times, 1))


@dataclass(frozen=True, eq=False)
class ToldDocuments(Documents):
    """Documents with a code for each, which goes into every batch.

    Attributes:
        codes: in the order of the documents.
    """

    codes: DocumentCodes = None  # type: ignore[assignment]

    def subset(self, indices: np.ndarray | Sequence[int]) -> "ToldDocuments":
        """The documents with these numbers, in this order, with their codes."""
        chosen = torch.from_numpy(np.asarray(indices, dtype=np.int64))
        return ToldDocuments(**vars(super().subset(indices)), codes=self.codes[chosen])

    def attach_context(self, batch: Batch) -> ToldBatch:
        """The batch with the codes of its documents."""
        return ToldBatch(**vars(batch), codes=self.codes[batch.indices])


class Told(VAE):
    """A language model that is given a code of each document free of charge: z is that code."""

    def code(self, batch: Batch, z: Float[Tensor, "batch latent"]) -> Float[Tensor, "batch code"]:
        """What the decoder reads: the code that comes with the document."""
        assert isinstance(batch, ToldBatch)
        return batch.codes


def with_codes(corpus: Corpus, codes: dict[str, DocumentCodes]) -> Corpus:
    """The corpus with a code for each document; ``codes`` by the name of the split."""
    told = {
        name: ToldDocuments(**vars(getattr(corpus, name)), codes=part)
        for name, part in codes.items()
    }
    train, valid, test = told["train"], told["valid"], told["test"]
    return replace(corpus, name=f"{corpus.name}-told", train=train, valid=valid, test=test)


def train_told(
    corpus: Corpus, codes: dict[str, DocumentCodes], settings: Settings, seed: int
) -> tuple[Told, Corpus]:
    """A decoder trained to write the documents from their codes, by the protocol of a run.

    With codes of no dimensions it is the language model of the book, to the bit.

    Args:
        corpus: whose documents it writes.
        codes: of all of them, by split.
        settings: of widths and loop.
        seed: of weights, batches and dropout.

    Returns:
        The model, in evaluation mode, and the corpus with which it can be measured.
    """
    told = with_codes(corpus, codes)
    sizes = replace(sizes_of(corpus, settings), latent=codes["train"].shape[1])
    system = started(lambda: told_system(sizes), settings, seed)
    train_alone(system, told, settings, seed)
    assert isinstance(system.model, Told)
    return system.model, told


def with_more_sequences(corpus: Corpus, times: int, seed: int) -> Corpus:
    """A generated corpus with a longer training split; what it is measured on stays as it is.

    Args:
        corpus: with its generator.
        times: how many times as many training sequences, all of them new.
        seed: of these; another than the one with which the corpus was made.

    Raises:
        DataError: for a corpus without a generator.
    """
    if not isinstance(corpus.generator, LstmGenerator):
        raise DataError(f"The corpus {corpus.name!r} has no generator that could write more of it.")
    more = corpus.generator.sample(times * len(corpus.train), seed)
    return replace(corpus, name=f"{corpus.name}-{times}-fold", train=more)


def train_language_model(corpus: Corpus, settings: Settings, seed: int) -> tuple[Told, Corpus]:
    """As :func:`train_told`, with nothing told: the language model of the book."""
    splits = {"train": corpus.train, "valid": corpus.valid, "test": corpus.test}
    nothing = {name: torch.zeros(len(split), 0) for name, split in splits.items()}
    return train_told(corpus, nothing, settings, seed)


def told_system(sizes: Sizes) -> System:
    """What :func:`train_told` trains; ``sizes.latent`` is the width of the codes."""
    nothing = replace(sizes, hidden=0, latent=0)
    encoder, features, posterior = NoEncoder(nothing), LastState(nothing), NoLatent(nothing)
    return System(Told(encoder, features, posterior, LSTMDecoder(sizes)), Objective())


@dataclass(frozen=True)
class Earnings:
    """What a code earns and costs, each number one a document, in nats.

    Attributes:
        given: -log p(x | code) of a decoder that is told the true code.
        marginal: -log p(x) of the same decoder, with the code integrated over its true prior. It
            is the likelihood of a model with a latent variable, and no document is told anything.
    """

    given: Float[Tensor, " documents"]
    marginal: Float[Tensor, " documents"]


def earnings(model: Told, documents: Documents, step: float = 0.5) -> Earnings:
    """What the true code earns this decoder on some documents of the test split.

    Args:
        model: in evaluation mode, with codes of two dimensions.
        documents: with their codes.
        step: of the grid over the code.
    """
    grid = z_grid(2, REACH, step)
    weights = true_prior().log_prob(grid) + 2 * float(np.log(step))
    return Earnings(
        exact_nll(model, documents), nll_on_grid(Untold(model), documents, grid, weights)
    )


def worth_of_codes(
    scale: str, settings: Settings, seeds: Sequence[int], documents: int
) -> list[dict[str, Tensor]]:
    """The :class:`Earnings` of a decoder that is told the true codes, for each seed, by field.

    Args:
        scale: of the corpus ``synthetic``.
        settings: of widths and loop.
        seeds: of weights, batches and dropout: one decoder each.
        documents: how many of the test split, from the first.
    """
    corpus = load("synthetic", scale)
    codes = true_codes(corpus)[1]
    few = with_codes(corpus, codes).test.subset(range(documents))
    told = (train_told(corpus, codes, settings, seed)[0] for seed in seeds)
    return [dict(vars(earnings(model, few))) for model in told]


def nll_of_more(
    scale: str, times: int, settings: Settings, seed: int, documents: int
) -> dict[str, Any]:
    """The language model of the book, trained on more sequences of ``synthetic``.

    Args:
        scale: of the corpus whose test split is looked at.
        times: how many times as many training sequences, all of them new.
        settings: of widths and loop.
        seed: of weights, batches and dropout; the sequences are of another.
        documents: how many of the test split, from the first.

    Returns:
        ``sequences``, how many it was trained on, and ``nll``, its mean, in nats.
    """
    larger = with_more_sequences(load("synthetic", scale), times, seed=100 + seed)
    model, told = train_language_model(larger, settings, seed)
    nll = exact_nll(model, told.test.subset(range(documents)))
    return {"sequences": len(larger.train), "nll": nll.mean().item()}


def true_prior() -> MixtureSameFamily:
    """The mixture of four Gaussians from which the generator draws its codes, (2,)."""
    parts = Independent(Normal(CENTRES, 1.0), 1)
    return MixtureSameFamily(Categorical(torch.ones(len(CENTRES))), parts)


class Untold(VAE):
    """The same decoder where the code is not known: a model with a latent variable."""

    def __init__(self, told: Told) -> None:
        super().__init__(told.encoder, told.features, told.posterior, told.decoder)
        self.eval()
