"""No row of the papers' tables is without a recipe in the sweep of its table, or a sentence why."""

import re
from pathlib import Path

import pytest

from collapse.ledger.papers import load_papers
from collapse.recipes import RECIPES
from collapse.sweeps.sweep import load_sweep
from collapse.viz.pages.systems import SYSTEMS

ROOT = Path(__file__).parents[2]
PRINTED = load_papers(ROOT / "book/results/papers.csv")
NO_SWEEP = {("zhu2020", 5): "the judgements of people: book/protocol.md, What has no sweep"}
NO_RECIPE = {"bi-LSTMs | supervised": "no VAE: the study `labels` trains one beside every run"}
# Rows of further tables, as "system | variant", and the recipe that they are; what follows a
# semicolon is how often it was measured, by whom, or from how many labels.
FURTHER = {
    "he2019": {
        r"VAE \| encoder learning rate 1x": "vae",
        r"VAE \| encoder learning rate (\d+x)": r"vae-encoder-\1",
        r"Ours \| inner iterations = (\d+)": r"agg-vae-inner-\1",
        r"Ours \| (one trained model|inner iterations = convergence)": "agg-vae",
        r"VAE \| one trained model": "vae",
        r"VAE \+ anneal \| (\d+k)": r"vae-anneal-\1",
        r"VAE \+ anneal \| original schedule": "vae-anneal",
        r"Ours \+ anneal \| original schedule": "agg-vae-anneal",
    },
    "long2019": {
        r"aggr\. \| ": "agg-vae-anneal",
        r"pool\. \| ": "pool-max-anneal",
        r"Aggressive \| without KL annealing": "agg-vae",
        r"Aggressive \| with KL annealing": "agg-vae-anneal",
        r"MaxPool \| without KL annealing": "pool-max",
        r"MaxPool \| with KL annealing": "pool-max-anneal",
        r"SkipVAE \| without KL annealing": "skip-vae",
        r"SkipVAE \| with KL annealing": "skip-vae-anneal",
        r"None \| (original|shuffled).*": "vae-anneal",
        r"Avg \| (original|shuffled).*": "pool-avg-anneal",
        r"Abs \| (original|shuffled).*": "pool-abs-anneal",
        r"Max \| (original|shuffled).*": "pool-max-anneal",
        r"SeqVAE \| encoder trained on \w+": "vae-anneal",
        r"SeqVAE \+ MaxPool \| encoder trained on \w+": "pool-max-anneal",
    },
    "zhu2020": {
        r"VAE \| ": "vae-anneal-0",
        r"AE \| ": "ae",
        r"Agg[- ]VAE \| ": "agg-vae-anneal",
        r"AE\+FB \| ": "pretrained-free-bits-4",
        r"AE\+FB \| 6": "pretrained-free-bits-6",
        r"FB \| 9": "free-bits-9",
        r"cyclic \| ": "vae-cyclical",
        r"δ-VAE \| ": "delta-vae-0.15",
        r"δ-VAE \| (0\.\d+)": r"delta-vae-\1",
        r"BN-VAE \| ": "bn-vae-0.6-anneal",
        r"BN-VAE \| (0\.\d+)": r"bn-vae-\1-anneal",
        r"vMF-VAE \| (\d+)": r"vmf-vae-\1",
        r"β-VAE \| (0\.\d+)": r"beta-vae-\1",
        r"\+cyclic \| ": "pretrained-cyclical",
        r"\+FB \| (\d)": r"pretrained-free-bits-\1",
        r"\+δ-VAE \| (0\.\d+)": r"pretrained-delta-vae-\1",
        r"\+BN-VAE \| (0\.\d+)": r"pretrained-bn-vae-\1",
    },
    "song2024": {
        r"VAE \| ": "vae-anneal-0",
        r"β-VAE \| (0\.\d+)": r"beta-vae-\1",
        r"FB \| 0\.1": "free-bits-3.2-anneal-0",
        r"δ-VAE \| 0\.1": "delta-vae-0.1-anneal-0",
        r"Agg-VAE \| ": "agg-vae-anneal",
        r"MAE \| 2, 0\.2": "mae-2",
        r"DU-VAE \| 0\.5, 0\.8": "du-vae-0.5",
        r"BN-VAE \| (0\.6)?": "bn-vae-0.6-anneal",
        r"Scale-VAE \| ": "scale-vae-1.1-1-anneal",
        r"Scale-VAE \| (\d\.\d), (\d)": r"scale-vae-\1-\2-anneal",
    },
}
LESS = re.compile(r"(; )?(as reported by [^;]*|\d+[kK]? labels|\d+ \w+ seeds|pretrained encoder)")
ROWS = sorted(
    {
        (
            row.paper,
            int(row.table),
            row.dataset,
            row.system,
            "" if row.variant != row.variant else row.variant,
        )
        for row in PRINTED.itertuples()
    }
)


def recipes_of(paper: str, system: str, variant: str) -> set[str]:
    """The recipes that a printed row may be."""
    names = (system, variant)
    found = {r for each in SYSTEMS if names in each.printed.get(paper, ()) for r in each.recipes}
    text = f"{system} | {LESS.sub('', variant).removesuffix(';')}"
    for pattern, recipe in FURTHER[paper].items():
        if match := re.fullmatch(pattern, text):
            found.add(match.expand(recipe))
    return found | {f"image-{recipe}" for recipe in found}


@pytest.mark.parametrize("stem", sorted({f"{row[0]}-table{row[1]}" for row in ROWS}))
def test_every_row_has_a_recipe_in_the_sweep_of_its_table(stem: str) -> None:
    files = [ROOT / f"experiments/{stem}{end}.yaml" for end in ("-omniglot", "")]
    sweeps = [load_sweep(path) for path in files if path.exists()]
    missing = []
    for paper, table, dataset, system, variant in ROWS:
        if f"{paper}-table{table}" != stem or (paper, table) in NO_SWEEP:
            continue
        asked = {recipe for each in sweeps if dataset in each.corpora for recipe in each.recipes}
        known = recipes_of(paper, system, variant) & asked & set(RECIPES)
        if not known and f"{system} | {variant}" not in NO_RECIPE:
            missing.append((dataset, system, variant))
    assert not missing
