"""What a conditional model says at each z, for one context."""

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from collapse.base.errors import RunError
from collapse.cvae import CVAE
from collapse.data import Corpus, make_batch
from collapse.data.generated.toy_dialogue import REPLIES, DialogueGenerator

LONGEST_CELL = 10


@torch.no_grad()
def replies_at(
    model: CVAE, corpus: Corpus, index: int, points: Float[Tensor, "points latent"]
) -> list[np.ndarray]:
    """The greedy reply at each point, as word numbers.

    Args:
        model: in evaluation mode.
        corpus: a dialogue corpus.
        index: of a test reply, whose context is answered.
        points: z in standard deviations of p(z|x), from its mean.
    """
    batch = model.read(make_batch(corpus.test, [index]).to(model.device))
    prior = model.prior(batch)
    z = prior.mean + prior.stddev * points.to(prior.mean)
    return model.decoder.write(model.code(batch.repeat(len(z)), z), LONGEST_CELL)


def reply_grid(
    model: CVAE, corpus: Corpus, index: int, limit: float = 2.5, steps: int = 21
) -> np.ndarray:
    """Which of the valid replies each z of an even grid gives, -1 for none of them.

    Args:
        model: in evaluation mode, with a z of two dimensions.
        corpus: the generated exchanges.
        index: of a test reply, whose context is answered.
        limit: the grid goes from -limit to limit standard deviations of p(z|x).
        steps: points along a side.

    Returns:
        ``(steps, steps)``, rows by the second dimension of z.

    Raises:
        RunError: for another corpus, or a z that is not of two dimensions.
    """
    generator, labels = corpus.generator, corpus.test.labels
    if not isinstance(generator, DialogueGenerator) or labels is None or model.latent != 2:
        raise RunError(
            f"The map of replies is for the generated exchanges and a z of 2 dimensions; this is "
            f"{corpus.name} with {model.latent}."
        )
    axis = torch.linspace(-limit, limit, steps)
    context = int(labels[index]) // REPLIES
    replies = replies_at(model, corpus, index, torch.cartesian_prod(axis, axis))
    numbers = [generator.nearest(reply, context) for reply in replies]
    return np.array([-1 if n is None else n for n in numbers]).reshape(steps, steps).T
