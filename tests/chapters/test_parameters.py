"""A wrong parameter stops a chapter, and the sentence names the valid ones."""

from pathlib import Path
from types import SimpleNamespace

import nbformat
import papermill
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from collapse.base.errors import CollapseError, UnknownNameError
from collapse.chapters import parameters
from collapse.chapters.parameters import assigned_names, check_parameters
from collapse.data.corpora import DIALOGUES
from collapse.runs.settings import SCALES

GOOD = {"corpus": "synthetic", "scale": "light", "seed": 0}


def test_good_parameters_pass() -> None:
    check_parameters(**GOOD)
    check_parameters(**GOOD, epochs=3)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"corpus": "yelps"}, "There is no corpus called 'yelps'. Did you mean 'yelp'"),
        (
            {"scale": "tiny"},
            f"There is no scale called 'tiny'. Valid: {', '.join(SCALES)}.",
        ),
        ({"seed": -1}, "A seed is a whole number, 0 or more; got -1."),
    ],
)
def test_wrong_values(wrong, sentence) -> None:
    with pytest.raises(CollapseError, match=sentence.replace("?", "[?]")):
        check_parameters(**{**GOOD, **wrong})


def test_what_a_chapter_cannot_do_is_refused_at_once() -> None:
    check_parameters(**GOOD, corpora=("synthetic",), scales=("light",))
    with pytest.raises(UnknownNameError, match=r"the corpus 'synthetic'\. Valid: toy-dialogue, sw"):
        check_parameters(**GOOD, corpora=DIALOGUES)
    with pytest.raises(UnknownNameError, match=r"the scale 'light'\. Valid: colab, full\."):
        check_parameters(**GOOD, scales=("colab", "full"))


def test_names_of_an_injected_cell() -> None:
    assert assigned_names('# Parameters\nseed = 1\ncorpus = "ptb"\n') == ["seed", "corpus"]


def notebook(folder: Path) -> Path:
    """Three cells, as a chapter begins."""
    tagged = new_code_cell('corpus = "synthetic"\nscale = "light"\nseed = 0')
    tagged.metadata["tags"] = ["parameters"]
    check = new_code_cell(
        "from collapse.chapters.parameters import check_parameters\n"
        "check_parameters(corpus=corpus, scale=scale, seed=seed)"
    )
    made = new_notebook(cells=[tagged, check])
    made.metadata["kernelspec"] = {"name": "python3", "language": "python", "display_name": "-"}
    nbformat.write(made, folder / "chapter.ipynb")
    return folder / "chapter.ipynb"


@pytest.mark.parametrize("seed", [3, -3])
def test_what_papermill_writes_for_a_parameter_is_checked(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its cells, one by one, without the kernel of the test below."""
    path, out = str(notebook(tmp_path)), str(tmp_path / "out.ipynb")
    made = papermill.execute_notebook(path, out, {"seed": seed}, prepare_only=True)
    ran, names = [""], {}
    monkeypatch.setattr(parameters, "get_ipython", lambda: SimpleNamespace(user_ns={"In": ran}))
    *cells, check = [cell.source for cell in made.cells]
    for source in cells:
        ran.append(source)
        exec(source, names)
    assert sum(source.startswith(parameters.INJECTED) for source in ran) == 1
    if seed == 3:
        exec(check, names)
    else:
        with pytest.raises(CollapseError, match="got -3"):
            exec(check, names)


@pytest.mark.thorough
def test_papermill_goes_on_with_a_parameter_that_exists(tmp_path: Path) -> None:
    path, out = str(notebook(tmp_path)), str(tmp_path / "out.ipynb")
    papermill.execute_notebook(path, out, {"seed": 3}, progress_bar=False)


def test_papermill_stops_at_a_parameter_that_does_not_exist(tmp_path: Path) -> None:
    path = str(notebook(tmp_path))
    out = str(tmp_path / "out.ipynb")
    with pytest.raises(papermill.PapermillExecutionError) as found:
        papermill.execute_notebook(path, out, {"sede": 3}, progress_bar=False)
    assert "no parameter called 'sede'. Did you mean 'seed'? Valid: corpus" in str(found.value)
