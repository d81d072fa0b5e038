"""The loop: what a step does, and what happens when something goes wrong."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from small import tiny_corpus, tiny_model, tiny_system
from small_training import ADAM, SGD, evaluate, same, without_time

from collapse.base.errors import CollapseError, NonFiniteLossError, RunError
from collapse.base.seeding import seeded
from collapse.objectives import Constant, FreeBits, Linear, Objective, elbo_terms
from collapse.system import System
from collapse.training import Joint, Plateau, Trainer, Training, checkpoint
from collapse.training.checkpoint import Record

PLAIN = Objective(Constant(1.0))


def trainer(
    folder: Path, training: Training = SGD, objective: Objective = PLAIN, seed: int = 0
) -> Trainer:
    return Trainer(System(tiny_model(), objective), tiny_corpus(), training, Joint(), folder, seed)


def train(folder: Path, training: Training = SGD, objective: Objective = PLAIN, seed: int = 0):
    one = trainer(folder, training, objective, seed)
    return one.system, one.fit(evaluate, lambda line: None)


def test_training_lowers_the_loss_and_keeps_the_best_weights(tmp_path: Path) -> None:
    system, history = train(tmp_path)
    losses = [record["loss"] for record in history]
    assert min(losses) < evaluate(tiny_system())["loss"] - 0.5
    assert evaluate(system)["loss"] == min(losses)
    lines = (tmp_path / "metrics.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == history


@pytest.mark.parametrize(("keep", "epoch"), [("best", 2), ("last", 4)])
def test_the_weights_that_the_settings_name_are_kept(tmp_path: Path, keep: str, epoch: int) -> None:
    """By losses that are given, whatever is learned."""
    told, seen = iter([3.0, 1.0, 2.0, 4.0]), []

    def judge(system: System) -> Record:
        seen.append(checkpoint.copy_state(system))
        return {"loss": next(told)}

    one = trainer(tmp_path, replace(SGD, keep=keep, plateau=Plateau(first_epoch=100)))
    one.fit(judge, lambda line: None)
    expected = seen[epoch - 1]
    assert all(torch.equal(v, expected[n]) for n, v in one.system.state_dict().items())
    assert not all(torch.equal(v, seen[2][n]) for n, v in one.system.state_dict().items())


def test_one_step_is_a_clipped_gradient_step(tmp_path: Path) -> None:
    one = trainer(tmp_path, replace(SGD, clip=0.1))
    before = checkpoint.copy_state(one.system)
    batch = one.batch(one.plan()[0])
    with seeded(1):
        one.step(one.loss(batch))
    other = tiny_system()
    with seeded(1):
        (-elbo_terms(other.model, batch).elbo).mean().backward()
    gradients = {n: p.grad for n, p in other.named_parameters() if p.grad is not None}
    norm = torch.sqrt(sum((g**2).sum() for g in gradients.values()))
    assert norm > 0.1
    for name, value in one.system.named_parameters():
        expected = before[name] - 0.5 * gradients[name] * 0.1 / norm
        torch.testing.assert_close(value.data, expected, atol=1e-6, rtol=1e-4)


@pytest.mark.parametrize("training", [SGD, ADAM])
def test_resumed_run_is_identical_to_the_bit(tmp_path: Path, training: Training) -> None:
    objective = Objective(Linear(0.1, 3.0), FreeBits(0.5))
    whole, history = train(tmp_path / "whole", training, objective)
    train(tmp_path / "parts", replace(training, epochs=2), objective)
    torch.rand(7)  # whatever else the process draws does not matter
    resumed, again = train(tmp_path / "parts", training, objective)
    assert same(whole, resumed)
    assert without_time(again) == without_time(history)


def test_seeds_differ_and_repeat(tmp_path: Path) -> None:
    first, _ = train(tmp_path / "a", seed=1)
    again, _ = train(tmp_path / "b", seed=1)
    other, _ = train(tmp_path / "c", seed=2)
    assert same(first, again)
    assert not same(first, other)


def test_plateau_halves_the_rate_and_goes_back_to_the_best(tmp_path: Path) -> None:
    one = trainer(tmp_path, replace(SGD, plateau=Plateau(patience=1, max_decays=2)))
    one.progress.epoch = 1
    one.judge(5.0)
    best = checkpoint.copy_state(one.system)
    with torch.no_grad():
        one.model.decoder.get_parameter("output.weight").add_(1.0)
    one.judge(6.0)
    assert one.progress.learning_rate == 0.25
    assert all((best[n] == v).all() for n, v in one.system.state_dict().items())
    one.judge(7.0)
    assert one.finished


def test_kl_weight_moves_within_an_epoch(tmp_path: Path) -> None:
    seen: list[float] = []

    class Spy(Linear):
        def __call__(self, epoch: float) -> float:
            seen.append(epoch)
            return super().__call__(epoch)

    one = trainer(tmp_path, objective=Objective(Spy(0.0, 2.0)))
    one.train()
    assert seen == [0, pytest.approx(1 / 3), pytest.approx(2 / 3)]


def test_non_finite_loss_names_step_batch_and_checkpoint(tmp_path: Path) -> None:
    train(tmp_path, replace(SGD, epochs=1))
    one = trainer(tmp_path)
    one.resume()
    with torch.no_grad():
        one.model.decoder.get_parameter("output.weight").fill_(float("nan"))
    with pytest.raises(NonFiniteLossError) as found:
        one.epoch(evaluate)
    said = str(found.value)
    assert "loss became nan in step 3 (epoch 2)" in said
    assert str(one.plan()[0].tolist()[:3])[1:-1] in said
    assert f"checkpoint: {one.checkpoint}" in said
    assert one.checkpoint.exists()


def test_full_disk_leaves_the_last_checkpoint(tmp_path: Path, monkeypatch) -> None:
    whole, _ = train(tmp_path / "whole")
    train(tmp_path / "full", replace(SGD, epochs=2))
    path = tmp_path / "full" / "checkpoint.safetensors"
    kept = path.read_bytes()

    def refuse(tensors, filename, metadata) -> None:
        Path(filename).write_bytes(b"half a checkp")
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(checkpoint, "save_file", refuse)
        with pytest.raises(RunError, match=r"No space left on device.*make room"):
            train(tmp_path / "full")
    assert path.read_bytes() == kept
    assert sorted(p.name for p in path.parent.iterdir()) == [
        "checkpoint.safetensors",
        "metrics.jsonl",
    ]
    resumed, _ = train(tmp_path / "full")
    assert same(whole, resumed)


def test_damaged_or_foreign_checkpoint_is_refused(tmp_path: Path) -> None:
    train(tmp_path, replace(SGD, epochs=1))
    path = tmp_path / "checkpoint.safetensors"
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(RunError, match=r"cannot be used.*Delete it"):
        train(tmp_path)
    path.write_bytes(content)
    with pytest.raises(RunError, match="cannot be used"):
        checkpoint.load_checkpoint(path, tiny_system("lm"), trainer(tmp_path).optimizers)


def flipped(path: Path, name: str) -> None:
    """One bit of one tensor changes; the file stays a valid one."""
    size = int.from_bytes(path.read_bytes()[:8], "little")
    header = json.loads(path.read_bytes()[8 : 8 + size])
    content = bytearray(path.read_bytes())
    content[8 + size + header[name]["data_offsets"][0]] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("group", ["now", "best"])
def test_a_flipped_bit_in_the_weights_is_refused(tmp_path: Path, group: str) -> None:
    train(tmp_path, replace(ADAM, epochs=1))
    path = tmp_path / "checkpoint.safetensors"
    checkpoint.load_best(path, tiny_system())
    flipped(path, f"{group}.model.decoder.output.weight")
    with pytest.raises(RunError, match=rf"tensors of '{group}' are not those.*Delete it to start"):
        train(tmp_path, ADAM)
    if group == "best":
        with pytest.raises(RunError, match=r"summary\.json.*not affected.*delete the folder"):
            checkpoint.load_best(path, tiny_system())


def test_the_weights_of_another_model_or_none_are_refused(tmp_path: Path) -> None:
    train(tmp_path, replace(SGD, epochs=1))
    path = tmp_path / "checkpoint.safetensors"
    with pytest.raises(RunError, match=r"weights in .* cannot be used"):
        checkpoint.load_best(path, tiny_system("lm"))
    path.unlink()
    with pytest.raises(RunError, match=r"weights in .* cannot be used"):
        checkpoint.load_best(path, tiny_system())


def test_metrics_follow_the_checkpoint_after_a_kill_between_the_two(tmp_path: Path) -> None:
    _, history = train(tmp_path)
    path = tmp_path / "metrics.jsonl"
    whole = path.read_text()
    path.write_text("".join(whole.splitlines(keepends=True)[:-1]))
    assert train(tmp_path)[1] == history
    assert path.read_text() == whole


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"optimizer": "adamw"}, "no optimiser called 'adamw'. Did you mean 'adam'.* Valid: sgd"),
        ({"batching": "buckets"}, "no batching called 'buckets'. Did you mean 'bucket'"),
        ({"keep": "first"}, "no choice of weights to keep called 'first'. Valid: best, last"),
        ({"precision": "float16"}, "no precision called 'float16'"),
        ({"batch_size": 0}, "batch_size is a whole number, 1 or more; got 0"),
        ({"batch_size": 2.5}, "batch_size is a whole number, 1 or more; got 2.5"),
        ({"epochs": 2.5}, "epochs is a whole number, 0 or more; got 2.5"),
        ({"learning_rate": float("nan")}, "learning_rate must be above 0; got nan"),
        ({"learning_rate": float("inf")}, "learning_rate must be finite; got inf"),
        ({"clip": 0.0}, "clip must be above 0; got 0.0"),
        ({"learning_rate": "x"}, "learning_rate must be above 0; got 'x'"),
        ({"epochs": -1}, "epochs is a whole number, 0 or more; got -1"),
        ({"epochs": "a"}, "epochs is a whole number, 0 or more; got 'a'"),
        ({"epochs": None}, "epochs is a whole number, 0 or more; got None"),
    ],
)
def test_wrong_settings_are_answered_at_once(wrong, sentence) -> None:
    with pytest.raises(CollapseError, match=sentence):
        Training(**wrong)


CHILD = """
    import sys, time
    from pathlib import Path
    import test_fit
    slow = lambda system: (time.sleep(0.05), test_fit.evaluate(system))[1]
    test_fit.trainer(Path(sys.argv[1]), test_fit.LONG).fit(slow, lambda line: None)
"""
LONG = replace(ADAM, epochs=40)


def start_child(folder: Path) -> subprocess.Popen:
    code = textwrap.dedent(CHILD)
    here = Path(__file__).parent
    paths = {"PYTHONPATH": f"{here}{os.pathsep}{here.parent}"}
    return subprocess.Popen([sys.executable, "-c", code, str(folder)], env=os.environ | paths)


def wait_for_epoch(folder: Path, epochs: int) -> None:
    lines, path = 0, folder / "metrics.jsonl"
    for _ in range(2000):
        lines = len(path.read_text().splitlines()) if path.exists() else 0
        if lines >= epochs:
            return
        time.sleep(0.01)
    raise AssertionError(f"The child came to epoch {lines} only.")


@pytest.mark.thorough
def test_killed_twice_and_resumed_to_the_same_bits(tmp_path: Path) -> None:
    """SIGKILL in the middle of training, twice; the third process finishes."""
    for epochs in (3, 9):
        child = start_child(tmp_path / "killed")
        wait_for_epoch(tmp_path / "killed", epochs)
        os.kill(child.pid, signal.SIGKILL)
        assert child.wait() == -signal.SIGKILL
    assert start_child(tmp_path / "killed").wait() == 0
    train(tmp_path / "whole", LONG)
    one = load_file(tmp_path / "whole" / "checkpoint.safetensors")
    other = load_file(tmp_path / "killed" / "checkpoint.safetensors")
    assert one.keys() == other.keys()
    assert all((one[name] == other[name]).all() for name in one)
