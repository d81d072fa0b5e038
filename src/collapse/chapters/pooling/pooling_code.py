"""Two functions of chapter 4, each written out; the package has them with checks."""

import math

import torch
from jaxtyping import Float, Int
from torch import Tensor

from collapse.data import Batch
from collapse.objectives import elbo_terms
from collapse.vae import VAE

States = Float[Tensor, "batch time hidden"]
Features = Float[Tensor, "batch hidden"]
Reach = Float[Tensor, "batch time"]


def maximum(states: States, lengths: Int[Tensor, " batch"]) -> Features:
    """Of each unit, its largest state at a real position."""
    positions = torch.arange(states.shape[1])
    padding = positions >= lengths[:, None]
    states = states.masked_fill(padding[:, :, None], -math.inf)
    return states.max(dim=1).values


def reach(model: VAE, batch: Batch) -> Reach:
    """Size of the gradient of the loss at each word that the encoder reads."""
    read: list[Tensor] = []
    table = model.encoder.get_submodule("embedding")
    hook = table.register_forward_hook(lambda _, words, out: read.append(out))
    loss = -elbo_terms(model, batch).elbo.sum()
    hook.remove()
    (gradient,) = torch.autograd.grad(loss, read)
    return gradient.norm(dim=-1)
