"""How much of the loss reaches each word of the encoder's input (Long et al. 2019, section 3.1).

The paper's reason why the last state forgets, read backwards: what the last state does not hold of
an early word, no gradient can ask for.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from collapse.base.errors import CollapseError
from collapse.data import Batch
from collapse.objectives import elbo_terms
from collapse.vae import VAE


def gradient_reach(model: VAE, batch: Batch) -> Float[Tensor, "batch time"]:
    """‖∂(negative ELBO of a document) / ∂(embedding of its word t)‖ by the way of the encoder.

    The decoder reads the words through an embedding of its own, so nothing of its gradient is in
    here. One sample of z a document. Zero on padding. In nats per unit of the embedding.

    Args:
        model: its encoder must have an ``embedding``; in the mode in which it should be measured.
        batch: documents, where the model is.

    Raises:
        CollapseError: for an encoder without an embedding, that of the language model.
    """
    table = getattr(model.encoder, "embedding", None)
    if not isinstance(table, nn.Module):
        raise CollapseError(
            f"The encoder {type(model.encoder).__name__} reads no words through an embedding, so "
            "there is no step that a gradient could reach."
        )
    embedded: list[Tensor] = []
    hook = table.register_forward_hook(lambda module, inputs, output: embedded.append(output))
    try:
        with torch.enable_grad():
            loss = -elbo_terms(model, batch).elbo.sum()
            (gradient,) = torch.autograd.grad(loss, embedded)
    finally:
        hook.remove()
    return gradient.norm(dim=-1).detach()
