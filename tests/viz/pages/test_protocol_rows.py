from collapse.runs.settings import settings_for
from collapse.viz.pages.protocol_rows import protocol_rows


def test_the_box_says_what_the_settings_are():
    rows = protocol_rows({"generated": ("synthetic", "light"), "reviews": ("toy-reviews", "light")})
    for name, corpus in (("generated", "synthetic"), ("reviews", "toy-reviews")):
        settings = settings_for(corpus, "light")
        assert rows["epochs"][name] == str(settings.training.epochs)
        assert float(rows["rate"][name]) == settings.training.learning_rate
        assert rows["dimensions of z"][name] == str(settings.latent)
    assert (rows["optimiser"]["generated"], rows["optimiser"]["reviews"]) == ("SGD", "Adam")
    assert rows["start"]["generated"] == "U(±0.01)"
