"""Tokens per second of one training step, beside loops written out.

Run: ``python benchmarks/bench_training_step.py [--quick]``. A step is forward, loss, backward,
clipping and SGD. Random batches: the plain loop pads to the longest document and holds the logits
of every position, padding included; "packed" is that loop with packed sequences in both LSTMs,
which the library leaves alone. Batches of one length: the released loop does what a step of the
code of He et al. (2019) does, operation by operation, on batches made beforehand. Only predicted
real tokens are counted.
"""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import timing
import torch
from torch import Tensor, nn
from torch.distributions import kl_divergence
from torch.nn import functional as F
from torch.nn.utils.rnn import pack_padded_sequence

from collapse.base.seeding import seeded
from collapse.data import Batch, Corpus, Documents, Vocabulary
from collapse.objectives import Objective
from collapse.parts import Sizes
from collapse.recipes import RECIPES
from collapse.system import System
from collapse.training import Joint, Trainer, Training
from collapse.vae import VAE, init_uniform_

PLAIN, PACKED = "plain loop, random batches", "plain loop, packed"
RELEASED = "released loop, batches of one length"
RANDOM, BUCKET = "ours, random batches", "ours, batches of one length"


@dataclass(frozen=True)
class Setting:
    """A model, the lengths of its documents, and how often to measure how many steps."""

    name: str
    sizes: Sizes
    lengths: np.ndarray
    repetitions: int
    steps: int
    batch_size: int = 32


def real_lengths(count: int) -> np.ndarray:
    """Lengths like those of the review corpora: 20 to 200 words, 79 on average."""
    drawn = np.random.default_rng(0).lognormal(4.28, 0.57, 2 * count).astype(int)
    return drawn[(drawn >= 20) & (drawn <= 200)][:count]


LIGHT = Setting("light text", Sizes(2000, 64, 64, 8), real_lengths(12_000) // 8, 15, 20)
TOY = Setting("toy", Sizes(1004, 50, 50, 1), np.full(12_800, 10), 15, 20)
PAPERS = Setting("papers'", Sizes(20_000, 512, 1024, 32), real_lengths(20_000), 5, 1)
QUICK = Setting("quick", Sizes(30, 8, 8, 2), real_lengths(200) // 8, 2, 1, batch_size=8)


def corpus(setting: Setting) -> Corpus:
    """Random words; the toy documents have no markers, as in the synthetic set."""
    rng, size = np.random.default_rng(1), setting.sizes.vocabulary
    rows = [rng.integers(4, size, n) for n in setting.lengths]
    documents = Documents.from_arrays(rows, bos_eos=setting.name != "toy")
    words, splits = Vocabulary([f"w{i}" for i in range(size - 4)]), [documents] * 3
    return Corpus("bench", "full", words, *splits, "made up", "none")


def trainer(setting: Setting, model: VAE, batching: str) -> Trainer:
    """The library's own loop, given a copy of the model."""
    training = Training(batching=batching, batch_size=setting.batch_size, learning_rate=0.1)
    own = System(copy.deepcopy(model), Objective())
    return Trainer(own, corpus(setting), training, Joint(), Path("unused"), seed=0)


def plain_loss(model: VAE, batch: Batch) -> Tensor:
    """-ELBO of a batch: padded to the longest, all logits held."""
    encoder, decoder = model.encoder, model.decoder
    states, _ = encoder.lstm(encoder.embedding(batch.tokens))
    q = model.posterior(states[torch.arange(len(states)), batch.lengths - 1])
    z = q.rsample()
    states, _ = decoder.lstm(decoder_inputs(model, batch, z), decoder.start(z))
    logits = decoder.output(decoder.dropout(states))
    nats = F.cross_entropy(logits.flatten(0, 1), batch.targets.flatten(), reduction="none")
    likelihood = -(nats.view(batch.targets.shape) * batch.mask).sum(-1)
    return (kl_divergence(q, model.prior()).sum(-1) - likelihood).mean()


def packed_loss(model: VAE, batch: Batch) -> Tensor:
    """-ELBO of a batch, both LSTMs over packed sequences."""
    encoder, decoder = model.encoder, model.decoder
    _, (last, _) = encoder.lstm(pack(encoder.embedding(batch.tokens), batch.lengths))
    q = model.posterior(last[0])
    z = q.rsample()
    inputs = pack(decoder_inputs(model, batch, z), batch.predicted)
    states = decoder.lstm(inputs, decoder.start(z))[0].data
    logits = decoder.output(decoder.dropout(states))
    targets = pack(batch.targets.unsqueeze(-1), batch.predicted).data.squeeze(-1)
    nats = F.cross_entropy(logits, targets, reduction="sum") / len(batch.tokens)
    return kl_divergence(q, model.prior()).sum(-1).mean() + nats


def released_loss(model: VAE, batch: Batch) -> Tensor:
    """-ELBO of a batch without padding, as ``modules/vae.py`` of the released code computes it."""
    encoder, decoder = model.encoder, model.decoder
    _, (last, _) = encoder.lstm(encoder.embedding(batch.tokens))
    mean, log_var = model.posterior.linear(last[0]).chunk(2, -1)
    std = log_var.mul(0.5).exp()
    z = mean + torch.zeros_like(std).normal_() * std
    kl = 0.5 * (mean.pow(2) + log_var.exp() - log_var - 1).sum(1)
    states, _ = decoder.lstm(decoder_inputs(model, batch, z), decoder.start(z))
    logits = decoder.output(decoder.dropout(states))
    weight = torch.ones(logits.shape[-1])  # theirs can leave <pad> out, which is not there
    targets = batch.targets.flatten()
    nats = F.cross_entropy(logits.flatten(0, 1), targets, weight=weight, reduction="none")
    return (nats.view(batch.targets.shape).sum(-1) + kl).mean()


def decoder_inputs(model: VAE, batch: Batch, z: Tensor) -> Tensor:
    """Embeddings with z beside each."""
    words = model.decoder.dropout(model.decoder.embedding(batch.inputs))
    return torch.cat([words, z.unsqueeze(1).expand(-1, words.shape[1], -1)], -1)


def pack(values: Tensor, lengths: Tensor) -> nn.utils.rnn.PackedSequence:
    """Rows of these lengths, packed."""
    return pack_padded_sequence(values, lengths, batch_first=True, enforce_sorted=False)


def library_step(work: Trainer, batch: Batch) -> float:
    """One step of the library; returns the loss before it."""
    return work.strategy.update(work, batch).item()


def plain_step(loss: Callable[[VAE, Batch], Tensor]) -> Callable[[Trainer, Batch], float]:
    """One step written out, with this loss."""

    def step(work: Trainer, batch: Batch) -> float:
        value = loss(work.model, batch)
        for optimizer in work.optimizers.values():
            optimizer.zero_grad()
        value.backward()
        torch.nn.utils.clip_grad_norm_(work.model.parameters(), work.training.clip)
        for optimizer in work.optimizers.values():
            optimizer.step()
        return value.item()

    return step


STEPS = {PLAIN: plain_step(plain_loss), PACKED: plain_step(packed_loss)}
STEPS |= {RANDOM: library_step, RELEASED: plain_step(released_loss), BUCKET: library_step}
EVEN = (RELEASED, BUCKET)


def trainers(setting: Setting) -> dict[str, Trainer]:
    """One trainer a way, all with the same initial weights."""
    with seeded(0):
        model = RECIPES["vae"].build(setting.sizes).model
        init_uniform_(model, 0.1, 0.1)
    works = {way: trainer(setting, model, "bucket" if way in EVEN else "random") for way in STEPS}
    for way in (PLAIN, PACKED, RELEASED):
        write_out(works[way])
    return works


def write_out(work: Trainer) -> None:
    """PyTorch's modules in place of the library's, and one plain SGD a network."""
    model, old = work.model, work.model.decoder.output
    model.decoder.dropout = nn.Dropout(model.decoder.dropout.p)
    model.decoder.output = nn.Linear(old.in_features, old.out_features, bias=old.bias is not None)
    model.decoder.output.load_state_dict(old.state_dict())
    networks = {"encoder": model.inference_parameters(), "decoder": model.generator_parameters()}
    rate = work.training.learning_rate
    work.optimizers = {name: torch.optim.SGD(found, lr=rate) for name, found in networks.items()}


def measure(setting: Setting) -> timing.Rates:
    """Predicted tokens per second of each way."""

    def way(name: str, work: Trainer) -> Callable[[int], float]:
        plan, step = work.plan(), STEPS[name]
        made = [work.batch(indices) for indices in plan] if name == RELEASED else []

        def run(repetition: int) -> float:
            chosen = slice((repetition + 1) * setting.steps, (repetition + 2) * setting.steps)
            batches = made[chosen] or [work.batch(indices) for indices in plan[chosen]]
            for batch in batches:
                step(work, batch)
            return float(sum(int(batch.predicted.sum()) for batch in batches))

        return run

    ways = {name: way(name, work) for name, work in trainers(setting).items()}
    return timing.alternate(ways, setting.repetitions)


def table(setting: Setting) -> list[str]:
    """Ours beside the loop written out, for batches of one length and for random ones."""
    rates = measure(setting)
    padded = {way: rate for way, rate in rates.items() if way not in EVEN}
    even = {way: rates[way] for way in EVEN}
    return [
        *timing.rows(setting.name, padded, PLAIN),
        *timing.rows(setting.name, even, RELEASED),
    ]


def main(argv: list[str] | None = None) -> None:
    quick = timing.arguments(__doc__.splitlines()[0], argv).quick
    body = [row for s in ([QUICK] if quick else [TOY, LIGHT, PAPERS]) for row in table(s)]
    timing.show("tokens / s", body)


if __name__ == "__main__":
    main()
