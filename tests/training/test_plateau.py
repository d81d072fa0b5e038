"""The decay rule against a walk through the released code's rule by hand."""

from collapse.training import Plateau
from collapse.training.plateau import PlateauState

LOSSES = [10.0, 9.0, 9.5, 9.2, 9.3, 9.1, 9.25, 9.25]


def decays(rule: Plateau) -> list[int]:
    """The epochs, counted from 1, that end with a decay."""
    state = PlateauState()
    return [e for e, loss in enumerate(LOSSES, 1) if state.update(rule, loss, e)]


def test_decay_after_patience_and_the_reference_becomes_the_worse_loss() -> None:
    # 9.5 and 9.2 are worse than 9: decay at 4, reference 9.2. 9.3 is worse, 9.1 better. Then
    # 9.25 and 9.25 are worse than 9.1: decay at 8.
    assert decays(Plateau(patience=2)) == [4, 8]


def test_no_decay_before_the_first_epoch_and_at_once_after_it() -> None:
    # The epochs that were waited count: at epoch 6 five epochs were no better than 9.
    assert decays(Plateau(patience=2, first_epoch=6)) == [6, 8]


def test_best_is_the_lowest_loss_and_the_end_comes_with_the_last_decay() -> None:
    rule, state = Plateau(patience=1, max_decays=2), PlateauState()
    ends = []
    for epoch, loss in enumerate(LOSSES[:4], 1):
        state.update(rule, loss, epoch)
        ends.append(state.finished(rule))
    assert state.best == 9.0
    assert ends == [False, False, False, False]
    state.update(rule, 9.9, 5)
    assert state.finished(rule)
