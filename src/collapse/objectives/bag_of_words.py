"""The bag-of-words loss: z must say which words come, in whatever order."""

from jaxtyping import Float
from torch import Tensor, nn

from collapse.data.documents import Batch
from collapse.parts import Sizes


class BagOfWords(nn.Module):
    """Predicts the words of a reply from z and the context alone (Zhao et al. 2017, section 3.3).

    The loss is -Σ_t log f(y_t | x, z), where f is one distribution over the vocabulary for all
    positions, the end marker included. A decoder that reads its own words can do without z; this
    second one cannot. It is thrown away after training.

    Args:
        sizes: ``latent`` is that of z with the context; one hidden layer of ``hidden`` tanh units.
    """

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.words = nn.Sequential(
            nn.Linear(sizes.latent, sizes.hidden),
            nn.Tanh(),
            nn.Linear(sizes.hidden, sizes.vocabulary),
        )

    def forward(self, batch: Batch, z: Float[Tensor, "batch latent"]) -> Float[Tensor, " batch"]:
        """The loss of each document in nats."""
        nats = -self.words(z).log_softmax(-1).gather(-1, batch.targets)  # (batch, time)
        return nats.masked_fill(~batch.mask, 0.0).sum(-1)
