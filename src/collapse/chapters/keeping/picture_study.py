"""What chapter 9 lets image models draw, as numbers that can be kept."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from collapse.data.documents import Documents
from collapse.images.pixelcnn import PixelCNN
from collapse.metrics.likelihood import posterior_means
from collapse.runs.run import Run
from collapse.vae import VAE

__all__ = ["best_threshold", "redrawn", "tells_label", "written_again"]


def redrawn(run: Run, count: int, seed: int) -> dict[str, list[list[int]]]:
    """The first test pictures of a run's corpus as its model writes them from their codes.

    Args:
        run: of a VAE with a PixelCNN as its decoder.
        count: pictures.
        seed: of the drawing.

    Returns:
        As :func:`written_again`.
    """
    return written_again(run.model(), run.corpus().test.first(count), seed)


@torch.no_grad()
def written_again(model: VAE, documents: Documents, seed: int) -> dict[str, list[list[int]]]:
    """Pictures, written again from the means of their posteriors.

    Args:
        model: with a PixelCNN as its decoder, in evaluation mode.
        documents: the pictures.
        seed: of the drawing.

    Returns:
        ``drawn`` at random and ``likeliest`` pixel by pixel, a row of tokens for each picture.
    """
    decoder = model.decoder
    assert isinstance(decoder, PixelCNN)
    z = posterior_means(model, documents)
    noise = torch.Generator().manual_seed(seed)
    written = {
        "drawn": decoder.write(z, decoder.side**2, noise),
        "likeliest": decoder.write(z, decoder.side**2),
    }
    return {how: [[int(token) for token in row] for row in rows] for how, rows in written.items()}


def tells_label(run: Run) -> float:
    """How well one number of the code tells the two labels of the test pictures apart.

    Returns:
        The share that the best threshold on the dimension of the most varied means gets right.
    """
    test = run.corpus().test
    means = posterior_means(run.model(), test)
    return best_threshold(means[:, means.var(0).argmax()], torch.as_tensor(test.labels) > 0)


def best_threshold(values: Float[Tensor, " n"], labels: Bool[Tensor, " n"]) -> float:
    """The share of labels that a threshold on the values gets right at best, either way round."""
    ordered = labels[values.argsort()].double()
    left_false = torch.cat([torch.zeros(1), (1 - ordered).cumsum(0)])
    right_true = ordered.sum() - torch.cat([torch.zeros(1), ordered.cumsum(0)])
    right = (left_false + right_true) / len(labels)
    return max(right.max().item(), 1 - right.min().item())
