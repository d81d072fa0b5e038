"""What the benchmarks share: one thread, ways timed in turn, one Markdown table."""

import os

os.environ["OMP_NUM_THREADS"] = "1"  # before torch is imported

import argparse
import platform
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

torch.set_num_threads(1)

Rates = dict[str, list[float]]  # way -> units per second, one number a repetition


def arguments(about: str, argv: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--quick", action="store_true", help="tiny sizes: only whether it runs")
    return parser.parse_args(argv)


def alternate(ways: dict[str, Callable[[int], float]], repetitions: int) -> Rates:
    """Time the ways in turn, so that a machine that slows down slows all of them.

    A way takes the number of the repetition and returns how many units it worked through. The
    repetition -1 warms up and is not counted.
    """
    rates: Rates = {name: [] for name in ways}
    for repetition in range(-1, repetitions):
        for name, way in ways.items():
            start = time.perf_counter()
            units = way(repetition)
            if repetition >= 0:
                rates[name].append(units / (time.perf_counter() - start))
    return rates


def rows(size: str, rates: Rates, against: str) -> list[str]:
    """One table row a way: median rate, and median over repetitions of its ratio to ``against``."""
    base = np.array(rates[against])
    return [
        f"| {size} | {way} | {number(np.median(rate))} | {np.median(np.array(rate) / base):.2f} |"
        for way, rate in rates.items()
    ]


def number(rate: float) -> str:
    """Three digits at least."""
    return f"{rate:,.0f}" if rate >= 100 else f"{rate:.3g}"


def show(unit: str, body: list[str]) -> None:
    """Print the machine, the versions and the table."""
    print(
        f"{machine()}; Python {platform.python_version()}, PyTorch {torch.__version__}; 1 thread\n"
    )
    print(f"| size | way | {unit} | ratio |\n|---|---|---:|---:|")
    print("\n".join(body))


def machine() -> str:
    """The processor's name, its number of cores and its vector instructions."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.split(": ")[1] for line in lines if line.startswith("model name")]
    name = names[0] if names else platform.processor() or platform.machine()
    return f"{name}, {os.cpu_count()} cores, {torch.backends.cpu.get_cpu_capability()}"
