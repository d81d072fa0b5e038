"""Which rows of the papers' main tables are one system, and which recipe it is."""

from collections.abc import Mapping
from dataclasses import dataclass

Names = tuple[str, str]  # system and variant, as a paper prints them


@dataclass(frozen=True)
class PaperSystem:
    """One system of the papers' main tables.

    Attributes:
        label: how rows call it.
        recipes: ours; several where protocols differ, none where there is none.
        printed: by paper, its names there.
    """

    label: str
    recipes: tuple[str, ...]
    printed: Mapping[str, tuple[Names, ...]]


def system(label: str, recipes: str, **printed: Names | tuple[Names, ...]) -> PaperSystem:
    """A row of :data:`SYSTEMS`; a paper has one pair of names, or several."""
    pairs = {
        paper: names if isinstance(names[0], tuple) else (names,)
        for paper, names in printed.items()
    }
    return PaperSystem(label, tuple(recipes.split()), pairs)


SYSTEMS = (
    system("LSTM language model", "lm", he2019=("LSTM-LM", ""), long2019=("LSTM-LM", ""),
           zhu2020=("LSTM-LM", ""), song2024=("LSTM-LM", "")),
    system("PixelCNN", "pixelcnn", he2019=("PixelCNN", "")),
    system("VAE", "vae image-vae", he2019=("VAE", "")),
    system("VAE, annealed", "vae-anneal vae-anneal-0 image-vae-anneal", he2019=("VAE + anneal", ""),
           long2019=("SeqVAE", ""), zhu2020=("VAE", ""), song2024=("VAE", "")),
    system("VAE, cyclical", "vae-cyclical", long2019=("SeqVAE + Cyclical", ""),
           zhu2020=("cyclic", ""), song2024=("cyclical", "")),
    system("word dropout, annealed", "word-dropout-anneal", long2019=("SeqVAE + WordDrop", "")),
    *(system(f"β-VAE, {beta}", f"beta-vae-{beta} image-beta-vae-{beta}",
             he2019=("β-VAE", f"β = {beta}"),
             **({"zhu2020": ("β-VAE", beta), "song2024": ("β-VAE", beta)} if beta == "0.4" else {}))
      for beta in ("0.2", "0.4", "0.6", "0.8")),
    system("free bits, 0.1 a dimension", "free-bits-3.2-anneal-0", song2024=("Free-Bits", "0.1")),
    *(system(f"free bits, {rate}", f"free-bits-{rate}", zhu2020=("FB", rate)) for rate in "45"),
    system("δ-VAE, 0.1", "delta-vae-0.1 delta-vae-0.1-anneal-0", zhu2020=("δ-VAE", "0.1"),
           song2024=("δ-VAE", "0.1")),
    system("vMF-VAE, 13", "vmf-vae-13", zhu2020=("vMF-VAE", "13")),
    system("CNN-VAE", "cnn-vae-large-anneal", he2019=("CNN-VAE (Yang et al., 2017)", ""),
           zhu2020=("CNN-VAE", "")),
    system("Skip-VAE", "skip-vae-anneal", long2019=("SkipVAE", ""), zhu2020=("Skip-VAE", ""),
           song2024=("Skip-VAE", "")),
    system("WAE-RNF", "wae-rnf", long2019=("WAE-RNF", "")),
    system("iVAE", "ivae", long2019=("iVAE", "")),
    system("iVAE-MI", "ivae-mi", long2019=("iVAE_MI", "")),
    system("SA-VAE", "sa-vae image-sa-vae", he2019=("SA-VAE", "")),
    system("SA-VAE, annealed", "sa-vae-anneal image-sa-vae-anneal", zhu2020=("SA-VAE", ""),
           song2024=("SA-VAE", ""),
           he2019=(("SA-VAE + anneal", ""), ("SA-VAE + anneal (Kim et al., 2018)", ""))),
    system("aggressive", "agg-vae image-agg-vae", he2019=("Ours", "")),
    system("aggressive, annealed", "agg-vae-anneal image-agg-vae-anneal",
           he2019=("Ours + anneal", ""),
           long2019=("SeqVAE + Aggressive", ""), zhu2020=("Agg-VAE", ""), song2024=("Agg-VAE", "")),
    *(system(f"{word} pooling, annealed", f"pool-{short.lower()}-anneal",
             long2019=(f"SeqVAE + {short}Pool", ""))
      for word, short in (("average", "Avg"), ("absolute", "Abs"), ("maximum", "Max"))),
    *(system(f"BN-VAE, γ = {gamma}", f"bn-vae-{gamma}-anneal", zhu2020=("BN-VAE", gamma),
             **({"song2024": ("BN-VAE", gamma)} if gamma == "0.6" else {}))
      for gamma in ("0.6", "0.7")),
    system("BN-VAE, γ = 0, b = 0.7", "bn-vae-shift-anneal-0", song2024=("BN-VAE", "0.0, 0.7")),
    system("DU-VAE", "du-vae du-vae-0.5",
           song2024=(("DU-VAE", "0.6, 0.8"), ("DU-VAE", "0.5, 0.8"))),
    system("MAE", "mae-1 mae-2", song2024=(("MAE", "1, 0.2"), ("MAE", "2, 0.2"))),
    *(system(f"Scale-VAE, {std}", f"scale-vae-{std}-1-anneal scale-vae-{std}-7-anneal",
             song2024=(("Scale-VAE", f"{std}, 1"), ("Scale-VAE", f"{std}, 7")))
      for std in ("0.7", "0.9", "1.1")),
    system("Scale-VAE, not annealed", "scale-vae-0.7-1 scale-vae-1.1-7",
           song2024=(("Scale-VAE", "0.7, 1; no KL annealing"),
                     ("Scale-VAE", "1.1, 7; no KL annealing"))),
    *(system(f"{label}, pretrained", recipe, zhu2020=(name, f"{variant}pretrained encoder"))
      for label, recipe, name, variant in (
          ("VAE, cyclical", "pretrained-cyclical", "cyclic", ""),
          ("free bits, 4", "pretrained-free-bits-4", "FB", "4; "),
          ("δ-VAE, 0.15", "pretrained-delta-vae-0.15", "δ-VAE", "0.15; "),
          ("vMF-VAE, 13", "pretrained-vmf-vae-13", "vMF-VAE", "13; "),
          ("BN-VAE, γ = 0.6", "pretrained-bn-vae-0.6", "BN-VAE", "0.6; "),
          ("BN-VAE, γ = 0.7", "pretrained-bn-vae-0.7", "BN-VAE", "0.7; "))),
    system("VLAE", "image-vlae", he2019=("VLAE (Chen et al., 2017)", "")),
    system("VampPrior", "image-vamp", he2019=("VampPrior (Tomczak & Welling, 2018)", "")),
    system("CVAE", "cvae-anneal", zhu2020=("CVAE", "")),
    system("CVAE with bag of words", "cvae-bow-anneal", zhu2020=("CVAE (BOW)", "")),
    system("BN-CVAE", "bn-cvae", zhu2020=("BN-CVAE", "")),
)  # fmt: skip
