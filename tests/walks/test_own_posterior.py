"""A newcomer's walk: a posterior of one's own in a notebook; nothing in the package is touched."""

import textwrap
from pathlib import Path

import nbformat
from nbclient import NotebookClient

MINE = """
import torch
from collapse import Part, Recipe, diagnose, run
from collapse.posteriors import DiagonalGaussian

class HalfWidth(DiagonalGaussian):
    def __init__(self, sizes, *, factor=0.5):
        super().__init__(sizes)
        self.factor = factor
    def forward(self, features):
        q = super().forward(features)
        return torch.distributions.Normal(q.mean, self.factor * q.stddev)

mine = run(Recipe(posterior=Part(HalfWidth, factor=0.5)), scale="smoke", name="half-width")
print(diagnose(mine))
"""
AFTER = """
from collapse.data import make_batch
from collapse.runs.sampling import sample_prior
again = run(Recipe(posterior=Part(HalfWidth, factor=0.5)), scale="smoke", name="half-width")
other = run(Recipe(posterior=Part(HalfWidth, factor=0.9)), scale="smoke", name="half-width")
print(len({one.request.identity for one in (mine, again, other)}))
print(again.summary == mine.summary, other.summary["kl"] == mine.summary["kl"])
model, batch = mine.model(), make_batch(mine.corpus().test, range(4))
wide = DiagonalGaussian.forward(model.posterior, model.represent(batch)).stddev
print(torch.allclose(model.encode(batch).stddev, wide / 2))
print(len(sample_prior(model, mine.corpus(), 2)))
"""
WRONG = "Part(HalfWidth, facter=0.5)"


def executed(folder: Path, *cells: str) -> list[str]:
    """What each cell prints, or how its error ends, from a kernel as readers have it."""
    first = f"import os\nos.environ['COLLAPSE_RUNS'] = {str(folder / 'runs')!r}"
    code = [textwrap.dedent(cell) for cell in (first, *cells)]
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in code])
    NotebookClient(book, timeout=300, kernel_name="python3", allow_errors=True).execute()
    said = []
    for cell in book.cells[1:]:
        texts = [out.get("text", out.get("evalue", "")) for out in cell.outputs]
        said.append("".join(text for text, out in zip(texts, cell.outputs, strict=True)
                            if out.get("name") != "stderr"))  # fmt: skip
    return said


def test_a_posterior_from_a_cell_runs_is_loaded_again_samples_and_is_measured(
    tmp_path: Path,
) -> None:
    assert len([line for line in MINE.splitlines() if line.strip()]) <= 15
    made, after, wrong = executed(tmp_path, MINE, AFTER, WRONG)
    assert made.startswith("1 run: 0 loaded, 1 computed")
    assert "half-width: " in made
    lines = after.splitlines()
    assert lines[0] == "1 run: 1 loaded."
    assert lines[1].startswith("1 run: 0 loaded, 1 computed")
    assert lines[2:] == ["2", "True False", "True", "2"]
    assert wrong == (
        "There is no option of HalfWidth called 'facter'. Did you mean 'factor'? Valid: factor."
    )
