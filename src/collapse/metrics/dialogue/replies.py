"""What a conditional model makes of a context: its prior, and the replies it gives."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.distributions import Normal

from collapse.base.errors import CollapseError
from collapse.base.seeding import seeded
from collapse.cvae import CVAE
from collapse.data.dialogue import Exchanges
from collapse.data.documents import Documents, make_batch
from collapse.data.generated.toy_dialogue import REPLIES, DialogueGenerator
from collapse.distributions import by_row
from collapse.metrics.checks import at_least_one

BATCH = 256


@dataclass(frozen=True)
class Coverage:
    """How much of what may be said a model says.

    Attributes:
        covered: mean over contexts of the part of the valid replies that some sample is.
        valid: the part of all samples that are one of the valid replies.
    """

    covered: float
    valid: float


@torch.no_grad()
def encode_contexts(model: CVAE, replies: Documents) -> Normal:
    """p(z|x) of every reply of a split, batch shape ``(replies, latent)``, on the CPU.

    Raises:
        CollapseError: without a reply.
    """
    at_least_one(len(replies), "replies")
    priors = []
    for start in range(0, len(replies), BATCH):
        numbers = range(start, min(start + BATCH, len(replies)))
        batch = make_batch(replies, numbers).to(model.device)
        priors.append(by_row(Tensor.cpu, model.prior(batch)))
    return by_row(lambda *rows: torch.cat(rows), *priors)


@torch.no_grad()
def sample_replies(
    model: CVAE,
    replies: Exchanges,
    indices: np.ndarray,
    samples: int,
    *,
    longest: int,
    seed: int = 0,
    greedy: bool = True,
) -> list[list[np.ndarray]]:
    """Replies of the model to the contexts of some replies: z from p(z|x), then words.

    Args:
        model: in evaluation mode.
        replies: a split; the replies themselves are not looked at.
        indices: whose contexts.
        samples: how many z for each.
        longest: words after which a reply is cut.
        seed: of z, and of the words unless ``greedy``.
        greedy: the most likely word at each step, so that all variety is that of z.

    Returns:
        For each context its samples as word numbers, without the end marker.

    Raises:
        CollapseError: for less than one context, sample or word.
    """
    for count, what in ((len(indices), "contexts"), (samples, "samples"), (longest, "words")):
        at_least_one(count, what)
    by_context: list[list[np.ndarray]] = []
    draws = None if greedy else torch.Generator(model.device).manual_seed(seed)
    with seeded(seed):
        for part in np.array_split(np.asarray(indices), max(1, len(indices) * samples // 2048)):
            batch = model.read(make_batch(replies, part).to(model.device))
            z = model.prior(batch).sample(torch.Size([samples])).flatten(0, 1)
            written = model.decoder.write(model.code(batch.repeat(samples), z), longest, draws)
            by_context += [written[context :: len(part)] for context in range(len(part))]
    return by_context


def reply_coverage(
    model: CVAE, replies: Exchanges, generator: DialogueGenerator, samples: int = 30, seed: int = 0
) -> Coverage:
    """How many of the four valid replies to each context ``samples`` draws of z give.

    Decoding is greedy: what differs between two samples differs by z. A reply counts as a valid
    one when at most one of its words is wrong.

    Raises:
        CollapseError: for replies without labels, or less than one reply or sample.
    """
    if replies.labels is None:
        raise CollapseError("Valid replies are known by their labels; these replies have none.")
    contexts, first = np.unique(replies.labels // REPLIES, return_index=True)
    written = sample_replies(model, replies, first, samples, longest=10, seed=seed)
    nearest = [  # the number of the valid reply that each sample is, or None
        [generator.nearest(reply, int(context)) for reply in samples_of_context]
        for context, samples_of_context in zip(contexts, written, strict=True)
    ]
    covered = [len(set(numbers) - {None}) / REPLIES for numbers in nearest]
    valid = [number is not None for numbers in nearest for number in numbers]
    return Coverage(float(np.mean(covered)), float(np.mean(valid)))
