"""Statistics of the training set that a posterior keeps, taken anew with the final weights.

While training, batch normalisation keeps a moving average that starts far from the truth and is
behind the weights, and scaled means keep the factor of an epoch in which the weights moved. After
few updates either is another model than the one that was trained. So both are taken once more from
the training set before a model is measured, as ``torch.optim.swa_utils.update_bn`` does.
"""

from collections.abc import Sequence

import torch
from torch import nn

from collapse.data import Corpus, make_batch, plan_split
from collapse.posteriors import BatchNorm, ScaledGaussian
from collapse.training.settings import Training
from collapse.vae import VAE


@torch.no_grad()
def settle(model: VAE, corpus: Corpus, training: Training, seed: int) -> bool:
    """Take running statistics as plain means over the batches of the training split.

    The batches are cut as in training; nothing is drawn and nothing is dropped. The result depends
    on weights, corpus, batching and seed alone, so that doing it twice changes nothing. The model
    is left in evaluation mode.

    Args:
        model: with its final weights.
        corpus: whose training split is read.
        training: how its batches are cut.
        seed: of the batches.

    Returns:
        Whether the model has such statistics; otherwise nothing is done.
    """
    model.eval()
    modules = [m for m in model.modules() if isinstance(m, BatchNorm | ScaledGaussian)]
    if not modules:
        return False
    momenta = {m: m.momentum for m in modules if isinstance(m, BatchNorm)}
    begin(modules)
    plan = plan_split(corpus.train, training.batch_size, training.batching, seed, epoch=0)
    wide = [indices for indices in plan if len(indices) > 1]  # one document has no statistics
    for number, indices in enumerate(wide, 1):
        for norm in momenta:
            norm.momentum = 1 / number  # the mean of all batches so far; the first replaces
        batch = model.read(make_batch(corpus.train, indices).to(model.device))
        model.encode(batch)
        model.prior(batch)
    for norm, momentum in momenta.items():
        norm.momentum = momentum
    end(modules)
    model.eval()
    return True


def begin(modules: Sequence[nn.Module]) -> None:
    """Let these modules take statistics, and only these: no dropout in what they see."""
    for module in modules:
        module.training = True
        if isinstance(module, ScaledGaussian):
            module.begin_epoch(0)


def end(modules: Sequence[nn.Module]) -> None:
    """The mean factor over all batches is the factor of scaled means."""
    for module in modules:
        if isinstance(module, ScaledGaussian):
            module.end_epoch()
