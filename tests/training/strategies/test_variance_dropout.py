"""DU-VAE in training: variances are dropped while the KL has its full weight, and only then."""

import math
from pathlib import Path

import pytest
import torch
from small import tiny_corpus, tiny_system
from torch.distributions import Distribution

from collapse.base.errors import CollapseError, RunError
from collapse.base.seeding import seeded
from collapse.training import Trainer, Training, VarianceDropout

FLOOR = 1 / (2 * math.pi * math.e)


def trainer(folder: Path, name: str = "du-vae") -> Trainer:
    one = Trainer(
        tiny_system(name), tiny_corpus(), Training(batch_size=8), VarianceDropout(0.5), folder, 0
    )
    one.system.train()
    return one


@pytest.mark.parametrize(("epoch", "dropped"), [(0.0, False), (9.9, False), (10.0, True)])
def test_variances_fall_to_the_floor_with_the_full_weight(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, epoch: float, dropped: bool
) -> None:
    one, seen = trainer(tmp_path), []
    own = one.loss

    def look(batch, q: Distribution | None = None) -> torch.Tensor:
        seen.append(q)
        return own(batch, q)

    monkeypatch.setattr(one, "loss", look)
    one.fractional_epoch = epoch
    with seeded(0):
        one.strategy.update(one, one.batch(one.plan()[0]))
    (q,) = seen
    at_floor = (q.variance - FLOOR).abs() < 1e-6
    assert at_floor.any() == dropped
    assert not at_floor.all()


def test_what_has_no_floor_is_refused(tmp_path: Path) -> None:
    one = trainer(tmp_path, "vae")
    with pytest.raises(RunError, match="this posterior is a DiagonalGaussian"):
        one.strategy.update(one, one.batch(one.plan()[0]))


@pytest.mark.parametrize("drop", [-0.1, 1.0, math.nan])
def test_what_is_no_probability_is_refused(drop: float) -> None:
    with pytest.raises(CollapseError, match="0 <= drop < 1"):
        VarianceDropout(drop)
