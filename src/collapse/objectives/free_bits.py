"""Free bits: a rate that is not pressed below a target."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from collapse.base.errors import CollapseError
from collapse.theory.checks import not_negative


@dataclass(frozen=True)
class FreeBits:
    """A target rate below which the KL is not pressed (Kingma et al. 2016; Li et al. 2019).

    Args:
        target: nats of KL that are free, in all.
        over: ``"dimensions"`` gives each dimension its equal share of the target and applies it
            to each; ``"sum"`` applies the target to the KL summed over dimensions. To a posterior
            whose dimensions hang together, which has one KL, either is the latter.
        masked: below its target a term is set to zero instead of to the target. The gradient is
            the same, the reported loss is not (the variant of Li et al.'s code).
        batch_mean: compare the target with the KL averaged over the batch (Kingma et al. 2016)
            instead of with that of each document.

    Raises:
        CollapseError: for a target that is negative or no finite number, or another ``over``.
    """

    target: float
    over: str = "dimensions"
    masked: bool = False
    batch_mean: bool = False

    def __post_init__(self) -> None:
        not_negative(target=self.target)
        if self.over not in ("dimensions", "sum"):
            raise CollapseError(
                f"FreeBits(over={self.over!r}) is unknown; valid: 'dimensions', 'sum'."
            )

    def __call__(self, kl: Float[Tensor, "batch factors"]) -> Float[Tensor, " batch"]:
        """The rate that enters the loss, one number a document; NaN where a KL is.

        Without a factor, as of a model without z, there is nothing to press: it is 0.
        """
        if kl.shape[-1] == 0:
            return kl.sum(-1)
        terms = kl if self.over == "dimensions" else kl.sum(-1, keepdim=True)
        terms = terms.mean(0, keepdim=True).expand_as(terms) if self.batch_mean else terms
        target = self.target / terms.shape[-1]
        floor = torch.zeros_like(terms) if self.masked else torch.full_like(terms, target)
        return torch.where(terms <= target, floor, terms).sum(-1)
