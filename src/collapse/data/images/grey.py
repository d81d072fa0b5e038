"""Grey pictures that are made black and white anew whenever they are looked at in training."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import UInt8

from collapse.data.documents import Batch, Documents
from collapse.data.images.pixels import as_documents, as_tokens


@dataclass(frozen=True, eq=False)
class GreyImages(Documents):
    """Pictures in grey; a pixel has ink with the probability that its grey says.

    ``tokens`` hold one such drawing of each picture, with a fixed seed: what validation and test
    look at. A training batch is drawn anew each time, from torch's generator, which the loop seeds
    by run and epoch: the dynamic binarisation of Salakhutdinov & Murray (2008).

    Attributes:
        grey: (n, pixels), 0 for paper to 255 for ink.
    """

    grey: UInt8[np.ndarray, "n pixels"] = None  # type: ignore[assignment]

    @classmethod
    def from_grey(
        cls, grey: UInt8[np.ndarray, "n side side"], labels: np.ndarray | None, seed: int
    ) -> "GreyImages":
        """Pictures in grey with one drawing of each; another seed gives other drawings."""
        drawn = np.random.default_rng(seed).random(grey.shape) < grey / 255
        fixed = as_documents(drawn, labels)
        return cls(
            fixed.tokens,
            fixed.offsets,
            fixed.labels,
            bos_eos=False,
            grey=grey.reshape(len(grey), -1),
        )

    @property
    def fixed(self) -> Documents:
        """The drawings alone, which stay as they are."""
        return Documents(self.tokens, self.offsets, self.labels, self.bos_eos)

    def subset(self, indices: np.ndarray | Sequence[int]) -> "GreyImages":
        """The pictures with these numbers, in this order, with their greys."""
        chosen, drawn = np.asarray(indices, dtype=np.int64), super().subset(indices)
        return replace(
            self,
            tokens=drawn.tokens,
            offsets=drawn.offsets,
            labels=drawn.labels,
            grey=self.grey[chosen],
        )

    def attach_context(self, batch: Batch) -> Batch:
        """The batch with its pictures drawn anew."""
        probability = torch.from_numpy(self.grey[batch.indices.numpy()]) / 255
        drawn = as_tokens(torch.bernoulli(probability))
        return replace(batch, tokens=torch.cat([batch.tokens[:, :1], drawn], dim=1))
