"""The benchmarks run, and the naive ways beside ours give the same numbers; no timing here."""

import importlib
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from small import needs_bfloat16

from collapse.base.seeding import seeded
from collapse.data import load

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
NAMES = ["bench_iw", "bench_loading", "bench_remedies", "bench_training_step"]
OTHERS = ["bench_precision"]


@pytest.fixture
def bench(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(BENCHMARKS)
    return importlib.import_module(request.param)


def named(*names: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("bench", names, indirect=True)


@named(*NAMES)
def test_benchmark_prints_one_table_of_positive_numbers(
    bench: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    bench.main(["--quick"])
    table = [line for line in capsys.readouterr().out.splitlines() if line.startswith("|")]
    assert table[0].startswith("| size | way |")
    assert len(table) >= 5
    for line in table[2:]:
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        assert float(cells[2].replace(",", "")) > 0
        assert float(cells[3]) >= 0


def test_every_benchmark_is_tested() -> None:
    assert sorted(path.stem for path in BENCHMARKS.glob("bench_*.py")) == sorted(NAMES + OTHERS)


@needs_bfloat16
@named("bench_precision")
def test_precisions_stand_in_a_table(bench: ModuleType, capsys, monkeypatch) -> None:
    monkeypatch.setenv("COLLAPSE_RUNS", "put back after the test")
    bench.main(["--quick"])
    rows = [line.split("|") for line in capsys.readouterr().out.splitlines() if "±" in line]
    assert [cells[1].strip() for cells in rows] == ["float32", "bfloat16"]
    elbos = [float(cells[2].split("±")[0]) for cells in rows]
    assert elbos[1] == pytest.approx(elbos[0], abs=0.1)


@needs_bfloat16
@named("gpu")
def test_the_gpu_benchmark_runs_without_a_gpu_too(bench: ModuleType, capsys) -> None:
    bench.main(["--quick"])
    said = capsys.readouterr().out
    assert [line.split("|")[2].strip() for line in said.splitlines() if "| quick |" in line] == [
        *bench.WAYS
    ]
    assert "| 2 runs, taking turns |" in said
    with pytest.raises(SystemExit, match="sees no GPU"):
        bench.main([])


@named("gpu")
def test_logits_in_blocks_move_the_weights_as_ours_does(bench: ModuleType, monkeypatch) -> None:
    monkeypatch.setattr(bench, "BLOCK", 3)
    works = [bench.trainer(bench.steps.QUICK) for _ in range(2)]
    batch = works[0].batch(works[0].plan()[0])
    for work, step in zip(works, (bench.library_step, bench.blocked_step), strict=True):
        with seeded(1):
            step(work, batch)
    same_weights(works[0].model, works[1].model)


@named("bench_training_step")
@pytest.mark.parametrize("dropout", [0.0, 0.5])
@pytest.mark.parametrize("even", [False, True])
def test_plain_step_moves_the_weights_as_ours_does(
    bench: ModuleType, dropout: float, even: bool
) -> None:
    """With the library's dropout in both, which draws other masks than PyTorch's."""
    works = bench.trainers(bench.QUICK)
    theirs, ours = (bench.RELEASED, bench.BUCKET) if even else (bench.PLAIN, bench.RANDOM)
    batch = works[theirs].batch(works[theirs].plan()[0])
    assert (len(set(batch.lengths.tolist())) == 1) == even
    losses = {}
    works[ours].model.decoder.dropout.p = dropout
    works[theirs].model.decoder.dropout = works[ours].model.decoder.dropout
    for way in (theirs, ours):
        with seeded(1):
            losses[way] = bench.STEPS[way](works[way], batch)
    assert losses[theirs] == pytest.approx(losses[ours], abs=1e-4)
    same_weights(works[theirs].model, works[ours].model)


@named("bench_training_step")
def test_packed_step_moves_the_weights_as_ours_does(bench: ModuleType) -> None:
    """Without dropout: a packed sequence draws its masks in another order."""
    works = bench.trainers(bench.QUICK)
    batch = works[bench.PLAIN].batch(works[bench.PLAIN].plan()[0])
    for way in (bench.PACKED, bench.RANDOM):
        works[way].model.decoder.dropout.p = 0.0
        with seeded(1):
            bench.STEPS[way](works[way], batch)
    same_weights(works[bench.PACKED].model, works[bench.RANDOM].model)


def same_weights(one: torch.nn.Module, other: torch.nn.Module) -> None:
    for mine, theirs in zip(one.parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(mine, theirs, atol=1e-5, rtol=1e-4)


@named("bench_iw")
def test_one_document_at_a_time_gives_the_same_likelihood(bench: ModuleType) -> None:
    difference, error = bench.agreement(bench.QUICK, runs=8)
    assert 0 < error < 0.02
    assert abs(difference) < 4 * error


@named("bench_iw")
def test_log_weights_against_the_library(bench: ModuleType) -> None:
    """The same draws of z, one model call each."""
    model, documents = bench.setup(bench.QUICK)
    batch = bench.make_batch(documents, [2])
    with seeded(3), torch.no_grad():
        found = bench.log_weights(model, batch, 5)
    with seeded(3), torch.no_grad():
        q = model.encode(batch)
        z = q.sample(torch.Size([5]))
        expected = [
            model.log_likelihood(batch, one) + (model.prior().log_prob(one) - q.log_prob(one)).sum()
            for one in z
        ]
    torch.testing.assert_close(found, torch.cat(expected), atol=1e-4, rtol=1e-5)


@named("bench_loading")
def test_reading_again_gives_the_numbers_that_the_library_loads(
    bench: ModuleType,
) -> None:
    with bench.corpus_folder("light") as folder:
        rows, loaded = bench.naive(folder), load("bench", "full")
    words = [loaded.valid[i] for i in range(len(loaded.valid))]
    assert len(rows["valid"]) == len(words)
    for row, document in zip(rows["valid"], words, strict=True):
        assert np.array_equal(row, document)
