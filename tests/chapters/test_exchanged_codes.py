"""An exchange of codes costs what a decoder loses, and nothing where the decoder reads no code."""

from collections.abc import Iterator

import pytest
import torch
from torch import nn

import collapse
from collapse import data
from collapse.chapters import exchanged_codes
from collapse.chapters.chapter import training_with
from collapse.vae import VAE


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Iterator[collapse.Run]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLLAPSE_RUNS", str(tmp_path_factory.mktemp("runs")))
        yield collapse.run(
            "vae", "synthetic", "smoke", 0, settings=training_with("synthetic", "smoke")
        )


def test_the_cost_is_that_of_the_neighbours_code(run, monkeypatch: pytest.MonkeyPatch) -> None:
    model, documents = run.model(), run.corpus().test
    handed: list[torch.Tensor] = []

    def likelihood(batch: data.Batch, z: torch.Tensor) -> torch.Tensor:
        handed.append(z)
        return -((z - handed[0]) ** 2).sum(-1)

    monkeypatch.setattr(model, "log_likelihood", likelihood)
    cost = exchanged_codes.cost_of_exchange(model, documents, seed=3)
    own, other = handed
    assert torch.equal(other[1:], own[:-1])
    assert torch.equal(other[0], own[-1])
    assert torch.allclose(cost, ((own - other) ** 2).sum(-1))
    exchanged_codes.cost_of_exchange(model, documents, seed=3)
    assert torch.equal(handed[2], own), "the seed says which codes are drawn"
    assert not model.training


def test_a_decoder_that_reads_no_code_loses_nothing(run) -> None:
    model: VAE = run.model()

    class Deaf(nn.Module):
        """Hands the decoder the same code whatever it is given."""

        def __init__(self, inner: nn.Module) -> None:
            super().__init__()
            self.inner = inner

        def log_likelihood(self, batch: data.Batch, z: torch.Tensor) -> torch.Tensor:
            return self.inner.log_likelihood(batch, torch.zeros_like(z))

    model.decoder = Deaf(model.decoder)
    cost = exchanged_codes.cost_of_exchange(model, run.corpus().test)
    assert torch.equal(cost, torch.zeros(len(run.corpus().test)))
