"""What a regulariser charged, beside the KL that is measured: the critic's word, in nats."""

import torch
from jaxtyping import Float
from torch import Tensor

from collapse.base.errors import CollapseError
from collapse.base.seeding import seeded
from collapse.data import Documents
from collapse.metrics.checks import at_least_one
from collapse.metrics.likelihood import in_batches
from collapse.objectives import DualKL
from collapse.system import System


@torch.no_grad()
def charged(system: System, documents: Documents, seed: int = 0) -> Float[Tensor, " documents"]:
    """The objective's own charge of each document of a split, at one draw of z.

    Raises:
        CollapseError: for a system that is charged the KL.
    """
    model, regulariser = system.model, system.objective.regulariser
    if regulariser is None:
        raise CollapseError("This system is charged the KL; there is no other regulariser in it.")
    found = torch.empty(len(documents), dtype=model.like.dtype)
    with seeded(seed):
        for batch in in_batches(documents, most=256):
            q = model.encode(batch.to(model.device))
            charge = regulariser(q, q.rsample(), model.prior())
            found[batch.indices] = charge.sum(-1).cpu()
    return found


@torch.no_grad()
def dual_estimates(
    system: System, documents: Documents, particles: int = 128, seed: int = 0
) -> dict[str, Float[Tensor, " documents"]]:
    """Both dual forms of each document, averaged over draws (128 in Fang et al.'s evaluation).

    "conditional" stands for KL(q(z|x) ‖ p), "marginal" for KL(q(z) ‖ p), and their difference, in
    Fang et al.'s table, for the mutual information. The first two are too low in expectation,
    whatever the critics; about the difference of two lower bounds nothing is known.

    Raises:
        CollapseError: for a system without critics, or less than one draw.
    """
    at_least_one(particles, "particles")
    model, critics = system.model, system.objective.regulariser
    if not isinstance(critics, DualKL):
        raise CollapseError("Dual estimates need a system with critics, a recipe with DualKL.")
    zeros = torch.zeros(len(documents), dtype=model.like.dtype)
    found = {name: zeros.clone() for name in ("conditional", "marginal")}
    with seeded(seed):
        for batch in in_batches(documents, most=256):
            q, prior = model.encode(batch.to(model.device)), model.prior()
            for _ in range(particles):
                parts = critics.estimates(q, q.rsample(), prior)
                for name, values in parts.items():
                    found[name][batch.indices] += values.squeeze(-1).cpu() / particles
    return found
