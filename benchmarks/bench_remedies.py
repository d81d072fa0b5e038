"""Time of a training step of each remedy, beside that of the plain VAE.

Run: ``python benchmarks/bench_remedies.py [--quick]``. The remedies take turns on the same batches
of the same corpus (Zhu et al. 2020, Table 2, compare hours to convergence, which depend on the
stopping rule as well). The ratio is of times: above 1 is slower than the plain VAE.
"""

import numpy as np
import timing

from collapse.experiments.cost import relative_costs, step_costs

# Recipes that differ in the work of a step; the value of γ or of a target changes none of it.
REMEDIES = (
    "vae",
    "vae-anneal",
    "free-bits-4",
    "word-dropout",
    "bn-vae-0.7",
)
CORPORA = ("synthetic", "toy-reviews")


def rows(corpus: str, steps: int, repetitions: int) -> list[str]:
    """One table row a remedy: median milliseconds of a step, and the median ratio to the VAE."""
    seconds = step_costs(REMEDIES, corpus, "light", steps=steps, repetitions=repetitions)
    return [
        f"| {corpus}, light | {name} | {1000 * np.median(seconds[name]):.3f} | {ratio:.2f} |"
        for name, (ratio, _) in relative_costs(seconds).items()
    ]


def main(argv: list[str] | None = None) -> None:
    quick = timing.arguments(__doc__.splitlines()[0], argv).quick
    steps, repetitions = (1, 1) if quick else (20, 41)
    body = [row for corpus in CORPORA for row in rows(corpus, steps, repetitions)]
    timing.show("ms / step", body)


if __name__ == "__main__":
    main()
