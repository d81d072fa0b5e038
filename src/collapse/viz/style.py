"""One house style: each system has the same colour, marker and label in every figure.

The eight hues keep a distance of at least 14 in CIELAB from each other and from the grey, also
as seen with protanopia, deuteranopia and tritanopia, and a contrast of 3:1 with white
(WCAG 2.2, 1.4.11). Letters in a hue are darker, 4.5:1 (1.4.3). Colour is never the only cue: the
marker differs wherever the colour repeats.
"""

import zlib
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
from cycler import cycler
from matplotlib.colors import to_hex, to_rgb

COLUMN = 6.4

RED = "#E3550B"
SKY = "#3B9AD9"
GREEN = "#117733"
INDIGO = "#332288"
PINK = "#CC79A7"
OLIVE = "#999933"
PURPLE = "#AA4499"
BROWN = "#661100"
GREY = "#6B6B6B"
PALETTE = (RED, SKY, GREEN, INDIGO, PINK, OLIVE, PURPLE, BROWN)
# The parts of a KL. No system has these hues, so that a part is never taken for one.
VIOLET, LILAC, PLUM = "#7800FC", "#A854FC", "#481848"
KL_PARTS = {"spread": VIOLET, "shift": LILAC, "width": PLUM}
INK, PAPER = "#262626", "#FFFFFF"


def luminance(colour: str) -> float:
    """Relative luminance of a colour, from 0, black, to 1, white (WCAG 2.2)."""
    parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    return sum(share * part for share, part in zip((0.2126, 0.7152, 0.0722), parts, strict=True))


def for_letters(colour: str, contrast: float = 4.5) -> str:
    """The colour, darkened until letters in it have this contrast with white paper."""
    red, green, blue = to_rgb(colour)
    steps = [step / 50 for step in range(50, -1, -1)]
    shades = (to_hex((red * step, green * step, blue * step)) for step in steps)
    return next(shade for shade in shades if 1.05 / (luminance(shade) + 0.05) >= contrast)


HUES = [colour.lower() for colour in (*PALETTE, *KL_PARTS.values())]
LETTERS = {hue: shade for hue in HUES if (shade := for_letters(hue)) != hue}  # others are dark
HOUSE_COLOURS = (*PALETTE, GREY, *KL_PARTS.values(), INK, PAPER, *LETTERS.values())
MARKERS = tuple("os^DvPX*1p<>")  # beside the colours of the palette

# Markers that no system of the table has, for names that are not in it.
SPARE_MARKERS = ("h", "H", "d", "8")


@dataclass(frozen=True)
class Style:
    """How a system looks.

    Attributes:
        colour: hexadecimal colour.
        marker: matplotlib marker, ``""`` for none.
        label: the name in legends and tables.
        dash: matplotlib line style.
    """

    colour: str
    marker: str
    label: str
    dash: str = "-"

    def plot(self) -> dict[str, Any]:
        """The keyword arguments for ``Axes.plot``."""
        return {
            "color": self.colour,
            "marker": self.marker,
            "linestyle": self.dash,
            "label": self.label,
        }


VARIANTS = {  # endings of names -> what a label says
    "anneal": "annealed",
    "anneal-0": "annealed from 0",
    "anneal-2": "annealed, 2 ep.",
    "anneal-10": "annealed, 10 ep.",
    "beta-0.2": "β = 0.2",
    "short": "short",
    "layers": "z in all layers",
    "sees-1": "1 layer",
    "sees-2": "2 layers",
    "sees-4": "4 layers",
    "sees-6": "6 layers",
    "sees-8": "8 layers",
    "eps-1e-12": "ε = 1e-12",
}


VARIANT_LABELS = {  # families -> what the number in the name of a variant is
    "bn-vae": "{label}, γ = {0}",
    "pretrained-bn-vae": "{label}, γ = {0}",
    "delta-vae": "{label}, δ = {0}",
    "vmf-vae": "{label}, κ = {0}",
    "pretrained-vmf-vae": "{label}, κ = {0}",
    "mae": "{label}, η = {0}",
    "vae-cyclical": "{label}, {0} ep.",
    "pretrained-cyclical": "{label}, {0} ep.",
    "image-beta-vae": "{label}, β = {0}",
    "image-vamp": "{label}, K = {0}",
    "scale-vae": "{label} ({0}, {1})",
    "scale-vae-valid": "{label} ({0}, {1})",
}


class Styles(dict[str, Style]):
    """Styles by name; a name that is not in the table always gets the same style.

    A variant of a known system (``beta-vae-0.4``) takes the colour and the label of its family.
    """

    def __missing__(self, name: str) -> Style:
        """The style of a name that is not in the table; nothing is stored."""
        number = zlib.crc32(name.encode())
        marker = SPARE_MARKERS[number % len(SPARE_MARKERS)]
        for ending, words in VARIANTS.items():
            if name.endswith(f"-{ending}"):
                base = self[name.removesuffix(f"-{ending}")]
                return Style(base.colour, marker, f"{base.label}, {words}")
        families = [known for known in self if name.startswith(f"{known}-")]
        if not families:
            return Style(PALETTE[number // len(SPARE_MARKERS) % len(PALETTE)], marker, name)
        family = max(families, key=len)
        parts, label = name.removeprefix(f"{family}-").split("-"), self[family].label
        numbers = all(part.replace(".", "").isdigit() for part in parts)
        form = VARIANT_LABELS.get(family, "") if numbers else ""
        if form.count("{") != len(parts) + 1:
            return Style(self[family].colour, marker, f"{label}, {' '.join(parts)}")
        return Style(self[family].colour, marker, form.format(*parts, label=label))


STYLE = Styles(
    {
        # What everything is compared with
        "theory": Style(GREY, "", "theory", dash="--"),
        "lm": Style(GREY, "s", "LSTM-LM"),
        "vae": Style(RED, "o", "VAE"),
        "ae": Style(GREY, "X", "autoencoder"),
        # Place 3: the objective
        "vae-anneal": Style(OLIVE, "^", "VAE, annealed"),
        "vae-anneal-2": Style(RED, "v", "VAE, annealed, 2 ep."),
        "vae-anneal-0": Style(OLIVE, "v", "VAE, annealed from 0"),
        "vae-cyclical": Style(GREEN, "v", "VAE, cyclical"),
        "beta-vae": Style(SKY, "D", "β-VAE"),
        "beta-vae-0.2": Style(SKY, ">", "β-VAE, β = 0.2"),
        "beta-vae-0.4": Style(SKY, "v", "β-VAE, β = 0.4"),
        "beta-vae-0.6": Style(SKY, "o", "β-VAE, β = 0.6"),
        "beta-vae-0.8": Style(SKY, "X", "β-VAE, β = 0.8"),
        "free-bits": Style(INDIGO, "P", "free bits"),
        "mae": Style(PURPLE, "p", "MAE"),
        # Place 4: the decoder
        "word-dropout": Style(PINK, "s", "word dropout"),
        "skip-vae": Style(SKY, "P", "Skip-VAE"),
        "cnn-vae": Style(INDIGO, "1", "CNN-VAE"),
        "cnn-vae-small": Style(INDIGO, "<", "CNN-VAE, 15 words"),
        "cnn-lm": Style(GREY, "o", "CNN-LM"),
        # Place 5: the strategy
        "agg-vae": Style(BROWN, "*", "Agg-VAE"),
        "agg-vae-anneal": Style(BROWN, "^", "Agg-VAE, annealed"),
        "agg-vae-short": Style(BROWN, "X", "Agg-VAE, short"),
        "sa-vae": Style(PURPLE, "X", "SA-VAE"),
        "sa-vae-anneal": Style(PURPLE, "v", "SA-VAE, annealed"),
        "vae-encoder": Style(RED, "s", "VAE, encoder rate"),
        "pretrained-vae": Style(RED, "*", "pretrained encoder, VAE"),
        "pretrained-cyclical": Style(GREEN, "^", "pretrained encoder, cyclical"),
        "pretrained-free-bits": Style(INDIGO, "^", "pretrained encoder, free bits"),
        "pretrained-delta-vae": Style(INDIGO, "s", "pretrained encoder, δ-VAE"),
        "pretrained-vmf-vae": Style(OLIVE, "s", "pretrained encoder, vMF-VAE"),
        "pretrained-bn-vae": Style(GREEN, "P", "pretrained encoder, BN-VAE"),
        "pretrained-cnn-vae": Style(SKY, "1", "pretrained encoder, CNN-VAE"),
        # Place 1: the features
        "pool-last": Style(GREY, "v", "last state"),
        "pool-max": Style(PURPLE, "P", "max-pooled"),
        "pool-max-agg-short": Style(INDIGO, "*", "max-pooled, aggressive", dash="--"),
        "pool-avg": Style(SKY, "s", "average-pooled"),
        "pool-abs": Style(OLIVE, "D", "sign-preserving pool"),
        "pool-attention": Style(GREEN, "<", "self-attention"),
        # Place 2: the posterior
        "bn-vae": Style(GREEN, "s", "BN-VAE"),
        "bn-vae-0.7": Style(GREEN, "o", "BN-VAE, γ = 0.7"),
        "bn-vae-0.7-eps-1e-12": Style(GREEN, "X", "BN-VAE, γ = 0.7, ε = 1e-12"),
        "bn-vae-1.0": Style(GREEN, "*", "BN-VAE, γ = 1"),
        "bn-vae-learned": Style(BROWN, "<", "BN-VAE, γ learned"),
        "bn-vae-shift": Style(PINK, "^", "γ = 0, b = 0.7"),
        "delta-vae": Style(INDIGO, "D", "δ-VAE"),
        "delta-vae-0.25": Style(INDIGO, "x", "δ-VAE, δ = 0.25"),
        "vmf-vae": Style(OLIVE, "o", "vMF-VAE"),
        "du-vae": Style(BROWN, "v", "DU-VAE"),
        "scale-vae": Style(PURPLE, "^", "Scale-VAE"),
        "scale-vae-valid": Style(SKY, "p", "Scale-VAE, valid charge"),
        "scale-vae-1.0-5-anneal": Style(PURPLE, "D", "Scale-VAE (1.0, 5)"),
        "scale-vae-1.0-1-anneal": Style(PINK, "D", "Scale-VAE (1.0, 1)", dash=":"),
        "scale-vae-always": Style(GREEN, ">", "own factors"),
        "scale-vae-detached": Style(BROWN, "D", "own, detached", dash="--"),
        "scale-then-stop-5": Style(INDIGO, "X", "stop after 5", dash="--"),
        "scale-then-stop-1": Style(PINK, "*", "stop after 1", dash=":"),
        "scale-vae-standard": Style(OLIVE, "P", "scaled means, prior N(0, I)"),
        "ivae": Style(PINK, "X", "iVAE"),
        "wae-rnf": Style(PINK, "P", "WAE-RNF"),
        "ivae-mi": Style(PINK, "o", "iVAE-MI"),
        # Pictures
        "pixelcnn": Style(GREY, "D", "PixelCNN"),
        "image-vae": Style(INDIGO, "o", "image VAE"),
        "image-beta-vae": Style(INDIGO, "2", "image β-VAE"),
        "image-sa-vae": Style(INDIGO, "3", "image SA-VAE"),
        "image-agg-vae": Style(INDIGO, "4", "image VAE, aggressive"),
        "image-vlae": Style(INDIGO, "v", "VLAE"),
        "image-vamp": Style(INDIGO, "+", "VampPrior"),
        # Dialogue
        "cvae": Style(RED, "D", "CVAE"),
        "cvae-anneal": Style(RED, "^", "CVAE, annealed"),
        "cvae-bow": Style(OLIVE, "*", "CVAE (BOW)"),
        "cvae-bow-anneal": Style(OLIVE, "X", "CVAE (BOW), annealed"),
        "cvae-tied": Style(PURPLE, "*", "CVAE, KL(p ‖ r) added"),
        "bn-cvae": Style(GREEN, "D", "BN-CVAE"),
        "bn-cvae-1.5": Style(PURPLE, "s", "BN-CVAE, γ = 1.5"),
        "bn-cvae-reply": Style(PURPLE, "o", "BN-CVAE, q(z|y)"),
        "bn-cvae-both": Style(BROWN, "s", "BN on q and on p"),
        "bn-cvae-untied": Style(INDIGO, "p", "BN on q alone"),
        "bn-cvae-eps-1e-5": Style(GREEN, "p", "BN-CVAE, ε = 1e-5"),
    }
)


def use_house_style() -> None:
    """Set matplotlib (and so seaborn) to the book's style; figures drawn earlier stay as they are.

    The sizes are chosen for a figure of ``COLUMN`` inches shown 330 pixels wide on a telephone:
    the smallest type is then 9 pixels high. The background is white, with dark text, so that a
    figure reads alike on a light and on a dark page.
    """
    mpl.rcParams.update(_RC)


_RC: dict[Any, Any] = {
    "figure.figsize": (COLUMN, 3.8),
    "figure.constrained_layout.use": True,
    "figure.constrained_layout.h_pad": 0.08,
    "figure.constrained_layout.w_pad": 0.08,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "font.family": "DejaVu Sans",
    "font.size": 13,
    "axes.labelsize": 13,
    "axes.titlesize": 13.5,
    "axes.titlelocation": "left",
    "xtick.labelsize": 12.5,
    "ytick.labelsize": 12.5,
    "legend.fontsize": 12.5,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#E0E0E0",
    "grid.linewidth": 0.8,
    "lines.linewidth": 2.0,
    "lines.markersize": 6.5,
    "legend.frameon": False,
    "legend.handlelength": 2.2,
    "axes.prop_cycle": cycler(color=PALETTE),
    "image.cmap": "viridis",
}
