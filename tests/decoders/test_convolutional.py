"""The CNN-VAE's decoder: what a word's prediction may depend on, and sampling word by word."""

import pytest
import torch
from small import SIZES

from collapse.base.errors import CollapseError
from collapse.base.fingerprints.provenance import module_closure
from collapse.base.seeding import seeded
from collapse.data import Batch
from collapse.decoders.convolutional import ConvolutionalDecoder
from collapse.parts import Sizes
from collapse.recipes import CNN, CNN_FIELDS, CNN_SIZES, RECIPES
from collapse.runs.request import APART, make_request
from collapse.vae import init_uniform_

PAPER = {"small": 15, "medium": 63, "large": 125, "very-large": 187}  # Yang et al. (2017), 4.2


def decoder(latent: int = 2, **options) -> ConvolutionalDecoder:
    """A small one whose weights are large enough that every path carries something."""
    with seeded(5):
        made = ConvolutionalDecoder(Sizes(12, 5, 6, latent), **options).double()
        for parameter in made.parameters():
            torch.nn.init.uniform_(parameter, -0.8, 0.8)
    return made.eval()


def depends_on(made: ConvolutionalDecoder, time: int) -> torch.Tensor:
    """By gradients: whether the last prediction of ``time`` depends on each input word."""
    with seeded(6):
        words = torch.randn(40, time, 5, dtype=torch.float64, requires_grad=True)
        z = torch.randn(40, 2, dtype=torch.float64)
    states, _ = made.convolve(words, z, made.start(z))
    (slope,) = torch.autograd.grad(made.output(states[:, -1]).sin().sum(), words)
    return slope.abs().sum((0, 2)) > 0  # over 40 rows: a rectifier is not shut in all of them


@pytest.mark.parametrize(
    "options",
    [{}, {"kernel": 2, "dilations": (1, 1, 1)}, {"kernel": 1}, {"dilations": (3,)}],
)
def test_the_field_by_gradients_is_the_computed_one(options) -> None:
    made = decoder(**options)
    field = made.receptive_field
    seen = depends_on(made, field + 4)
    reached = seen.nonzero().flatten()
    assert reached.max() == field + 3  # the last word itself
    assert field + 4 - reached.min() == field


@pytest.mark.parametrize(("size", "words"), PAPER.items())
def test_the_papers_four_fields(size: str, words: int) -> None:
    made = RECIPES[f"cnn-vae-{size}"].decoder.build(SIZES)
    assert isinstance(made, ConvolutionalDecoder)
    assert made.receptive_field == words
    assert (made.kernel, len(made.blocks)) == (3, len(CNN_SIZES[size]))


@pytest.mark.parametrize("words", CNN_FIELDS)
def test_a_recipe_named_after_its_field_has_it(words: int) -> None:
    made = CNN[f"field-{words}"].build(SIZES)
    assert isinstance(made, ConvolutionalDecoder)
    assert made.receptive_field == words
    assert len(made.blocks) <= len(CNN_SIZES["small"])


def test_the_widest_field_of_the_paper_by_gradients() -> None:
    made = RECIPES["cnn-lm-very-large"].decoder.build(Sizes(12, 5, 24, 2)).double().eval()
    assert isinstance(made, ConvolutionalDecoder)
    seen = depends_on(made, 200)
    assert not seen[:13].any()
    assert seen[13]


def test_no_word_sees_itself_or_a_later_one() -> None:
    """The prediction of word t + 1 depends on inputs up to t, and on all of them in the field."""
    made = decoder()
    with seeded(7):
        words = torch.randn(40, 9, 5, dtype=torch.float64, requires_grad=True)
        z = torch.randn(40, 2, dtype=torch.float64)
    states, _ = made.convolve(words, z, made.start(z))
    for place in range(9):
        (slope,) = torch.autograd.grad(states[:, place].sin().sum(), words, retain_graph=True)
        reached = slope.abs().sum((0, 2)) > 0
        assert reached[: place + 1].all()
        assert not reached[place + 1 :].any()


@pytest.mark.parametrize("name", [*(f"cnn-vae-{size}" for size in CNN), "cnn-lm-small"])
@torch.no_grad()
def test_word_by_word_gives_what_all_at_once_gives(name: str) -> None:
    part = RECIPES[name].decoder
    latent = 0 if "-lm-" in name else 2
    with seeded(8):
        made = part.build(Sizes(12, 5, 6, latent)).eval()
        init_uniform_(made, 0.8, 0.8)
        tokens, z = torch.randint(12, (7, 20)), torch.randn(7, latent)
    assert isinstance(made, ConvolutionalDecoder)
    state, steps = made.start(z), []
    for now in tokens.T:
        readout, state = made.step(now, z, state)
        steps.append(readout)
    torch.testing.assert_close(torch.stack(steps, 1), made(tokens, z))


@torch.no_grad()
def test_each_row_reads_its_own_z_at_every_word() -> None:
    made = decoder().float()
    tokens, z = torch.full((2, 6), 4), torch.tensor([[1.0, -1.0], [1.0, 1.0]])
    states = made(tokens, z)
    assert (states[0] != states[1]).any(-1).all()
    torch.testing.assert_close(made(tokens[:1], z[:1]), states[:1])


@torch.no_grad()
def test_words_after_the_end_do_not_count() -> None:
    made, z = decoder().float(), torch.ones(1, 2)
    tokens = torch.tensor([[1, 5, 6, 2, 9, 9]])
    ended = torch.tensor([4])
    long, short = (Batch(t, ended, torch.tensor([0])) for t in (tokens, tokens[:, :4]))
    torch.testing.assert_close(made.log_likelihood(long, z), made.log_likelihood(short, z))


def test_the_blocks_keep_their_start_and_nothing_else_does() -> None:
    with seeded(9):
        made = ConvolutionalDecoder(Sizes(12, 5, 6, 2))
        before = {name: value.clone() for name, value in made.named_parameters()}
        init_uniform_(made, 0.01, 0.1)
    kept = {n for n, value in made.named_parameters() if torch.equal(value, before[n])}
    assert kept == {name for name in before if name.startswith("blocks.")}
    assert made.output.weight.abs().max() <= 0.01


def test_at_a_tiny_start_the_blocks_would_have_hardly_a_gradient() -> None:
    """The reason for which they keep PyTorch's: a block's first map, against that of the input."""
    shares = {}
    for keeps in (True, False):
        with seeded(10):
            made = ConvolutionalDecoder(Sizes(12, 50, 50, 2), dropout=0.0)
            for block in made.blocks:
                block.keep_init = keeps
            init_uniform_(made, 0.01, 0.1)
            tokens, z = torch.randint(4, 12, (16, 10)), torch.randn(16, 2)
        batch = Batch(tokens, torch.full((16,), 10), torch.arange(16))
        made.log_likelihood(batch, z).sum().backward()
        first, taken = made.blocks[0].narrow.weight.grad, made.take_in.weight.grad
        assert first is not None
        assert taken is not None
        shares[keeps] = (first.norm() / taken.norm()).item()
    assert shares[False] < 0.01 * shares[True]


@pytest.mark.parametrize("options", [{"kernel": 0}, {"dilations": (1, 0)}])
def test_what_is_no_convolution_is_refused(options) -> None:
    with pytest.raises(CollapseError, match=r"a whole number of words.*got kernel="):
        ConvolutionalDecoder(SIZES, **options)


@pytest.mark.parametrize("name", ["vae", "lm", "bn-vae-0.7", "agg-vae-short", "skip-vae"])
def test_runs_of_other_decoders_do_not_count_its_code(name: str) -> None:
    behind = dict(module_closure(make_request(name).modules, apart=APART))
    assert ConvolutionalDecoder.__module__ not in behind
    mine = dict(module_closure(make_request("cnn-vae-small").modules, apart=APART))
    assert ConvolutionalDecoder.__module__ in mine
