"""Sentences on the ledger's runs are read off the runs."""

from collapse.viz.pages.ledger_captions import told_and_paid


def runs(*pairs: tuple[float, float]) -> list[dict[str, float]]:
    return [{"mi": mi, "nll": nll} for mi, nll in pairs]


def test_who_tells_and_what_it_costs() -> None:
    found = {
        "lm": [{"nll": 10.0}, {"nll": 10.0}],
        "vae": runs((0.0, 10.0), (0.1, 10.0)),
        "beta-vae-0.2": runs((0.3, 12.0), (0.2, 12.0)),
        "unheard-of": runs((0.3, 12.0), (0.0, 12.0)),
    }
    said = told_and_paid(found)
    assert said == (
        "More than 0.1 nat of information. In every run: β-VAE, β = 0.2 (NLL minus that of LSTM-LM:"
        " 2.000 [2.000, 2.000]). In some runs: unheard-of. In no run: VAE."
    )
    assert "NLL" not in told_and_paid({name: found[name] for name in found if name != "lm"})
    assert told_and_paid({"lm": found["lm"]}) == ""
    assert "no interval from one run" in told_and_paid({**found, "lm": [{"nll": 10.0}]})
