"""Check that the notebooks of the book keep its conventions.

    python book/tools/notebook_lint.py [NOTEBOOK ...]

Without names: all chapters and the template. Each rule is one function below; `template.ipynb` is a
notebook that keeps them all.
"""

import argparse
import ast
import re
import statistics
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from symtable import symtable

import nbformat

from address import colab_link, repository
from notebooks import ROOT, chapters, code_cells, plain_python
from outcomes import Outcomes

LONGEST_CELL, LONGEST_FOLDED, MEDIAN_CELL, IMPORTS = 25, 45, 10, 11
MOST_CELLS, MOST_SHOWN, MOST_WORDS = 45, 14, 3600  # of a chapter without its appendices
COLUMNS = 76  # what a page shows beside its two lists of contents
EXERCISES = range(3, 7)
PARAMETERS = {"corpus", "scale", "seed"}
FOLDED = {"hide-cell", "hide-input"}  # the first also hides the output, that is, the answer
EFFORT = re.compile(r"\b\d+ minutes?, (easy|medium|hard)\b", re.IGNORECASE)
LOCAL_PATH = re.compile(
    r"(?<![\w./:])/(home|work|tmp|root|Users|content|mnt|opt|usr|var)/|\b[A-Z]:\\"
)
DIRECTIVE = re.compile(r"^\s*(`{3,}|~{3,})\s*\{[^`\n]*", re.MULTILINE)
SPAN = "\N{REPLACEMENT CHARACTER}"  # stands where prose() took a piece of code out
MARKUP = {
    rf"\{{[a-zA-Z:_-]+\}}{SPAN}": "a role",
    r"^\s*:{3,}": "a fence of colons",
    r"^\([\w-]+\)=\s*$": "a target",
    r"\$\$\s*\([\w:-]+\)": "an equation label",
    r"\\(newcommand|renewcommand|def)\b": "a private macro",
    r"\\tag\b": "an equation number, which pushes a long formula out of a narrow page",
}
SECTIONS = {
    "a prompt to predict": r"^#+ .*\bpredict|^\*\*predict",
    "'What the paper claims, what we found'": r"^## what the papers? claims?, what we found",
    "'Exercises'": r"^## exercises",
    "'What you can now do'": r"^## what you can now do",
    "'References'": r"^## references",
}
NUMBERED = {
    "picture": "figure",
    "explore": "figure",
    "results_table": "table",
    "findings_table": "table",
}
HEADER = ("you will be able to", "you need", "minutes")

Notebook = nbformat.NotebookNode
Rule = Callable[[Notebook, str], Iterator[str]]


def setup_cell() -> str:
    """The second code cell of every notebook, word for word."""
    return (
        "# Colab only: install the book's package, touch nothing that Colab has.\n"
        "import sys\n\n"
        f'BOOK = "git+{repository()}"\n'
        'if "google.colab" in sys.modules:\n'
        "    !pip install -q --no-deps {BOOK} jaxtyping wadler-lindig"
    )


def markdown(notebook: Notebook) -> list[str]:
    """The texts of the Markdown cells."""
    return [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]


def prose(text: str) -> str:
    """Markdown with a mark in the place of each piece of code, block or span."""
    return re.sub(r"`[^`\n]*`", SPAN, re.sub(r"(?ms)^(`{3,}|~{3,}).*?^\1", SPAN, text))


def tags(cell: Notebook) -> set[str]:
    """The tags of a cell."""
    return set(cell.metadata.get("tags", []))


def tree(cell: Notebook) -> ast.Module:
    """The syntax tree of a code cell."""
    return ast.parse(plain_python(cell.source))


def trees(notebook: Notebook) -> list[ast.Module]:
    """The syntax trees of all code cells, in their order."""
    return [tree(cell) for cell in code_cells(notebook)]


def calls(node: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    """Every call below a node, with the name that stands last before its bracket."""
    for each in ast.walk(node):
        if isinstance(each, ast.Call):
            yield getattr(each.func, "attr", getattr(each.func, "id", "")), each


# --- the rules -------------------------------------------------------------------------------


def header(notebook: Notebook, path: str) -> Iterator[str]:
    """First a cell with title, question and Colab badge; a table of goals, needs and minutes."""
    first = notebook.cells[0].source if notebook.cells else ""
    if not first.startswith("# ") or "?" not in first:
        yield "the first cell must begin with a title ('# …') and hold the question"
    if colab_link(path) not in first:
        yield f"the first cell must hold the Colab badge with the link {colab_link(path)}"
    rows = {}
    for line in "\n".join(markdown(notebook)).splitlines():
        if line.startswith("|") and line.count("|") >= 3:
            name, value = line.strip("|").split("|", 1)
            rows.setdefault(name.strip(" *").lower(), value)
    for name in HEADER:
        if not rows.get(name, "").strip():
            yield f"the header table has no row '{name.capitalize()}'"
    minutes = rows.get("minutes", "")
    if not re.search(r"light[^;,·|]*\d", minutes):
        yield "the row 'Minutes' must say the minutes at light scale"
    if re.search(r"not (measured|run)", minutes):
        yield "the row 'Minutes' says what was measured, and nothing else"


def parameters(notebook: Notebook, path: str) -> Iterator[str]:
    """The first code cell is tagged `parameters`; it sets corpus, scale, seed; they are checked."""
    cells = code_cells(notebook)
    if not cells or "parameters" not in tags(cells[0]):
        yield "the first code cell must be tagged 'parameters'"
        return
    body = tree(cells[0]).body
    if not all(isinstance(line, ast.Assign) and _constant(line.value) for line in body):
        yield "the parameters cell may only set names to constants"
    names = {name.id for line in body for name in ast.walk(line) if isinstance(name, ast.Name)}
    if missing := PARAMETERS - names:
        yield f"the parameters cell does not set {', '.join(sorted(missing))}"
    if sum("parameters" in tags(cell) for cell in cells) > 1:
        yield "only one cell may be tagged 'parameters'"
    if "check_parameters" not in {name for module in trees(notebook) for name, _ in calls(module)}:
        yield "no cell calls check_parameters(corpus=corpus, scale=scale, seed=seed)"


def parameters_stay(notebook: Notebook, path: str) -> Iterator[str]:
    """No other cell sets a parameter: what stands behind it would run with another."""
    for number, cell in enumerate(code_cells(notebook)[1:], start=1):
        names = symtable(plain_python(cell.source), path, "exec").get_symbols()
        for name in sorted({n.get_name() for n in names if n.is_assigned()} & PARAMETERS):
            yield f"code cell {number} sets the parameter {name}; take another name"


def _constant(node: ast.expr) -> bool:
    try:
        ast.literal_eval(node)
    except ValueError:
        return False
    return True


def setup(notebook: Notebook, path: str) -> Iterator[str]:
    """The second code cell is the set-up cell, the same in every notebook."""
    cells = code_cells(notebook)
    if len(cells) < 2 or cells[1].source.strip() != setup_cell():
        yield "the second code cell must be the set-up cell of template.ipynb, word for word"


def imports(notebook: Notebook, path: str) -> Iterator[str]:
    """Besides the set-up cell one cell imports, by at most eleven statements."""
    kinds = (ast.Import, ast.ImportFrom)
    found = [sum(isinstance(n, kinds) for n in ast.walk(module)) for module in trees(notebook)[2:]]
    if sum(count > 0 for count in found) > 1:
        yield f"{sum(count > 0 for count in found)} cells import; put all imports into the first"
    if sum(found) > IMPORTS:
        yield f"{sum(found)} imports; {IMPORTS} at most"


def cell_length(notebook: Notebook, path: str) -> Iterator[str]:
    """Code cells have at most 25 lines, folded ones 45; those that are open 10 in the median."""
    opened = []
    for number, cell in enumerate(code_cells(notebook)):
        length = len(cell.source.strip().splitlines())
        most = LONGEST_FOLDED if tags(cell) & FOLDED else LONGEST_CELL
        opened += [] if tags(cell) & FOLDED else [length]
        if length > most:
            yield f"code cell {number} has {length} lines; {most} at most"
    if opened and (middle := statistics.median(opened)) > MEDIAN_CELL:
        yield f"the median open code cell has {middle:g} lines; {MEDIAN_CELL} at most"


def figures(notebook: Notebook, path: str) -> Iterator[str]:
    """Every figure goes through viz.picture or viz.explore, with alt and see."""
    for number, module in enumerate(trees(notebook)):
        for name, call in calls(module):
            words = {keyword.arg for keyword in call.keywords}
            if name in ("picture", "explore") and not {"alt", "see"} <= words:
                yield f"code cell {number}: {name}() needs alt= and see="
        if _shows_bare_figure(module):
            yield f"code cell {number}: show the figure with viz.picture(fig, alt=…, see=…)"


def shows_once(notebook: Notebook, path: str) -> Iterator[str]:
    """A cell displays its last expression: of two viz.show(...) the first would be lost."""
    for number, module in enumerate(trees(notebook)):
        if sum(name == "show" for name, _ in calls(module)) > 1:
            yield f"code cell {number}: two viz.show() show one; write viz.show(first, second)"


def numbered(notebook: Notebook, path: str) -> Iterator[str]:
    """Figures and tables are numbered in their order, and what is referred to is there."""
    match = re.match(r"0*(\d+[a-z]?)_", Path(path).name)
    chapter = match[1] if match else "0"
    words = "\n".join(markdown(notebook))
    made: dict[str, list[str]] = {"figure": [], "table": []}
    for module in trees(notebook):
        for name, call in sorted(calls(module), key=lambda pair: pair[1].lineno):
            if not (kind := NUMBERED.get(name)):
                continue
            given = [word.value for word in call.keywords if word.arg == "number"]
            made[kind] += [str(getattr(each, "value", "")) for each in given]
            if not given:
                yield f"a {kind} without number='{chapter}.…'"
    for kind, numbers in made.items():
        right = [f"{chapter}.{i + 1}" for i in range(len(numbers))]
        if numbers != right:
            yield f"the {kind}s are numbered {numbers}, not {right}"
    anchors = {f"{kind}-{number}" for kind, numbers in made.items() for number in numbers}
    anchors |= set(re.findall(r'<a id="([^"]+)"', words))
    for link in re.findall(r'<a href="#([^"]+)"', words):
        if link not in anchors:
            yield f"a link to #{link}, which is not on the page"


def columns(notebook: Notebook, path: str) -> Iterator[str]:
    """No line of code is longer than a page is wide, but for the book's address."""
    for number, cell in enumerate(code_cells(notebook)):
        lines = [line for line in cell.source.splitlines() if repository() not in line]
        longest = max(map(len, lines), default=0)
        if longest > COLUMNS:
            yield f"code cell {number} has a line of {longest} characters; {COLUMNS} at most"


def predicted(notebook: Notebook, path: str) -> Iterator[str]:
    """The predictions are taken up again before the exercises."""
    text = "\n".join(markdown(notebook)).lower()
    if "\n## what came of your predictions" not in text.split("\n## exercises")[0]:
        yield "'What came of your predictions' is missing before the exercises"


def is_appendix(path: str) -> bool:
    """Whether a notebook is an appendix, as 03a_stopping.ipynb is one of 03_lagging.ipynb."""
    return re.match(r"\d+[a-z]_", Path(path).name) is not None


def spine(notebook: Notebook, path: str) -> Iterator[str]:
    """A chapter is short, and few of its code cells are open on the site."""
    cells = code_cells(notebook)
    shown = [cell for cell in cells if not tags(cell) & FOLDED]
    words = sum(len(text.split()) for text in markdown(notebook))
    for what, count, most in (
        ("code cells", len(cells), MOST_CELLS),
        ("code cells that the site shows", len(shown), MOST_SHOWN),
        ("words", words, MOST_WORDS),
    ):
        if count > most:
            yield f"{count} {what}; {most} at most, the rest belongs on an appendix"


def _shows_bare_figure(module: ast.Module) -> bool:
    outside = [node for node in module.body if not isinstance(node, ast.FunctionDef)]
    named = [(ast.unparse(call.func), call) for node in outside for _, call in calls(node)]
    names = {name for name, _ in named}
    shown = [ast.unparse(a) for name, call in named if name == "display" for a in call.args]
    last = ast.unparse(module.body[-1]) if module.body else ""
    made = names & {"plt.subplots", "plt.figure"} and not names & {"viz.picture", "picture"}
    return bool(
        made
        or names & {"plt.show", "fig.show"}
        or any(re.fullmatch(r"fig\w*|plt\.gcf\(\)", text) for text in [*shown, last])
    )


def interaction(notebook: Notebook, path: str) -> Iterator[str]:
    """At least one interactive figure, and at least one piece of the package's source."""
    names = {name for module in trees(notebook) for name, _ in calls(module)}
    for name in ("explore", "show"):
        if name not in names:
            yield f"no cell calls viz.{name}()"


def sections(notebook: Notebook, path: str) -> Iterator[str]:
    """The parts that every chapter has are there, in their order."""
    text, start = "\n".join(markdown(notebook)), 0
    for name, pattern in SECTIONS.items():
        flags = re.IGNORECASE | re.MULTILINE
        if match := re.compile(pattern, flags).search(text, start):
            start = match.end()
        else:
            yield f"{name} is missing, or stands before a part that it must follow"


def exercises(notebook: Notebook, path: str) -> Iterator[str]:
    """Three to six exercises, each with minutes, difficulty, a check and an executed solution."""
    groups = _exercise_cells(notebook)
    if len(groups) not in EXERCISES:
        yield f"{len(groups)} exercises ('### Exercise …'); there must be 3 to 6"
    for title, cells in groups.items():
        words = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
        labels = [tags(cell) for cell in cells if cell.cell_type == "code"]
        if not EFFORT.search(words):
            yield f"{title}: say the effort, such as '5 minutes, medium'"
        if not any("check" in each for each in labels):
            yield f"{title}: no code cell is tagged 'check'"
        if "<details><summary>Solution</summary>" not in words or "</details>" not in words:
            yield f"{title}: no folded solution (<details><summary>Solution</summary> … </details>)"
        if not any("solution" in each and each & FOLDED for each in labels):
            yield f"{title}: no code cell is tagged 'solution' and 'hide-cell'"


def _exercise_cells(notebook: Notebook) -> dict[str, list[Notebook]]:
    """The cells of each exercise, by its title; an exercise ends at the next heading."""
    groups: dict[str, list[Notebook]] = {}
    inside: list[Notebook] | None = None
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and cell.source.startswith("#"):
            title = cell.source.splitlines()[0]
            inside = groups.setdefault(title, []) if title.startswith("### Exercise") else None
        if inside is not None:
            inside.append(cell)
    return groups


def stripped(notebook: Notebook, path: str) -> Iterator[str]:
    """No outputs and no execution counts in the repository, and the kernel everybody has."""
    if any(cell.outputs or cell.execution_count is not None for cell in code_cells(notebook)):
        yield f"outputs are stored; run: nbstripout {path}"
    kernel = notebook.metadata.get("kernelspec", {})
    if (kernel.get("name"), kernel.get("language")) != ("python3", "python"):
        yield "the kernel must be called python3 and its language python"


def plain_markdown(notebook: Notebook, path: str) -> Iterator[str]:
    """Markdown and LaTeX that Colab and GitHub show too: no directives, roles or macros."""
    for text in markdown(notebook):
        bare = prose(text).replace("\\$", "")
        if match := DIRECTIVE.search(text):
            yield f"a directive that Colab shows as text: {match.group().strip()!r}"
        for pattern, what in MARKUP.items():
            if match := re.search(pattern, bare, re.MULTILINE):
                yield f"{what} that Colab shows as text: {match.group().strip(SPAN)!r}"
        if len(re.findall(r"\$\$", bare)) % 2 or bare.replace("$$", "").count("$") % 2:
            yield f"a dollar sign without its partner in: {text.splitlines()[0][:60]!r}"


def voice(notebook: Notebook, path: str) -> Iterator[str]:
    """No exclamation marks, no 'simply', no 'obviously'."""
    for text in markdown(notebook):
        bare = re.sub(r"\$[^$]*\$", "", prose(text).replace("$$", "$"))
        for match in re.finditer(r"\w+!(?=\s|$)|\b(simply|obviously)\b", bare, re.IGNORECASE):
            yield f"the book does not say {match.group()!r}"


def own_machine(notebook: Notebook, path: str) -> Iterator[str]:
    """No path of one machine, and no shell line or magic outside the set-up cell."""
    for cell in notebook.cells:
        if match := LOCAL_PATH.search(cell.source):
            yield f"a path of one machine: {match.group()!r}"
    for number, cell in enumerate(code_cells(notebook)):
        if number != 1 and "get_ipython()" in plain_python(cell.source):
            yield f"code cell {number}: a shell line or a magic"


def assertions(notebook: Notebook, path: str) -> Iterator[str]:
    """What a trained model did is declared as a finding, and never stops the page.

    An assertion about an outcome (see ``outcomes.py``) must say in its message why it is a fact:
    ``assert kl >= floor, "Fact: ..."``.
    """
    outcomes = Outcomes()
    for number, module in enumerate(trees(notebook)):
        for text in outcomes.asserted(module):
            yield f"code cell {number}: a finding is asserted: {text}; use viz.finding(...)"


RULES: tuple[Rule, ...] = (
    header,
    parameters,
    parameters_stay,
    setup,
    imports,
    cell_length,
    figures,
    shows_once,
    numbered,
    columns,
    stripped,
    plain_markdown,
    voice,
    own_machine,
    assertions,
)
OF_CHAPTERS: tuple[Rule, ...] = (interaction, sections, predicted, exercises, spine)


def problems(notebook: Notebook, path: str) -> list[str]:
    """Everything that a notebook does against the rules, one sentence each.

    Args:
        notebook: the notebook, as nbformat reads it.
        path: its path as the repository names it, with forward slashes.
    """
    rules = RULES if is_appendix(path) else RULES + OF_CHAPTERS
    return [f"{rule.__name__}: {text}" for rule in rules for text in rule(notebook, path)]


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("notebooks", nargs="*", type=Path)
    paths = parser.parse_args().notebooks or [*chapters(), ROOT / "book/template.ipynb"]
    found = 0
    for path in paths:
        name = f"book/{path.name}"  # where it is, or will be
        for text in problems(nbformat.read(path, as_version=4), name):
            print(f"{name}: {text}")
            found += 1
    print(f"notebooks: {len(paths)} checked, {found} problems")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
