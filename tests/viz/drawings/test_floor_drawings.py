"""Each panel of the drawing of chapter 5 pays the same KL, in its own way."""

import numpy as np
import pytest

from collapse import viz


def moments(line) -> tuple[float, float]:
    """Mean and variance of a density that is drawn."""
    z, density = (np.asarray(values) for values in line.get_data())
    mass = density / density.sum()
    return float(mass @ z), float(mass @ (z - mass @ z) ** 2)


def test_all_three_panels_pay_what_is_asked() -> None:
    for axes in viz.three_ways_to_pay(0.1).axes:
        bells = [line for line in axes.lines if line.get_marker() == "None"][1:]
        means, variances = np.array([moments(line) for line in bells]).T
        kl = 0.5 * (means**2 + variances - np.log(variances) - 1)
        assert len(bells) == 3
        assert kl.mean() == pytest.approx(0.1, abs=0.01)


def test_only_a_spread_tells_documents_apart() -> None:
    apart = {}
    for axes in viz.three_ways_to_pay().axes:
        marks = [line.get_xdata()[0] for line in axes.lines if line.get_marker() == "^"]
        apart[axes.get_title(loc="left") or axes.get_title()] = len(set(marks)) > 1
    assert apart == {"spread": True, "shift": False, "width": False}
