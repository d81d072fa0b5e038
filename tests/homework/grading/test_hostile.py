"""Hand-ins that are broken, endless, greedy or hostile: each gets a score with a reason."""

import json
import os
import time
from pathlib import Path

import nbformat
import psutil
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from collapse.base.errors import RunError
from collapse.homework.assignment import Assignment, Task
from collapse.homework.grading import fence
from collapse.homework.grading.fence import Limits, has_namespaces
from collapse.homework.grading.grade import grade
from collapse.homework.grading.hand_in import read_hand_in
from collapse.homework.grading.score import Score
from collapse.homework.kinds import Function, Numbers

pytestmark = pytest.mark.skipif(not has_namespaces(), reason="this machine offers no namespaces")

LIMITS = Limits(seconds=5, all_seconds=60, megabytes=1500, processes=48)
ASSIGNMENT = Assignment(
    "Two answers",
    (1,),
    {
        "t.1": Task(
            "Double",
            (),
            2,
            1,
            "easy",
            "double",
            Function(
                observe=lambda function, generator: (function(3.0),),
                reference=lambda x: 2 * x,
                gives=("double",),
                hint="Twice.",
            ),
        ),
        "t.2": Task(
            "Seven", (), 1, 1, "easy", "seven", Numbers(lambda: [7.0], ("number",), "Count.")
        ),
    },
)
RIGHT = ["def double(x):\n    return 2 * x", "seven = 7"]


def graded(folder: Path, *cells: str, limits: Limits = LIMITS) -> Score:
    """The score of a notebook with these cells."""
    path = folder / "one.ipynb"
    nbformat.write(new_notebook(cells=[new_code_cell(cell) for cell in cells]), path)
    return grade(path, ASSIGNMENT, limits=limits)


def words_of(score: Score) -> str:
    """All that a score says."""
    return " ".join([*score.notes, *(mark.words for mark in score.marks)])


def test_right_answers_get_all_points(tmp_path: Path) -> None:
    assert graded(tmp_path, *RIGHT).points == 3


def test_no_answers_get_none(tmp_path: Path) -> None:
    score = graded(tmp_path, "def double(x):\n    return None", "seven = ...")
    assert score.points == 0
    assert "No answer yet" in words_of(score)


def test_the_same_seed_gives_the_same_results(tmp_path: Path) -> None:
    cells = ["import random\nseven = random.randint(0, 9)", RIGHT[0]]
    assert graded(tmp_path, *cells).results() == graded(tmp_path, *cells).results()


# Each with a piece of the reason; what stands in other cells keeps its points.
CELLS = {
    "broken": ("1 +", "SyntaxError"),
    "raising": ("raise ValueError('no')", "ValueError: no"),
    "exiting": ("import sys; sys.exit(0)", "SystemExit"),
    "killing itself": ("import os; os._exit(0)", "ended by itself"),
    "segfault": ("import ctypes; ctypes.string_at(0)", "ended by itself"),
    "endless": ("while True: pass", "more than 5 seconds"),
    "deaf": (
        "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\ntime.sleep(100)",
        "more than 5 seconds",
    ),
    "memory": ("import numpy as np\nbig = np.ones(3 * 10**9)", "MemoryError"),
    "memory bit by bit": (
        "hoard = []\nwhile True: hoard.append(bytearray(10**7))",
        "emory",
    ),
    "memory in children": (
        "import os, time\nfor _ in range(4):\n    if os.fork() == 0:\n"
        "        hoard = b'x' * (6 * 10**8); time.sleep(60)\ntime.sleep(60)",
        "memory",
    ),
    "fork bomb": ("import os\nwhile True: os.fork()", ""),
    "disk": ("open('big', 'wb').write(b'0' * 10**9)", "Error"),
    "files": (
        "for i in range(10**6): open(f'f{i}', 'wb').write(b'0' * 10**6)",
        "Error",
    ),
    "network": (
        "import urllib.request\nurllib.request.urlopen('http://192.0.2.1', timeout=5)",
        "URLError",
    ),
    "no loopback either": (
        "import socket\nsocket.create_connection(('127.0.0.1', 22), timeout=3)",
        "Error",
    ),
}


@pytest.mark.parametrize("kind", CELLS)
def test_a_bad_cell_costs_only_what_depends_on_it(tmp_path: Path, kind: str) -> None:
    cell, words = CELLS[kind]
    began = time.monotonic()
    score = graded(tmp_path, RIGHT[0], cell, RIGHT[1])
    assert score.points == 3, score
    assert words in words_of(score)
    assert time.monotonic() - began < 60


def test_floods_of_output_are_read_away(tmp_path: Path) -> None:
    flood = "import os, sys\nfor _ in range(20000): print('x' * 10000)"
    assert graded(tmp_path, RIGHT[0], flood, RIGHT[1]).points == 3


CALLS = {
    "endless": ("def double(x):\n    while True: pass", "more than 5 seconds"),
    "exiting": ("import sys\ndef double(x):\n    sys.exit()", "SystemExit"),
    "killing": ("import os\ndef double(x):\n    os._exit(1)", "ended by itself"),
    "raising": ("def double(x):\n    raise KeyError('x')", "KeyError"),
    "an object": ("def double(x):\n    return object()", "no number, word, list or tensor"),
    "an endless list": ("def double(x):\n    a = []\n    a.append(a)\n    return a", "Error"),
    "huge": ("def double(x):\n    return 'x' * 10**8", "too large"),
    "not a number": ("def double(x):\n    return float('nan')", "Another double"),
    "a number with two faces": (
        "class Seven(float):\n    def __eq__(self, other): return True\n"
        "def double(x):\n    return Seven(1)",
        "Another double",
    ),
}


@pytest.mark.parametrize("kind", CALLS)
def test_a_bad_function_gets_no_points_and_a_reason(tmp_path: Path, kind: str) -> None:
    source, words = CALLS[kind]
    score = graded(tmp_path, source, RIGHT[1])
    assert score.points == 1, score
    assert words in words_of(score)


FORGED = {
    "a check that always says right": (
        "import collapse.homework\ncollapse.homework.check = lambda *_: 'Right.'"
    ),
    "a check inside the package": (
        "import collapse.homework.kinds as k\nk.Function.judge = lambda *_: True"
    ),
    "answers written to every pipe": (
        "import os, json\n"
        "line = json.dumps({'kind': 'value', 'value': 7, 'score': 100, 'right': True}) + '\\n'\n"
        "for fd in range(3, 64):\n"
        "    try: os.write(fd, line.encode() * 50)\n"
        "    except OSError: pass"
    ),
    "noise written to every pipe": (
        "import os\nfor fd in range(3, 64):\n"
        "    try: os.write(fd, b'[[[[' * 1000 + b'\\n')\n    except OSError: pass"
    ),
    "a score in a file": "open('score.json', 'w').write('{\"score\": 3}')",
}


@pytest.mark.parametrize("kind", FORGED)
def test_a_score_cannot_be_forged(tmp_path: Path, kind: str) -> None:
    score = graded(tmp_path, FORGED[kind], "def double(x):\n    return x", "seven = 8")
    double = next(mark for mark in score.marks if mark.number == "t.1")
    assert double.points == 0
    assert score.points <= 1  # a number is what it says, by whatever way


def test_the_checks_are_not_behind_the_fence(tmp_path: Path) -> None:
    look = (
        "import pathlib, collapse\nplace = pathlib.Path(collapse.__file__).parent / 'homework'\n"
        "seven = 7 if not list(place.iterdir()) else 0"
    )
    assert graded(tmp_path, RIGHT[0], look).points == 3


def test_no_file_of_the_machine_can_be_seen_or_deleted(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("grades")
    look = (
        "import os, shutil\n"
        f"seven = 0 if os.path.exists({str(secret)!r}) else 7\n"
        "for place in (os.path.expanduser('~'), '/tmp', '/etc', '/inside'):\n"
        "    shutil.rmtree(place, ignore_errors=True)"
    )
    score = graded(tmp_path, look, RIGHT[0])
    assert score.points == 3, score
    assert secret.read_text() == "grades"


def test_nothing_is_left_running(tmp_path: Path) -> None:
    mark = f"left-{time.time_ns()}"
    hide = (
        "import os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n"
        f"        os.execv('/bin/sh', ['sh', '-c', 'sleep 300; echo {mark}'])\n    os._exit(0)"
    )
    assert graded(tmp_path, hide, *RIGHT).points == 3
    time.sleep(0.5)
    assert not [p for p in psutil.process_iter(["cmdline"]) if mark in str(p.info["cmdline"])]


def test_no_folder_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "parts").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "parts"))
    graded(tmp_path, "open('a', 'w').write('b')", *RIGHT)
    assert not list((tmp_path / "parts").iterdir())


def test_no_word_of_a_hand_in_moves_the_cursor(tmp_path: Path) -> None:
    cells = ["raise ValueError('\\x1b[2J' + chr(7))", "seven = '\\x1b[31m'", RIGHT[0]]
    assert "\x1b" not in words_of(graded(tmp_path, *cells))


def test_without_a_fence_nothing_runs_unless_the_gate_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fence, "has_namespaces", lambda: False)
    with pytest.raises(RunError, match="offers no namespaces"):
        graded(tmp_path, *RIGHT)
    path = tmp_path / "one.ipynb"
    assert grade(path, ASSIGNMENT, limits=LIMITS, open_gate=True).points == 3


def test_a_hand_in_may_use_the_package(tmp_path: Path) -> None:
    uses = "from collapse.theory import mi_cap\nseven = 7 if mi_cap(10) > 2 else 0"
    checks = "from collapse.homework import check\ncheck('1.1', 2)"
    assert graded(tmp_path, uses, checks, RIGHT[0]).points == 3


REPLIES = {
    "a kind of numbers that is none": {"tensor": [1], "dtype": "nope", "shape": [1]},
    "a kind that is a function": {"tensor": [1], "dtype": "load", "shape": [1]},
    "a shape that does not fit": {"tensor": [1], "dtype": "float32", "shape": [7]},
    "a list of nothing": {"list": 3},
}


@pytest.mark.parametrize("kind", REPLIES)
def test_no_forged_reply_breaks_the_grader(tmp_path: Path, kind: str) -> None:
    line = repr(json.dumps({"kind": "value", "value": REPLIES[kind]}) + "\n")
    forge = (
        f"import os\nfor fd in range(3, 64):\n    try: os.write(fd, {line}.encode() * 9)\n"
        "    except OSError: pass"
    )
    marks = graded(tmp_path, *RIGHT, forge).marks
    assert [mark.number for mark in marks] == ["t.1", "t.2"]


def test_who_does_not_listen_is_not_waited_for(tmp_path: Path) -> None:
    deaf = (
        "import os, time\nfor fd in range(3, 64):\n    try: os.write(fd, b'{}\\n')\n"
        "    except OSError: pass\ntime.sleep(100)"
    )
    began = time.monotonic()
    graded(tmp_path, deaf, "#" + "x" * 300_000, *RIGHT)
    assert time.monotonic() - began < 60


def test_plots_in_the_notebook_are_no_error(tmp_path: Path) -> None:
    plot = "%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.plot([1, 2])\nseven = 7"
    score = graded(tmp_path, RIGHT[0], plot)
    assert score.points == 3, score


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no such files here")
def test_only_files_of_their_own_are_read(tmp_path: Path) -> None:
    (tmp_path / "zero.ipynb").symlink_to("/dev/zero")
    os.mkfifo(tmp_path / "pipe.ipynb")
    for name in ("zero", "pipe"):
        score = grade(tmp_path / f"{name}.ipynb", ASSIGNMENT, limits=LIMITS)
        assert score.points == 0
        assert "a link or no file" in words_of(score)


def test_half_a_sign_is_read_as_a_question_mark(tmp_path: Path) -> None:
    path = tmp_path / "one.ipynb"
    path.write_text('{"cells": [{"cell_type": "markdown", "source": "## t.1 \\ud800"}]}')
    assert read_hand_in(path).texts == ("## t.1 ?",)


WAYS_OUT = {
    "a link out of the home": "import os\nos.symlink('/etc/shadow', 'link')\nopen('link').read()",
    "the root of another process": "print(open('/proc/1/root/etc/passwd').read())",
    "a write into a library": (
        "import torch, pathlib\n(pathlib.Path(torch.__file__).parent / 'x').write_text('x')"
    ),
    "another user": "import os\nos.setuid(0)",
    "a mount": (
        "import subprocess\nsubprocess.run(['mount', '-t', 'tmpfs', 'x', '/usr'], check=True)"
    ),
    "a root of one's own": "import os\nos.chroot('/tmp')",
}


@pytest.mark.parametrize("kind", WAYS_OUT)
def test_there_is_no_way_out(tmp_path: Path, kind: str) -> None:
    score = graded(tmp_path, RIGHT[0], WAYS_OUT[kind], RIGHT[1])
    assert score.points == 3
    assert "Cell 2 failed with" in words_of(score)


FILES = {
    "empty": "",
    "no JSON": "hello",
    "a list": "[1, 2]",
    "no cells": '{"cells": 3}',
    "deep": "[" * 100_000,
    "wrong cells": '{"cells": [{"cell_type": "code"}]}',
}


@pytest.mark.parametrize("kind", FILES)
def test_a_file_that_is_no_notebook_has_a_reason(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "one.ipynb"
    path.write_text(FILES[kind])
    score = grade(path, ASSIGNMENT, limits=LIMITS)
    assert score.points == 0
    assert "is no notebook" in words_of(score)
