"""Does a decoder read its code? Hand it another document's code and see what that costs.

Neither a KL nor active units nor mutual information looks at the decoder. This does: a decoder that
does not read z gives the same likelihood whatever code it is handed.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from collapse.data import Documents, make_batch
from collapse.vae import VAE


def cost_of_exchange(
    model: VAE, documents: Documents, seed: int = 0
) -> Float[Tensor, " documents"]:
    """log p(x|z) with a document's own code, minus that with its neighbour's, in nats.

    Args:
        model: put into evaluation mode; its posterior has a mean and a standard deviation.
        documents: in an order that says nothing.
        seed: of the codes that are drawn.
    """
    batch = make_batch(documents, range(len(documents)))
    draw = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        q = model.eval().encode(batch)
        own = q.mean + q.stddev * torch.randn(q.mean.shape, generator=draw)
        other = own.roll(1, dims=0)
        return model.log_likelihood(batch, own) - model.log_likelihood(batch, other)
