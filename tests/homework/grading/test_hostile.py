"""Hand-ins that are broken, endless, greedy or hostile: each gets a score with a reason."""

import json
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
import psutil
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from collapse.base.errors import RunError
from collapse.homework.assignment import Assignment, Task
from collapse.homework.grading import fence, user
from collapse.homework.grading.grade import grade
from collapse.homework.grading.hand_in import read_hand_in
from collapse.homework.grading.score import Score
from collapse.homework.grading.walls import Limits
from collapse.homework.kinds import Function, Numbers

walled = pytest.mark.usefixtures("walls")
open_gate_too = pytest.param("open_gate", marks=pytest.mark.thorough)
everywhere = pytest.mark.parametrize("gate", ["walls", open_gate_too], indirect=True)


LIMITS = Limits(seconds=20, all_seconds=120, megabytes=1500, processes=48)
SHORT = Limits(seconds=5, all_seconds=120, megabytes=1500, processes=48)
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
            answer="double",
            exercise=Function(
                observe=lambda function, generator: (function(3.0),),
                reference=lambda x: 2 * x,
                gives=("double",),
                hint="Twice.",
            ),
        ),
        "t.2": Task(
            "Seven",
            (),
            1,
            1,
            "easy",
            answer="seven",
            exercise=Numbers(lambda: [7.0], ("number",), "Count."),
        ),
    },
)
SUM = Function(
    observe=lambda function, generator: (function([1.0, 2.0, 3.0]),),
    reference=sum,
    gives=("sum",),
    hint="All of them.",
)
RIGHT = ["def double(x):\n    return 2 * x", "seven = 7"]


def graded(folder: Path, *cells: str, limits: Limits = LIMITS) -> Score:
    """The score of a notebook with these cells."""
    path = folder / "one.ipynb"
    nbformat.write(new_notebook(cells=[new_code_cell(cell) for cell in cells]), path)
    return grade(path, ASSIGNMENT, limits=limits, open_gate=True)


def words_of(score: Score) -> str:
    """All that a score says."""
    return " ".join([*score.notes, *(mark.words for mark in score.marks)])


@pytest.mark.thorough  # whatever stands beside them, below
@everywhere
def test_right_answers_get_all_points(tmp_path: Path, gate: str) -> None:
    assert graded(tmp_path, *RIGHT).points == 3


@walled
def test_no_answers_get_none(tmp_path: Path) -> None:
    score = graded(tmp_path, "def double(x):\n    return None", "seven = ...")
    assert score.points == 0
    assert "No answer yet. It is not set." in words_of(score)
    assert "run this cell" not in words_of(score)


@walled
def test_the_same_seed_gives_the_same_results(tmp_path: Path) -> None:
    cells = ["import random\nseven = random.randint(0, 9)", RIGHT[0]]
    assert graded(tmp_path, *cells).results() == graded(tmp_path, *cells).results()


def kinds(table: dict[str, Any], *again: str) -> list[Any]:
    """The kinds of a table; some of them try again by another way what others have tried."""
    marks = {kind: [pytest.mark.thorough] if kind in again else [] for kind in table}
    return [pytest.param(kind, marks=marks[kind]) for kind in table]


# Each with a piece of the reason; what stands in other cells keeps its points.
CELLS = {
    "broken": ("1 +", "SyntaxError"),
    "raising": ("raise ValueError('no')", "ValueError: no"),
    "exiting": ("import sys; sys.exit(0)", "SystemExit"),
    "killing itself": ("import os; os._exit(0)", "ended by itself"),
    "killing whatever it may": (
        "import os\ntry: os.kill(-1, 9)\nfinally: os._exit(1)",
        "ended by itself",
    ),
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
    "memory in files that are none": (
        "import os\nheld = []\nwhile True:\n    held.append(os.memfd_create('x'))\n"
        "    os.write(held[-1], bytes(5 * 10**7))",
        "MB of memory",
    ),
    "memory in segments": (
        "import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\n"
        "libc.shmat.restype = ctypes.c_void_p\nlibc.shmat.argtypes = [ctypes.c_int, "
        "ctypes.c_void_p, ctypes.c_int]\nlibc.shmdt.argtypes = [ctypes.c_void_p]\n"
        "while True:\n    number = libc.shmget(0, ctypes.c_size_t(10**8), 0o1600)\n"
        "    assert number >= 0, 'no more memory'\n    place = libc.shmat(number, None, 0)\n"
        "    ctypes.memset(place, 1, 10**8)\n    libc.shmdt(place)",
        "more",
    ),
    "fork bomb": ("import os\nwhile True: os.fork()", ""),
    "disk": ("open('big', 'wb').write(b'0' * 10**9)", "Error"),
}
# What leaves its process alive can be tried in one hand-in, with a process for all.
BESIDE = ("broken", "raising", "exiting", "memory", "disk")
MORE_CELLS = (
    *BESIDE,
    "killing itself",
    "killing whatever it may",
    "segfault",
    "endless",  # a call that does not end is tried below
    "deaf",
    *(
        f"memory {how}"
        for how in ("bit by bit", "in children", "in files that are none", "in segments")
    ),
)
ONLY_BEHIND_WALLS = {
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


@everywhere
@pytest.mark.parametrize("kind", kinds(CELLS, *MORE_CELLS))
def test_a_bad_cell_costs_only_what_depends_on_it(tmp_path: Path, gate: str, kind: str) -> None:
    cell, words = CELLS[kind]
    began = time.monotonic()
    limits = SHORT if "5 seconds" in words else LIMITS
    score = graded(tmp_path, RIGHT[0], cell, RIGHT[1], limits=limits)
    assert score.points == 3, score
    assert words in words_of(score)
    assert score.hurried or "5 seconds" not in words
    assert time.monotonic() - began < 120


def each_has_a_reason(folder: Path, cells: dict[str, tuple[str, str]]) -> None:
    """Of cells of one hand-in, each fails in its own way, and nothing else is lost."""
    score = graded(folder, RIGHT[0], *(cell for cell, _ in cells.values()), RIGHT[1])
    assert score.points == 3, score
    failures = {note.split(" failed")[0]: note for note in score.notes if " failed with" in note}
    for number, (kind, (_, words)) in enumerate(cells.items(), start=2):
        assert words in failures[f"Cell of code {number}"], kind


@walled
def test_bad_cells_of_one_hand_in_have_reasons_of_their_own(tmp_path: Path) -> None:
    each_has_a_reason(tmp_path, {kind: CELLS[kind] for kind in BESIDE})


@walled
def test_what_only_walls_refuse(tmp_path: Path) -> None:
    files_last = dict(sorted(ONLY_BEHIND_WALLS.items(), key=lambda of: of[0] == "files"))
    each_has_a_reason(tmp_path, files_last)


@pytest.mark.thorough
@everywhere
def test_many_cells_that_kill_cost_only_themselves(tmp_path: Path, gate: str) -> None:
    killers = ["import os; os._exit(0)", "import ctypes; ctypes.string_at(0)"] * 3
    cells = [cell for killer in killers for cell in (killer, "x = 1")]
    score = graded(tmp_path, RIGHT[0], *cells, RIGHT[1])
    assert score.points == 3, score
    assert sum("was left out" in note for note in score.notes) == 6


@pytest.mark.thorough
@walled
def test_cells_that_never_end_leave_time_for_the_others(tmp_path: Path) -> None:
    limits = Limits(seconds=80, all_seconds=90, megabytes=1500, processes=48)
    waits = ["import time; time.sleep(1000)"] * 2
    score = graded(tmp_path, RIGHT[0], *waits, RIGHT[1], limits=limits)
    assert score.points == 3, score


@pytest.mark.thorough
@everywhere
def test_memory_that_children_share_counts_once(tmp_path: Path, gate: str) -> None:
    share = (
        "import os, time\nhoard = bytearray(b'x') * (7 * 10**8)\n"
        "children = [os.fork() for _ in range(1)]\n"
        "children += [os.fork()] if children[0] else []\n"
        "time.sleep(2)\nos._exit(0) if 0 in children else None\n"
        "ends = [os.waitpid(child, 0)[1] for child in children]\nseven = 7 + sum(ends)"
    )
    score = graded(tmp_path, RIGHT[0], share)
    assert score.points == 3, score


@walled
def test_floods_of_output_are_read_away(tmp_path: Path) -> None:
    flood = "import os, sys\nfor _ in range(20000): print('x' * 10000)"
    assert graded(tmp_path, RIGHT[0], flood, RIGHT[1]).points == 3


# The pipe to the grader, which every hand-in can find.
SAY = """
import os, sys
def say(words):
    while words:
        words = words[os.write(int(sys.argv[2]), words):]
"""


@contextmanager
def most_megabytes() -> Iterator[list[float]]:
    """What this process, the grader's, holds at most in a block, beyond what it held before."""
    held, over, own = [0.0], threading.Event(), psutil.Process()
    before = own.memory_info().rss

    def look() -> None:
        while not over.wait(0.01):
            held.append((own.memory_info().rss - before) / 1e6)

    watching = threading.Thread(target=look)
    watching.start()
    try:
        yield held
    finally:
        over.set()
        watching.join()


@pytest.mark.thorough
@walled
def test_lines_for_the_grader_do_not_fill_its_memory() -> None:
    flood = SAY + "while True: say(b'{\"x\": \"' + b'1' * 1_900_000 + b'\"}\\n')"
    one = fence.Fence(LIMITS, True)
    assert one.ask(60, do="seed", seed=1) == {}
    with most_megabytes() as held:
        assert "x" in one.ask(20, do="run", source=flood)
        time.sleep(5)  # in which the grader asks for nothing
    with pytest.raises(fence.HandInDiedError, match="flooded the grader"):
        one.ask(20, do="seed", seed=1)
    one.close()
    assert max(held) < 50


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


@walled
@pytest.mark.parametrize("kind", kinds(CALLS, *(kind for kind in CALLS if kind != "endless")))
def test_a_bad_function_gets_no_points_and_a_reason(tmp_path: Path, kind: str) -> None:
    source, words = CALLS[kind]
    score = graded(tmp_path, source, RIGHT[1], limits=SHORT)
    assert score.points == 1, score
    assert words in words_of(score)


@walled
def test_bad_functions_of_one_hand_in_have_reasons_of_their_own(tmp_path: Path) -> None:
    """Those that leave their process alive, and one that is right."""
    ended = ("endless", "killing", "huge")
    calls = {kind: of for kind, of in CALLS.items() if kind not in ended}
    calls["right"] = RIGHT[0], ""
    tasks = {kind: replace(ASSIGNMENT.tasks["t.1"], answer=f"f{n}") for n, kind in enumerate(calls)}
    sources = [of[0].replace("double", f"f{n}") for n, of in enumerate(calls.values())]
    nbformat.write(new_notebook(cells=[*map(new_code_cell, sources)]), tmp_path / "one.ipynb")
    score = grade(
        tmp_path / "one.ipynb", Assignment("Two", (1,), tasks), limits=SHORT, open_gate=True
    )
    for mark in score.marks:
        assert mark.points == (2 if mark.number == "right" else 0), score
        assert calls[mark.number][1] in mark.words, score


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


@everywhere
@pytest.mark.parametrize("kind", kinds(FORGED, *FORGED))
def test_a_score_cannot_be_forged(tmp_path: Path, gate: str, kind: str) -> None:
    score = graded(tmp_path, FORGED[kind], "def double(x):\n    return x", "seven = 8")
    double = next(mark for mark in score.marks if mark.number == "t.1")
    assert double.points == 0
    assert score.points <= 1  # a number is what it says, by whatever way


@walled
def test_a_score_cannot_be_forged_in_several_ways_at_once(tmp_path: Path) -> None:
    """By those that say nothing to the grader; that inside the package finds no check there."""
    silent = [FORGED[kind] for kind in FORGED if "pipe" not in kind]
    score = graded(tmp_path, *silent, "def double(x):\n    return x", "seven = 8")
    assert score.points == 0, score
    (failed,) = [note for note in score.notes if "failed with" in note]
    assert failed.startswith("Cell of code 2 failed with ModuleNotFoundError"), score


@everywhere
def test_the_checks_are_not_behind_the_fence(tmp_path: Path, gate: str) -> None:
    look = (
        "import pathlib, collapse\nplace = pathlib.Path(collapse.__file__).parent / 'homework'\n"
        "seven = 7 if not list(place.iterdir()) else 0"
    )
    assert graded(tmp_path, RIGHT[0], look).points == 3


@walled
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


HIDES = (
    "import os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n"
    "        os.execv('/bin/sh', ['sh', '-c', 'sleep 300; echo {mark}'])\n    os._exit(0)"
)


def running(mark: str) -> list[psutil.Process]:
    """The processes whose command has the mark, a moment later."""
    time.sleep(0.5)
    return [p for p in psutil.process_iter(["cmdline"]) if mark in str(p.info["cmdline"])]


@everywhere
def test_nothing_is_left_running(tmp_path: Path, gate: str) -> None:
    mark = f"left-{time.time_ns()}"
    assert graded(tmp_path, HIDES.format(mark=mark), *RIGHT).points == 3
    assert not running(mark)


@walled
def test_no_folder_is_left_and_no_word_of_a_hand_in_moves_the_cursor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "parts").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "parts"))
    cells = ["raise ValueError('\\x1b[2J' + chr(7))", "seven = '\\x1b[31m'", RIGHT[0]]
    score = graded(tmp_path, "open('a', 'w').write('b')", *cells)
    assert score.points == 2, score
    assert "\x1b" not in words_of(score)
    assert not list((tmp_path / "parts").iterdir())


def test_without_a_fence_nothing_runs_unless_the_gate_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fence, "has_namespaces", lambda: False)
    score = graded(tmp_path, *RIGHT)
    assert score.points == 3
    assert "The gate was open" in score.results()["output"]
    with pytest.raises(RunError, match="offers no namespaces"):
        grade(tmp_path / "one.ipynb", ASSIGNMENT, limits=LIMITS)


def test_a_grader_without_rights_runs_it_as_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fence, "has_namespaces", lambda: False)
    monkeypatch.setattr(fence, "is_root", lambda: False)
    mark = f"left-{time.time_ns()}"
    score = graded(tmp_path, HIDES.format(mark=mark), *RIGHT)
    assert score.points == 3, score
    assert "with the grader's own rights" in words_of(score)
    assert not running(mark)


def test_where_no_other_user_can_run_python_nothing_runs(
    tmp_path: Path, open_gate: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(user, "runs", lambda *_: False)
    user.python_for_others.cache_clear()
    with pytest.raises(RunError, match="another user"):
        graded(tmp_path, *RIGHT)
    user.python_for_others.cache_clear()


@pytest.mark.thorough
def test_with_an_open_gate_the_graders_files_and_processes_are_out_of_reach(
    tmp_path: Path, open_gate: None
) -> None:
    secret = tmp_path / "results.json"
    secret.write_text("grades")
    ways = (
        f"open({str(secret)!r}, 'a')",
        f"open({str(secret)!r})",
        f"os.kill({os.getpid()}, 9)",
        f"os.listdir('/proc/{os.getpid()}/fd')",
        "os.setuid(0)",
        "open('/etc/passwd', 'a')",
    )
    cells = [f"import os\ntry:\n    {way}\nexcept PermissionError: pass" for way in ways]
    counted = "seven = 7"
    score = graded(tmp_path, RIGHT[0], *(f"{cell}\nelse: bad = 1" for cell in cells), counted)
    assert score.points == 3, score
    assert "failed with" not in words_of(score)
    assert graded(tmp_path, *(f"{cell}\nelse: seven = 7" for cell in cells)).points == 0
    assert secret.read_text() == "grades"


def test_with_an_open_gate_nothing_of_its_user_is_left(tmp_path: Path, open_gate: None) -> None:
    name = f"left-{time.time_ns()}"
    leave = (
        f"import os, ctypes\nos.makedirs('/tmp/{name}/a')\nopen('/dev/shm/{name}', 'w').close()\n"
        "seven = 7 if ctypes.CDLL(None).shmget(77, 4096, 0o1666) >= 0 else 0"
    )
    before = {each["shmid"] for number in user.NUMBERS for each in user.segments_of(number)}
    assert graded(tmp_path, RIGHT[0], leave).points == 3
    assert not Path("/tmp", name).exists()
    assert not Path("/dev/shm", name).exists()
    after = {each["shmid"] for number in user.NUMBERS for each in user.segments_of(number)}
    assert after <= before


def test_two_hand_ins_at_a_time_have_users_of_their_own(open_gate: None) -> None:
    ones = [fence.Fence(LIMITS, True) for _ in range(2)]
    assert ones[0].user != ones[1].user
    ones[0].close()
    assert ones[1].ask(60, do="seed", seed=1) == {}
    ones[1].close()


@everywhere
def test_a_hand_in_may_use_the_package(tmp_path: Path, gate: str) -> None:
    uses = "from collapse.theory import mi_cap\nseven = 7 if mi_cap(10) > 2 else 0"
    checks = (
        "from collapse.homework import Verdict, check, so_far\nverdict = check('1.1', 2)\n"
        "print(verdict.words, verdict.given, verdict.share, verdict.part)\n"
        "assert verdict.right and isinstance(verdict, Verdict)\nso_far('hw1')"
    )
    score = graded(tmp_path, uses, checks, RIGHT[0])
    assert score.points == 3
    assert "failed with" not in words_of(score)


@walled
def test_a_function_that_changes_its_copy_is_told_so_as_at_home(tmp_path: Path) -> None:
    lines = ["y = list(x)[:0]", "x[0] = 3", "x.append(1)", "x.reverse()", "x[1] = float('nan')"]
    cells = [
        new_code_cell(f"def total_{n}(x):\n    z = sum(x)\n    {line}\n    return z")
        for n, line in enumerate(lines)
    ]
    tasks = {
        f"t.{n}": Task("Sum", (), 2, 1, "easy", answer=f"total_{n}", exercise=SUM)
        for n in range(len(lines))
    }
    nbformat.write(new_notebook(cells=cells), tmp_path / "one.ipynb")
    score = grade(
        tmp_path / "one.ipynb", Assignment("Sum", (1,), tasks), limits=LIMITS, open_gate=True
    )
    assert [mark.points for mark in score.marks] == [2, 0, 0, 0, 0], score
    assert all("changes its inputs" in mark.words for mark in score.marks[1:])


REPLIES = {
    "no value": None,
    "a kind of numbers that is none": {"tensor": [1], "dtype": "nope", "shape": [1]},
    "a kind that is a function": {"tensor": [1], "dtype": "load", "shape": [1]},
    "a shape that does not fit": {"tensor": [1], "dtype": "float32", "shape": [7]},
    "a list of nothing": {"list": 3},
    "places without an element": {"tensor": [], "dtype": "float32", "shape": [10**9, 0]},
    "megabytes": {"tensor": [], "shape": [], "dtype": "x" * 10**6},
}


@pytest.mark.thorough
@walled
@pytest.mark.parametrize("kind", REPLIES)
def test_no_forged_reply_breaks_the_grader(tmp_path: Path, kind: str) -> None:
    reply = {"kind": "value"} | ({} if REPLIES[kind] is None else {"value": REPLIES[kind]})
    line = repr(json.dumps(reply) + "\n")
    # The first is taken for the reply of this cell, the second for that to what is asked next.
    forge = f"{SAY}import time\nfor _ in range(2):\n    say({line}.encode())\n    time.sleep(1)"
    score = graded(tmp_path, *RIGHT, forge)
    assert [mark.number for mark in score.marks] == ["t.1", "t.2"]
    assert score.points < 3, "the forged reply was not read"
    assert "None" not in words_of(score)
    assert len(words_of(score)) < 5000


LINES = {
    "a program": ("!ls -la", "!ls -la"),
    "a program in a thread of Python": ("found = !pwd", "!pwd"),
    "a line for pip": ("%pip install numpy", "%pip install numpy"),
    "a cell for another language": ("%%bash\nls", "%%bash"),
    "a magic that there is not": ("%no_such_magic 3", "%no_such_magic 3"),
    "a question": ("print?", "%pinfo print"),
}


@walled
def test_lines_that_are_no_python_are_left_out(tmp_path: Path) -> None:
    cells = [
        line if line.startswith("%%") else f"one = 3\n{line}\nmore = 4"
        for line, _ in LINES.values()
    ]
    plot = "import matplotlib.pyplot as plt\nplt.plot([1, 2])"
    timed = f"%%time\n%matplotlib inline\n{plot}\nseven = one + more"
    score = graded(tmp_path, RIGHT[0], *cells, timed)
    assert score.points == 3, score
    assert "failed with" not in words_of(score)
    for number, (_, said) in enumerate(LINES.values()):
        assert (
            f"Of cell of code {number + 2} these lines were left out, which are no Python: {said}"
            in (score.notes)
        )


@pytest.mark.thorough
@walled
def test_who_does_not_listen_is_not_waited_for(tmp_path: Path) -> None:
    deaf = (
        "import os, time\nfor fd in range(3, 64):\n    try: os.write(fd, b'{}\\n')\n"
        "    except OSError: pass\ntime.sleep(100)"
    )
    began = time.monotonic()
    graded(tmp_path, deaf, "#" + "x" * 300_000, *RIGHT, limits=SHORT)
    assert time.monotonic() - began < 60


@pytest.mark.thorough  # by itself: it is among other lines above
@everywhere
def test_plots_in_the_notebook_are_no_error(tmp_path: Path, gate: str) -> None:
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


@pytest.mark.thorough
@walled
@pytest.mark.parametrize("kind", WAYS_OUT)
def test_there_is_no_way_out(tmp_path: Path, kind: str) -> None:
    score = graded(tmp_path, RIGHT[0], WAYS_OUT[kind], RIGHT[1])
    assert score.points == 3
    assert "Cell of code 2 failed with" in words_of(score)


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
