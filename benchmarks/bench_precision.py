"""Do runs in bfloat16 end with the numbers of runs in float32, within the noise of seeds?

Run: ``python benchmarks/bench_precision.py [--quick]``. It trains a β-VAE (β = 0.2, so that there
is something in z) on the generated reviews at light scale with three seeds in each precision, and
prints mean and standard deviation of the test metrics. TF32 differs from float32 on a GPU only and
rounds less than bfloat16.
"""

import os
import tempfile
from dataclasses import replace

import numpy as np
import timing

from collapse.runs.many import perform_all
from collapse.runs.request import Request, make_request
from collapse.runs.run import Run
from collapse.runs.settings import Settings, settings_for

METRICS = ("elbo_nll", "nll", "kl", "mi")
PRECISIONS = ("float32", "bfloat16")


def requests_of(settings: Settings, precision: str, seeds: int) -> list[Request]:
    """The runs in one precision."""
    own = replace(settings, training=replace(settings.training, precision=precision))
    return [
        make_request("beta-vae-0.2", "toy-reviews", seed=seed, settings=own)
        for seed in range(seeds)
    ]


def row(runs: list[Request]) -> str:
    """Mean ± standard deviation over seeds of every metric, and seconds of training."""
    found = [Run(one, one.folder).summary for one in runs]
    cells = [[summary[metric] for summary in found] for metric in METRICS]
    seconds = np.mean([summary["train_seconds"] for summary in found])
    shown = " | ".join(f"{np.mean(c):.3f} ± {np.std(c, ddof=1):.3f}" for c in cells)
    return f"| {runs[0].settings.training.precision} | {shown} | {seconds:.1f} |"


def main(argv: list[str] | None = None) -> None:
    quick = timing.arguments(__doc__.splitlines()[0], argv).quick
    settings = settings_for("toy-reviews", "light")
    if quick:
        training = replace(settings.training, epochs=1, batch_size=2000)
        settings = replace(settings, embedding=8, hidden=8, training=training, iw_samples=2)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["COLLAPSE_RUNS"] = folder
        groups = [requests_of(settings, precision, 2 if quick else 3) for precision in PRECISIONS]
        perform_all([one for group in groups for one in group], jobs=1 if quick else None)
        heads = " | ".join(METRICS)
        print(f"\n| precision | {heads} | seconds |\n|---|{'---:|' * (len(METRICS) + 1)}")
        print("\n".join(row(group) for group in groups))


if __name__ == "__main__":
    main()
