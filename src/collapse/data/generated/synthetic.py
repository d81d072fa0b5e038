"""The synthetic set of He et al. (2019), appendix B.1, with the generator that made it.

A two-dimensional z is drawn from four unit-variance Gaussians at (±2, ±2); an LSTM with 100 hidden
units and 100-dimensional embeddings then writes ten symbols. Because z has two dimensions, the
true log-likelihood of a document is an integral that a grid can do.
"""

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from collapse.base.errors import DataError, choose
from collapse.data.corpus import Corpus
from collapse.data.documents import Documents
from collapse.data.vocabulary import SPECIALS, Vocabulary
from collapse.theory.grids import z_grid

LENGTH = 10
GENERATOR_WIDTH = 100
CENTRES = torch.tensor([[-2.0, -2.0], [-2.0, 2.0], [2.0, -2.0], [2.0, 2.0]])
# (symbols, training, validation and test documents)
SIZES = {
    "smoke": (200, 256, 64, 400),
    "light": (200, 3200, 400, 400),
    "medium": (200, 3200, 400, 400),
    "colab": (200, 3200, 400, 400),
    "full": (1000, 16000, 2000, 2000),
}
# A grid point that is so far below the best one adds nothing that float32 could hold.
NEGLIGIBLE = 20.0
REACH = 6.5  # of the grid; outside of it the prior has less than 2e-5 of its mass


class LstmGenerator:
    """The LSTM that writes the synthetic documents, with random weights that never change.

    For a document x_1 ... x_10 and a latent z: ``c_0 = W_c z``, ``h_0 = tanh(c_0)``; the input of
    each step is the embedding of the last symbol with z beside it; the logits of the next symbol
    are ``W_1 h + W_2 z``. x_1 is uniform and carries no information. All weights and biases of
    the LSTM are U(-1, 1); W_2 is U(-5, 5), so that z matters.

    Where sources differ: the paper says that an affine map of z is the initial hidden state and
    that z is concatenated to the *outputs* of the LSTM, which is the term W_2 z. The authors'
    released generator also concatenates z to the *inputs*, has no bias in W_c, W_1 and W_2, and
    draws W_2 from U(-3, 3). Here the wiring is that of the released code, the range of W_2 that
    of the paper.

    Args:
        symbols: the size of the vocabulary without the four specials.
        seed: decides the weights.
    """

    def __init__(self, symbols: int, seed: int) -> None:
        random = _random("weights", seed)

        def uniform(*shape: int, bound: float = 1.0) -> Tensor:
            return (2 * torch.rand(*shape, generator=random) - 1) * bound

        self.symbols = symbols
        self.embeddings = uniform(symbols, GENERATOR_WIDTH)
        self.from_word = uniform(4 * GENERATOR_WIDTH, GENERATOR_WIDTH)
        self.from_z = uniform(4 * GENERATOR_WIDTH, 2)
        self.from_hidden = uniform(4 * GENERATOR_WIDTH, GENERATOR_WIDTH)
        # PyTorch's LSTM has two bias vectors; the released code initialises both.
        self.bias = uniform(4 * GENERATOR_WIDTH) + uniform(4 * GENERATOR_WIDTH)
        self.to_cell = uniform(GENERATOR_WIDTH, 2)
        self.output_h = uniform(symbols, GENERATOR_WIDTH)
        self.output_z = uniform(symbols, 2, bound=5.0)

    def sample(self, n: int, seed: int) -> Documents:
        """``n`` documents of ten symbols; the label is the number of the Gaussian behind z.

        The same seed gives the same documents; the global random state is not touched.
        """
        random = _random("documents", seed)
        component = torch.randint(len(CENTRES), (n,), generator=random)
        z = CENTRES[component] + torch.randn(n, 2, generator=random)
        words = [torch.randint(self.symbols, (n,), generator=random)]
        hidden, cell = self._start(z)
        while len(words) < LENGTH:
            hidden, cell = self._step(words[-1], z, hidden, cell)
            probs = self._log_probs(hidden, z).exp()
            words.append(torch.multinomial(probs, 1, generator=random)[:, 0])
        tokens = torch.stack(words, dim=1).numpy().astype(np.int32) + len(SPECIALS)
        offsets = np.arange(n + 1, dtype=np.int64) * LENGTH
        return Documents(tokens.ravel(), offsets, component.numpy(), bos_eos=False)

    def log_likelihood(
        self, documents: Documents, step: float = 0.25, documents_at_once: int = 16
    ) -> np.ndarray:
        """log p(x_2 ... x_10 | x_1) of each document in nats, (n,) float64.

        The integral over z is a sum over a square grid. On documents of the light and full sets,
        halving the default step moves the mean by less than 0.005 nats.

        Args:
            documents: n documents of one common length, with symbols of this generator.
            step: the distance of neighbouring grid points.
            documents_at_once: bounds the memory; it does not change the result.

        Raises:
            DataError: for documents that this generator cannot have written.
        """
        words = self._symbols(documents)
        chunks = [self._integral(chunk, step) for chunk in words.split(documents_at_once)]
        return torch.cat(chunks).numpy()

    def _symbols(self, documents: Documents) -> Int[Tensor, "documents length"]:
        lengths = set(documents.lengths.tolist())
        if len(lengths) != 1:
            raise DataError(f"Synthetic documents have one length; these have {sorted(lengths)}.")
        words = documents.tokens.astype(np.int64) - len(SPECIALS)
        if words.min() < 0 or words.max() >= self.symbols:
            raise DataError(
                f"These documents have words outside the generator's {self.symbols} symbols; "
                f"ask the generator of the corpus that they belong to."
            )
        return torch.from_numpy(words).view(len(documents), -1)

    def _integral(self, words: Int[Tensor, "batch length"], step: float) -> Float[Tensor, "batch"]:
        """The sum over the grid, without the points that cannot matter.

        log p(x_2 ... x_t | z) only falls as t grows. So a point that after t symbols is far below
        what a single other point reaches after all of them can be dropped without changing the
        sum; a coarse grid finds that other point.
        """
        floor = torch.full((len(words),), -torch.inf, dtype=torch.float64)
        for grid in (z_grid(2, REACH, 4 * step), z_grid(2, REACH, step)):
            rows = torch.arange(len(words)).repeat_interleave(len(grid))
            z = grid.repeat(len(words), 1)
            area = 2 * float(np.log(step))
            rows, weights = self._walk(words, rows, z, _log_prior(z) + area, floor - NEGLIGIBLE)
            floor = _max_by_row(weights, rows, len(words))
        return _logsumexp_by_row(weights, rows, len(words))

    def _walk(
        self,
        words: Int[Tensor, "documents length"],
        rows: Int[Tensor, "pairs"],
        z: Float[Tensor, "pairs 2"],
        weights: Float[Tensor, "pairs"],
        floor: Float[Tensor, "documents"],
    ) -> tuple[Int[Tensor, "left"], Float[Tensor, "left"]]:
        """Add log p(x_2 ... | x_1, z) to the weights of (document, z) pairs.

        Pairs whose weight falls below their document's floor are dropped on the way.
        """
        hidden, cell = self._start(z)
        for position in range(1, words.shape[1]):
            keep = weights >= floor[rows]
            rows, z, weights = rows[keep], z[keep], weights[keep]
            hidden, cell = self._step(words[rows, position - 1], z, hidden[keep], cell[keep])
            log_probs = self._log_probs(hidden, z)
            weights = weights + log_probs.gather(1, words[rows, position, None])[:, 0].double()
        return rows, weights

    def _start(
        self, z: Float[Tensor, "batch 2"]
    ) -> tuple[Float[Tensor, "batch hidden"], Float[Tensor, "batch hidden"]]:
        cell = z @ self.to_cell.T
        return torch.tanh(cell), cell

    def _step(
        self,
        words: Int[Tensor, "batch"],
        z: Float[Tensor, "batch 2"],
        hidden: Float[Tensor, "batch hidden"],
        cell: Float[Tensor, "batch hidden"],
    ) -> tuple[Float[Tensor, "batch hidden"], Float[Tensor, "batch hidden"]]:
        """One step of the LSTM; gates in PyTorch's order: input, forget, cell, output."""
        # A map of (embedding, z) is the sum of two maps, and there are few different embeddings.
        mapped = self.embeddings @ self.from_word.T + self.bias
        gates = mapped[words] + z @ self.from_z.T + hidden @ self.from_hidden.T
        i, f, g, o = gates.chunk(4, dim=1)
        cell = torch.sigmoid(f) * cell + torch.sigmoid(i) * torch.tanh(g)
        return torch.sigmoid(o) * torch.tanh(cell), cell

    def _log_probs(
        self, hidden: Float[Tensor, "batch hidden"], z: Float[Tensor, "batch 2"]
    ) -> Float[Tensor, "batch symbols"]:
        return torch.log_softmax(hidden @ self.output_h.T + z @ self.output_z.T, dim=1)


def synthetic(scale: str = "light", seed: int = 0) -> Corpus:
    """The synthetic corpus: 16000/2000/2000 documents of ten symbols out of 1000 at full scale.

    The light and colab scales have 3200/400/400 documents and 200 symbols. ``seed`` decides the
    weights of the generator and the documents.
    """
    symbols, *sizes = choose(scale, SIZES, "scale")
    return Corpus.from_generator(
        LstmGenerator(symbols, seed),
        Vocabulary([f"w{number}" for number in range(symbols)]),
        sizes,
        seed,
        name="synthetic",
        scale=scale,
        source=(
            f"Generated with seed {seed} as in He et al. (2019), appendix B.1: {sum(sizes):,} "
            f"documents of {LENGTH} symbols out of {symbols}."
        ),
    )


def _random(purpose: str, seed: int) -> torch.Generator:
    """A generator of its own for each purpose, so that weights and documents are independent."""
    stream = np.random.SeedSequence([*purpose.encode(), seed]).generate_state(1)
    return torch.Generator().manual_seed(int(stream[0]))


def _log_prior(z: Float[Tensor, "batch 2"]) -> Float[Tensor, "batch"]:
    """The log-density of the mixture of four Gaussians, in double precision."""
    squares = (z[:, None] - CENTRES).double().square().sum(dim=2)
    return torch.logsumexp(-squares / 2, dim=1) - float(np.log(4 * 2 * np.pi))


def _max_by_row(
    values: Float[Tensor, "pairs"], rows: Int[Tensor, "pairs"], n: int
) -> Float[Tensor, "n"]:
    empty = torch.full((n,), -torch.inf, dtype=values.dtype)
    return empty.scatter_reduce(0, rows, values, "amax")


def _logsumexp_by_row(
    values: Float[Tensor, "pairs"], rows: Int[Tensor, "pairs"], n: int
) -> Float[Tensor, "n"]:
    top = _max_by_row(values, rows, n)
    sums = torch.zeros(n, dtype=values.dtype).scatter_add(0, rows, (values - top[rows]).exp())
    return top + sums.log()
