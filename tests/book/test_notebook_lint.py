"""The template keeps every rule, and for each rule there is a notebook that breaks it."""

import copy
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output

import notebook_lint
from notebook_lint import Notebook, problems
from notebooks import ROOT, chapters, code_cells

TEMPLATE = ROOT / "book/template.ipynb"
PATH = "book/template.ipynb"
Change = Callable[[Notebook], object]


@pytest.fixture(scope="module")
def template() -> Notebook:
    return nbformat.read(TEMPLATE, as_version=4)


def replace(old: str, new: str) -> Change:
    """A change of every cell that holds ``old``; there must be one."""

    def change(notebook: Notebook) -> None:
        cells = [cell for cell in notebook.cells if old in cell.source]
        assert cells, f"no cell holds {old!r}"
        for cell in cells:
            cell.source = cell.source.replace(old, new)

    return change


def add_code(source: str) -> Change:
    return lambda notebook: notebook.cells.append(new_code_cell(source))


def add_text(source: str) -> Change:
    return lambda notebook: notebook.cells.append(new_markdown_cell(source))


def untag(tag: str) -> Change:
    def change(notebook: Notebook) -> None:
        for cell in notebook.cells:
            cell.metadata["tags"] = [each for each in cell.metadata.get("tags", []) if each != tag]

    return change


def swap_last_two(notebook: Notebook) -> None:
    notebook.cells[-2:] = notebook.cells[:-3:-1]


def drop_exercise(notebook: Notebook) -> None:
    number = next(i for i, c in enumerate(notebook.cells) if c.source.startswith("### Exercise"))
    del notebook.cells[number : number + 4]


def tag_a_second_cell(notebook: Notebook) -> None:
    code_cells(notebook)[2].metadata["tags"] = ["parameters"]


def store_an_output(notebook: Notebook) -> None:
    code_cells(notebook)[0].outputs = [new_output("stream", text="1")]


def store_a_count(notebook: Notebook) -> None:
    code_cells(notebook)[0].execution_count = 1


def other_kernel(notebook: Notebook) -> None:
    notebook.metadata.kernelspec.name = "my-kernel"


def no_language(notebook: Notebook) -> None:
    del notebook.metadata.kernelspec["language"]


def lengthen_the_median(notebook: Notebook) -> None:
    for cell in code_cells(notebook)[3:]:
        cell.source += "\na = 1" * 11


# Other ways to stop a page for what a run `r` did.
STOPPING = [
    "if r.kl > 1:\n    raise ValueError('no')",
    "torch.testing.assert_close(r.kl, 0)",
    "def check(x):\n    assert x > 0\ncheck(r.kl)",
    "def check(x):\n    if x:\n        raise ValueError(x)\ncheck(x=r.kl)",
    "a = []\na.append(r.kl)\nassert a[0] > 0",
    "a = {}\na['kl'] = r.kl\nassert a['kl'] > 0",
    "a = {}\na['kl'] = r.kl\na['mi'] = 0\nassert a['kl'] > 0",
    "a = 0\na += r.kl\nassert a > 0",
    "a: float = r.kl\nassert a > 0",
    "if (a := r.kl) > 0:\n    pass\nassert a > 0",
    "with r.open() as a:\n    pass\nassert a > 0",
    "a = linear_vae.train(1)\nassert a.kl > 0",
    "assert r.kl > 0, 'Fact: '",
    "ok = True\nif r.kl > 1:\n    ok = False\nassert ok",
    "if r.kl > 1:\n    pass\nelse:\n    raise ValueError('no')",
    "while r.kl > 1:\n    raise ValueError('no')",
    "match r.kl > 1:\n    case True:\n        raise ValueError('no')",
]
BROKEN = [
    ("header", replace("# 0 A template: what may a code cost?", "A template?")),
    ("header", replace("?", ".")),
    ("header", replace("blob/main/book/template.ipynb", "blob/main/book/01_other.ipynb")),
    ("header", replace("| You need |", "| Bring |")),
    ("header", replace("light: 1 (two CPU cores)", "light: soon")),
    ("header", replace("light: 1 (two CPU cores)", "light: 1 (two CPU cores); full: not run")),
    ("parameters", untag("parameters")),
    ("parameters", replace("seed = 0", "start = 0")),
    ("parameters", replace("seed = 0", "seed = int(0)")),
    ("parameters", replace("seed = 0", "seed = 0\nprint(seed)")),
    ("parameters", replace("check_parameters(", "trust(")),
    ("parameters", tag_a_second_cell),
    ("parameters_stay", add_code("scale = 0.7")),
    ("parameters_stay", add_code("for seed in range(3):\n    pass")),
    ("setup", replace("--no-deps", "--upgrade")),
    ("setup", replace("git+https://", "git+ssh://")),
    ("imports", add_code("import torch")),
    ("imports", replace("import numpy as np", "import numpy as np\n" + "import torch\n" * 7)),
    ("cell_length", add_code("a = 1\n" * 26)),
    ("cell_length", lengthen_the_median),
    ("figures", replace('    alt="Information', '    text="Information')),
    ("figures", replace("    see=", "    say=")),
    ("figures", add_code("plt.show()")),
    ("figures", add_code("fig, axes = draw()\nfig")),
    ("figures", add_code("display(fig)")),
    ("figures", add_code("fig, axes = plt.subplots()\naxes.plot([1])")),
    ("shows_once", add_code("viz.show(a)\nviz.show(b)")),
    ("numbered", replace('number="0.2"', 'number="0.3"')),
    ("numbered", replace("#figure-0.1", "#figure-0.7")),
    ("numbered", add_code("fig = draw(1)\nviz.picture(fig, alt='a', see='b')")),
    ("columns", add_code(f"a = {'1' * 80}")),
    ("spine", add_text("word " * 3600)),
    ("spine", lambda notebook: notebook.cells.extend(new_code_cell("a = 1") for _ in range(12))),
    ("predicted", replace("## What came of your predictions", "## And then")),
    ("interaction", replace("viz.explore(", "viz.look(")),
    ("interaction", replace("viz.show(", "viz.look(")),
    ("sections", replace("## Predict before you run", "## Run")),
    ("sections", replace("## What the paper claims, what we found", "## Findings")),
    ("sections", replace("## References", "## Sources")),
    ("sections", swap_last_two),
    ("exercises", drop_exercise),
    ("exercises", replace("minutes, medium", "minutes")),
    ("exercises", untag("check")),
    ("exercises", untag("solution")),
    ("exercises", untag("hide-cell")),
    ("exercises", replace("<details><summary>Solution</summary>", "")),
    ("stripped", store_an_output),
    ("stripped", store_a_count),
    ("stripped", other_kernel),
    ("stripped", no_language),
    ("plain_markdown", add_text("As {cite:t}`he2019lagging` say.")),
    ("plain_markdown", add_text("```{note}\nSee.\n```")),
    ("plain_markdown", add_text("::: note\nSee.\n:::")),
    ("plain_markdown", add_text("(here)=\n## A target")),
    ("plain_markdown", add_text("$$\nx\n$$ (label)")),
    ("plain_markdown", add_text(r"$\newcommand{\E}{\mathbb{E}}$")),
    ("plain_markdown", add_text("$$\nx \\tag{1}\n$$")),
    ("plain_markdown", add_text("A price of $3.")),
    ("plain_markdown", add_text("$$ x")),
    ("voice", add_text("This works!")),
    ("voice", add_text("You simply run it.")),
    ("own_machine", add_code("open('/home/me/data.txt')")),
    ("own_machine", add_text(r"It is in C:\data.")),
    ("own_machine", add_code("!ls")),
    ("own_machine", add_code("%timeit draw(1)")),
    ("assertions", add_code("assert collapse.run('vae').summary['kl'] < 0.1")),
    ("assertions", add_code("a = run_all('vae')\nb = [r.kl for r in a]\nassert max(b) < 0.1")),
    ("assertions", add_code("a = {}\nfor r in run_all(a):\n    assert r.history, 'it ran'")),
    ("assertions", add_code("def kl(r):\n    return r.summary['kl']\nassert kl(1) < 2")),
    *(("assertions", add_code(f"r = run_all('vae')\n{code}")) for code in STOPPING),
]
FINE = [
    add_text("A price of \\$3, `$HOME`, `{name}` and `b`, $n!$ ways, a != b."),
    add_text("```python\nmodel = fit(x)  # it costs $1\n```"),
    add_text("A link: https://example.org/home/page."),
    add_code("fig = draw(1)\nviz.picture(fig, alt='a', see='b', number='0.3')"),
    add_code("value = 7\nvalue % 2"),
]


def test_the_template_keeps_every_rule(template: Notebook) -> None:
    assert problems(template, PATH) == []


@pytest.mark.parametrize(("rule", "change"), BROKEN)
def test_a_broken_notebook_is_found_by_its_rule(
    template: Notebook, rule: str, change: Change
) -> None:
    notebook = copy.deepcopy(template)
    change(notebook)
    assert {text.split(":")[0] for text in problems(notebook, PATH)} == {rule}


@pytest.mark.parametrize("change", FINE)
def test_what_looks_similar_is_allowed(template: Notebook, change: Change) -> None:
    notebook = copy.deepcopy(template)
    change(notebook)
    assert problems(notebook, PATH) == []


def test_every_rule_is_broken_once() -> None:
    lint = notebook_lint
    rules = (*lint.RULES, *lint.OF_CHAPTERS)
    assert {rule for rule, _ in BROKEN} == {rule.__name__ for rule in rules}


def test_a_fact_about_a_run_may_be_asserted_and_a_name_that_is_set_anew_is_free(template) -> None:
    notebook = copy.deepcopy(template)
    add_code("a = run_all('vae')\nassert a.kl > 0, 'Fact: a KL is positive'")(notebook)
    add_code("a = 3\nassert a == 3")(notebook)
    assert problems(notebook, PATH) == []


def test_an_empty_notebook_has_problems_and_no_crash() -> None:
    assert problems(nbformat.v4.new_notebook(), PATH)


@pytest.mark.parametrize("path", chapters(), ids=lambda path: path.name)
def test_chapters_keep_the_rules(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    assert problems(notebook, path.relative_to(ROOT).as_posix()) == []


def test_the_command_line_names_file_rule_and_reason(template: Notebook, tmp_path: Path) -> None:
    broken = copy.deepcopy(template)
    store_a_count(broken)
    nbformat.write(broken, tmp_path / "template.ipynb")
    script = str(ROOT / "book/tools/notebook_lint.py")
    runs = [
        subprocess.run(
            [sys.executable, script, str(path)], capture_output=True, text=True, check=False
        )
        for path in (TEMPLATE, tmp_path / "template.ipynb")
    ]
    assert [done.returncode for done in runs] == [0, 1]
    assert runs[0].stdout == "notebooks: 1 checked, 0 problems\n"
    assert runs[1].stdout.startswith("book/template.ipynb: stripped: outputs are stored")
