"""What a GPU makes of a training step, of several runs at once, and of the IW-500 estimate.

Run: ``python benchmarks/gpu.py`` on a machine with an NVIDIA GPU, about six minutes. ``--quick``
takes tiny sizes and whatever device there is: it only shows that the script runs.

The plain loop is what a first script would do: float32 without TF32, the loss read after every
step. All ways train on the same batches of one length at the sizes of He et al. (2019) for Yahoo,
so that no way gains from padding. Ways that the library does not use are here to be measured: if
one of them pays, it belongs into the library.
"""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from multiprocessing import get_context

import bench_training_step as steps
import timing
import torch
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint

from collapse.base.gpu_sharing import shared_gpu
from collapse.base.seeding import seeded
from collapse.data import Batch
from collapse.metrics import iw_nll
from collapse.recipes import RECIPES
from collapse.runs.cpu_advice import PASSES
from collapse.training.fit import Trainer
from collapse.training.precision import computing_in
from collapse.vae import init_uniform_

PLAIN = "plain loop, float32"
DOCUMENTS = 10_000  # of a test set, whose IW-500 estimate is the goal
BLOCK = 1024  # tokens whose logits are held at a time

Way = tuple[str, Callable[[Trainer, Batch], object]]  # precision, one step


def device() -> torch.device:
    """The GPU, or the CPU for a quick look."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def wait() -> None:
    """Until the GPU has done what it was told."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def trainer(setting: steps.Setting) -> Trainer:
    """The library's loop on batches of one length, on the device."""
    with seeded(0):
        model = RECIPES["vae"].build(setting.sizes).model
        init_uniform_(model, 0.1, 0.1)
    return steps.trainer(setting, model.to(device()), "bucket")


def library_step(work: Trainer, batch: Batch) -> None:
    """One step of the library, which does not wait for its loss."""
    work.strategy.update(work, batch)


def blocked_step(work: Trainer, batch: Batch) -> None:
    """The library's step with the logits of a block at a time, worked out again on the way back."""
    decoder, whole = work.model.decoder, type(work.model.decoder).surprisal

    def nats(states: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        return F.cross_entropy(decoder.output(states), targets, reduction="none")

    def blocked(states: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        parts = zip(states.split(BLOCK), targets.split(BLOCK), strict=True)
        return torch.cat([checkpoint(nats, s, t, use_reentrant=False) for s, t in parts])

    decoder.surprisal = blocked
    try:
        work.strategy.update(work, batch)
    finally:
        decoder.surprisal = whole.__get__(decoder)


def half_step(work: Trainer, batch: Batch) -> None:
    """float16, for which cuDNN has recurrent kernels that stay on the chip; a fixed loss scale."""
    with torch.autocast(device().type, torch.float16):
        loss = work.loss(batch)
    work.optimizer.zero_grad(set_to_none=True)
    (loss * 1024).backward()
    torch._foreach_div_([p.grad for p in work.model.parameters() if p.grad is not None], 1024.0)
    torch.nn.utils.clip_grad_norm_(work.model.parameters(), work.training.clip)
    work.optimizer.step()


WAYS: dict[str, Way] = {
    PLAIN: ("float32", steps.plain_step(steps.plain_loss)),
    "ours, float32": ("float32", library_step),
    "ours, tf32": ("tf32", library_step),
    "ours, bfloat16": ("bfloat16", library_step),
    "bfloat16, logits in blocks": ("bfloat16", blocked_step),
}
if torch.cuda.is_available():  # a CPU has no float16 LSTM
    WAYS["float16, scaled loss"] = ("tf32", half_step)


def training(setting: steps.Setting) -> timing.Rates:
    """Predicted tokens per second of each way."""

    def way(name: str) -> Callable[[int], float]:
        precision, step = WAYS[name]
        work = trainer(setting)
        plan = work.plan()

        def run(repetition: int) -> float:
            first = (repetition + 1) * setting.steps
            tokens = 0
            with computing_in(precision, device()):
                for indices in plan[first : first + setting.steps]:
                    step(work, work.batch(indices))
                    tokens += int((work.corpus.train.lengths[indices] + 1).sum())
            wait()
            return float(tokens)

        return run

    return timing.alternate({name: way(name) for name in WAYS}, setting.repetitions)


def captured(setting: steps.Setting) -> tuple[float, float]:
    """Milliseconds of a full batch's step, launched one kernel at a time and as a CUDA graph."""
    work = trainer(setting)
    indices = max(work.plan(), key=lambda one: (len(one), work.corpus.train.lengths[one[0]]))
    batch = work.batch(indices)
    with computing_in("bfloat16", device()):
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(3):
                library_step(work, batch)
        torch.cuda.current_stream().wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            library_step(work, batch)
        return milliseconds(lambda: library_step(work, batch)), milliseconds(graph.replay)


def milliseconds(action: Callable[[], object], repetitions: int = 20) -> float:
    """Time of an action, the mean of some after one that warms up."""
    action()
    wait()
    start = time.perf_counter()
    for _ in range(repetitions):
        action()
    wait()
    return 1000 * (time.perf_counter() - start) / repetitions


def one_of_several(setting: steps.Setting, seconds: float) -> float:
    """Tokens per second of a process that trains for some seconds; others may run beside it."""
    work = trainer(setting)
    plan, tokens, number = work.plan(), 0, 0
    with computing_in("tf32", device()):
        library_step(work, work.batch(plan[0]))
        wait()
        start = time.perf_counter()
        while time.perf_counter() - start < seconds:
            indices = plan[number % len(plan)]
            library_step(work, work.batch(indices))
            tokens += int((work.corpus.train.lengths[indices] + 1).sum())
            number += 1
            if number % 20 == 0:
                wait()
        wait()
        return tokens / (time.perf_counter() - start)


def together(setting: steps.Setting, jobs: int, seconds: float) -> float:
    """Summed tokens per second of several processes."""
    with ProcessPoolExecutor(jobs, get_context("spawn")) as pool:
        return sum(pool.map(one_of_several, [setting] * jobs, [seconds] * jobs))


@contextmanager
def taking_turns(jobs: int) -> Iterator[bool]:
    """In place of :func:`shared_gpu`: nothing is started."""
    yield False


def sharing(setting: steps.Setting, counts: tuple[int, ...], seconds: float) -> Iterator[str]:
    """Rows: several runs on one GPU, taking turns and with the service that lets them overlap."""
    alone = together(setting, 1, seconds)
    manners = {"taking turns": taking_turns, "with MPS": shared_gpu}
    for name, manner in manners.items() if torch.cuda.is_available() else list(manners.items())[:1]:
        for jobs in counts:
            with manner(jobs) as started:
                rate = together(setting, jobs, seconds)
            note = "" if started or manner is taking_turns else " (it did not start)"
            yield f"| {jobs} runs, {name}{note} | {rate:,.0f} | {rate / alone:.2f} |"


def likelihood(setting: steps.Setting, documents: int, samples: int) -> Iterator[str]:
    """Rows: the importance-weighted estimate of a test set, and how far it is from float32."""
    work = trainer(setting)
    model, few = work.model.eval(), work.corpus.test.subset(range(documents))
    exact: torch.Tensor | None = None
    for precision in ("float32", "tf32", "bfloat16"):
        with computing_in(precision, device()):
            iw_nll(model, few.subset(range(2)), samples)
            wait()
            start = time.perf_counter()
            found = iw_nll(model, few, samples)
            wait()
        rate = documents / (time.perf_counter() - start)
        exact = found if exact is None else exact
        off = (found - exact).mean()
        minutes = DOCUMENTS / rate / 60
        yield f"| {precision} | {rate:.3g} | {minutes:.1f} | {off:+.4f} |"


def floor(setting: steps.Setting) -> str:
    """Operations and bytes of a training token, whatever the way."""
    s = setting.sizes
    lstm = 8 * s.hidden * (s.embedding + s.hidden) + 8 * s.hidden * (
        s.embedding + s.latent + s.hidden
    )
    output = 2 * s.hidden * s.vocabulary
    weights = sum(p.numel() for p in RECIPES["vae"].build(s).parameters())
    step = 4 * weights * 3 / 1e9  # float32: weights read, gradients written, weights written
    return (
        f"A token takes {PASSES * lstm / 1e6:.3g} MFLOP in the two LSTMs and "
        f"{PASSES * output / 1e6:.3g} in the output layer, forward and back. A step moves at least "
        f"{step:.2g} GB of weights and gradients. The recurrence is a chain: a document of T words "
        f"takes 4 T products of 32 x {s.hidden} by {4 * s.hidden} x {s.hidden} one after the other."
    )


def main(argv: list[str] | None = None) -> None:
    quick = timing.arguments(__doc__.splitlines()[0], argv).quick
    if not quick and not torch.cuda.is_available():
        raise SystemExit("PyTorch sees no GPU. With --quick the script runs anywhere, tiny.")
    setting = steps.QUICK if quick else replace(steps.PAPERS, repetitions=5, steps=30)
    counts, seconds, documents, samples = ((2,), 0.2, 4, 8) if quick else ((4, 8), 15.0, 256, 500)
    name = torch.cuda.get_device_name() if torch.cuda.is_available() else timing.machine()
    print(f"{name}, PyTorch {torch.__version__}\n\n{floor(setting)}\n")
    print("| size | way | tokens / s | ratio |\n|---|---|---:|---:|")
    print("\n".join(timing.rows(setting.name, training(setting), PLAIN)))
    if torch.cuda.is_available():
        eager, graph = captured(setting)
        print(f"\nThe longest full batch: {eager:.1f} ms a step, {graph:.1f} ms as a CUDA graph.")
    print("\n| runs on one device | tokens / s | times one run |\n|---|---:|---:|")
    print("\n".join(sharing(setting, counts, seconds)))
    print(f"\n| IW-{samples} | documents / s | minutes for {DOCUMENTS:,} | nats off float32 |")
    print("|---|---:|---:|---:|")
    print("\n".join(likelihood(setting, documents, samples)))


if __name__ == "__main__":
    main()
