"""The palette under simulated colour blindness, and styles that never change."""

import itertools

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest

from collapse.viz import COLUMN, PALETTE, STYLE, use_house_style
from collapse.viz.style import GREY, KL_PARTS, SPARE_MARKERS

# Machado, Oliveira & Fernandes 2009, table 1, severity 1.0; on linear RGB.
SIGHT = {
    "normal": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}


def linear(colour):
    rgb = np.array(mpl.colors.to_rgb(colour))
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def cielab(rgb):
    to_xyz = [[0.4125, 0.3576, 0.1804], [0.2127, 0.7152, 0.0722], [0.0193, 0.1192, 0.9503]]
    xyz = np.array(to_xyz) @ np.clip(rgb, 0, 1) / [0.9505, 1, 1.0888]
    x, y, z = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("sight", SIGHT)
def test_every_two_hues_stay_apart(sight):
    seen = {
        c: cielab(np.array(SIGHT[sight]) @ linear(c)) for c in (*PALETTE, GREY, *KL_PARTS.values())
    }
    nearest = min(np.linalg.norm(seen[a] - seen[b]) for a, b in itertools.combinations(seen, 2))
    assert nearest > 14


@pytest.mark.parametrize("colour", [*PALETTE, GREY, *KL_PARTS.values()])
def test_contrast_with_white(colour):
    luminance = linear(colour) @ [0.2126, 0.7152, 0.0722]
    assert 1.05 / (luminance + 0.05) >= 3


def test_no_two_systems_look_alike():
    looks = [(style.colour, style.marker) for style in STYLE.values()]
    assert len(set(looks)) == len(looks)
    assert len({style.label for style in STYLE.values()}) == len(STYLE)
    assert not {marker for _, marker in looks} & set(SPARE_MARKERS)


def test_grey_is_for_references():
    grey = {name for name, style in STYLE.items() if style.colour == GREY}
    assert grey == {"theory", "lm", "cnn-lm", "ae", "pool-last", "pixelcnn"}
    assert STYLE["theory"].dash == "--"


def test_an_unknown_name_has_one_fixed_style():
    first = STYLE["next-years-vae"]
    assert first == STYLE["next-years-vae"]
    assert first.label == "next-years-vae"
    assert first.marker in SPARE_MARKERS
    assert first.colour in PALETTE
    assert "next-years-vae" not in STYLE
    # crc32 is the same on every machine, unlike hash(): the look is part of the book
    assert (first.colour, first.marker) == ("#661100", "H")


def test_a_variant_wears_the_colour_of_its_nearest_family():
    assert STYLE["beta-vae-1.5"].colour == STYLE["beta-vae"].colour
    assert STYLE["beta-vae-1.5"].label == "β-VAE, 1.5"
    assert STYLE["vae-anneal-slow"].colour == STYLE["vae-anneal"].colour
    assert STYLE["vae-anneal-slow"].colour != STYLE["vae"].colour


def test_house_style_is_readable_on_a_telephone():
    with mpl.rc_context():
        use_house_style()
        column = mpl.rcParams["figure.figsize"][0]
        sizes = ("xtick.labelsize", "ytick.labelsize", "axes.labelsize", "legend.fontsize")
        pixels = [mpl.rcParams[size] / 72 / column * 330 for size in sizes]
        assert min(pixels) > 8.9
        assert column == COLUMN


def test_house_style_draws_what_it_says():
    with mpl.rc_context():
        use_house_style()
        fig, axes = plt.subplots()
        assert axes.plot([0, 1], [0, 1])[0].get_color() == PALETTE[0]
        (line,) = axes.plot([0, 1], [0, 1], **STYLE["lm"].plot())
        assert (line.get_color(), line.get_marker()) == (GREY, "s")
        assert mpl.colors.to_hex(fig.get_facecolor()) == "#ffffff"
        plt.close(fig)
