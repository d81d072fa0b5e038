"""A wrong parameter stops a chapter, and the sentence names the valid ones."""

from pathlib import Path

import nbformat
import papermill
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from collapse.base.errors import CollapseError, UnknownNameError
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


def test_papermill_stops_at_a_parameter_that_does_not_exist(tmp_path: Path) -> None:
    path = str(notebook(tmp_path))
    out = str(tmp_path / "out.ipynb")
    papermill.execute_notebook(path, out, {"seed": 3}, progress_bar=False)
    with pytest.raises(papermill.PapermillExecutionError) as found:
        papermill.execute_notebook(path, out, {"sede": 3}, progress_bar=False)
    assert "no parameter called 'sede'. Did you mean 'seed'? Valid: corpus" in str(found.value)
