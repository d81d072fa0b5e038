"""Time of an update of each remedy, beside that of the plain VAE.

Run: ``python benchmarks/bench_remedies.py [--quick]``. The remedies take turns on the same batches
of the same corpus. An update is what a remedy does with one batch at the start of training: one
step, an inner loop and a step, or a refinement and a step. Zhu et al. (2020), Table 2, compare
hours to convergence, which depend on the stopping rule as well. The ratio is of times: above 1 is
slower than the plain VAE.
"""

import timing

from collapse.chapters.timing import update_seconds

# Recipes that differ in the work of an update; the value of γ or of a target changes none of it.
# Those with inner loops have turns of their own: who comes next finds the cache emptied.
CHEAP = (
    "vae",
    "vae-anneal",
    "free-bits-4",
    "word-dropout",
    "bn-vae-0.7",
    "du-vae",
    "delta-vae-0.1",
    "vmf-vae-13",
    "skip-vae",
)
DEAR = ("vae", "agg-vae-short", "sa-vae")


def rows(recipes: tuple[str, ...], updates: int) -> list[str]:
    """One table row a remedy: median milliseconds of an update, and its ratio to the VAE's."""
    seconds = update_seconds(recipes, "toy-reviews", "light", updates)
    return [
        f"| light text | {name} | {1000 * took:.3f} | {took / seconds['vae']:.2f} |"
        for name, took in seconds.items()
    ]


def main(argv: list[str] | None = None) -> None:
    quick = timing.arguments(__doc__.splitlines()[0], argv).quick
    body = rows(CHEAP, 1 if quick else 1000) + rows(DEAR, 1 if quick else 30)[1:]
    timing.show("ms / update", body)


if __name__ == "__main__":
    main()
