"""A sequence VAE from top to bottom: the model, its loss, its training.

It is the library's plain ``vae`` on sequences of one length, written out with nothing
but PyTorch; `tests/test_minimal.py` shows that both give the same numbers. Every remedy
of the book changes one or a few of its lines.
"""

from collections.abc import Callable, Iterator

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.distributions import Normal, kl_divergence
from torch.nn import functional as F

Weight = Callable[[int], float]
"""What a nat of KL costs, by epoch."""


class SequenceVAE(nn.Module):
    """p(x) = ∫ p(z) p(x|z) dz over sequences of tokens, with q(z|x) in place of p(z|x).

    Args:
        vocabulary: number of token types.
        embedding: width of a token.
        hidden: width of both LSTMs.
        latent: dimensions of z.
        dropout: on what the decoder reads and on what it says.
    """

    def __init__(
        self, vocabulary: int, embedding: int, hidden: int, latent: int, dropout: float = 0.5
    ) -> None:
        super().__init__()
        self.latent = latent
        self.encoder_embedding = nn.Embedding(vocabulary, embedding)
        self.encoder = nn.LSTM(embedding, hidden, batch_first=True)
        self.mean_and_log_var = nn.Linear(hidden, 2 * latent, bias=False)
        self.decoder_embedding = nn.Embedding(vocabulary, embedding)
        self.first_cell = nn.Linear(latent, hidden, bias=False)
        self.decoder = nn.LSTM(embedding + latent, hidden, batch_first=True)
        self.to_logits = nn.Linear(hidden, vocabulary, bias=False)
        self.dropout = nn.Dropout(dropout)

    def encode(self, x: Int[Tensor, "batch time"]) -> Normal:
        """q(z|x): mean and log-variance from the state after the last token."""
        states, _ = self.encoder(self.encoder_embedding(x))  # (batch, time, hidden)
        mean, log_var = self.mean_and_log_var(states[:, -1]).chunk(2, dim=-1)
        return Normal(mean, (0.5 * log_var).exp())

    def prior(self, batch: object = None) -> Normal:
        """p(z) = N(0, I), the same for every sequence."""
        zeros = self.first_cell.weight.new_zeros(self.latent)
        return Normal(zeros, torch.ones_like(zeros))

    def log_likelihood(
        self, x: Int[Tensor, "batch time"], z: Float[Tensor, "batch latent"]
    ) -> Float[Tensor, " batch"]:
        """log p(x|z) in nats: each token from z and those before it, but for the first."""
        inputs = x[:, :-1]
        words = self.dropout(self.decoder_embedding(inputs))  # of all but the last
        beside = z.unsqueeze(1).expand(-1, words.shape[1], -1)  # z beside every word
        cell = self.first_cell(z).unsqueeze(0)  # and in the first state
        states, _ = self.decoder(torch.cat([words, beside], dim=-1), (cell.tanh(), cell))
        logits = self.to_logits(self.dropout(states))  # (batch, time - 1, vocabulary)
        return -F.cross_entropy(logits.mT, x[:, 1:], reduction="none").sum(-1)


def loss(
    model: SequenceVAE, x: Int[Tensor, "batch time"], kl_weight: float = 1.0
) -> Float[Tensor, " batch"]:
    """-log p(x|z) + weight · KL at one draw of z; at weight 1, -ELBO."""
    q = model.encode(x)
    z = q.rsample()  # mean + std · noise, so that gradients reach the encoder
    kl = kl_divergence(q, model.prior()).sum(-1)
    return kl_weight * kl - model.log_likelihood(x, z)


def step(
    model: SequenceVAE,
    optimizer: torch.optim.Optimizer,
    x: Int[Tensor, "batch time"],
    kl_weight: float = 1.0,
    clip: float = 5.0,
) -> float:
    """One step on one batch; returns its mean loss before the step, in nats."""
    value = loss(model, x, kl_weight).mean()
    model.zero_grad()  # also of a network that this optimizer does not move
    value.backward()
    nn.utils.clip_grad_norm_(model.parameters(), clip)
    optimizer.step()
    return value.item()


def aggressive_step(
    model: SequenceVAE,
    encoder: torch.optim.Optimizer,
    decoder: torch.optim.Optimizer,
    x: Int[Tensor, "batch time"],
    draw: Callable[[], Int[Tensor, "batch time"]],
) -> float:
    """Algorithm 1 of He et al. (2019): encoder steps, then one of the decoder.

    The encoder moves on random batches until its mean loss over ten steps
    falls no more.

    Args:
        model: trained in place.
        encoder: moves the encoder alone.
        decoder: moves the decoder alone.
        x: the batch of the decoder's step.
        draw: gives a random batch for each step of the encoder.
    """
    before = float("inf")
    for _ in range(10):  # at most 100 steps
        now = sum(step(model, encoder, draw()) for _ in range(10)) / 10
        if now >= before:  # the loss has stopped falling
            break
        before = now
    return step(model, decoder, x)


def train(
    model: SequenceVAE,
    x: Int[Tensor, "documents time"],
    epochs: int,
    learning_rate: float = 1.0,
    batch_size: int = 32,
    kl_weight: Weight = lambda epoch: 1.0,
) -> Iterator[float]:
    """Train; yields the mean loss of each epoch.

    Args:
        model: trained in place.
        x: the training sequences.
        epochs: how often each of them is seen.
        learning_rate: of gradient descent.
        batch_size: sequences in a step.
        kl_weight: by epoch, from 0: ``lambda epoch: min(1.0, epoch / 10)`` is KL annealing.
    """
    optimizer = torch.optim.SGD(model.parameters(), lr=learning_rate)
    for epoch in range(epochs):
        model.train()
        batches = x[torch.randperm(len(x))].split(batch_size)
        losses = [step(model, optimizer, batch, kl_weight(epoch)) for batch in batches]
        yield sum(losses) / len(losses)
