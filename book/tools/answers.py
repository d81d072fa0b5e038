"""Answers to the exercises, a wrong one and a right one each, and what the checks must say to them.

The copies of the chapters that the tests run (`smoke.py`) put each answer into its check cell.
"""

import nbformat

# For each check cell in order: what stands there for the reader to replace, a wrong answer, a
# right one. They are written here from the text of the exercises, not read from the solutions.
NOTHING = "    return None"
ANSWERS = {
    "01_elbo": [
        ("answer_1 = None", "answer_1 = 0.6", "answer_1 = 1.2 - 0.5 * 0.6931"),
        ("answer_2 = None", "answer_2 = (0.5, 0.5, 0)", "answer_2 = (0.5, 0, 0.5)"),
        ("answer_3 = None", "answer_3 = 0.1", "answer_3 = 0.0"),
        (
            NOTHING,
            "    return 0.5 * (eigenvalues / noise).log()",
            "    return (0.5 * (eigenvalues / (beta * noise)).log()).clamp(min=0)",
        ),
        ("answer_5 = None", 'answer_5 = "a"', 'answer_5 = "b"'),
    ],
    "02_collapse": [
        ("answer_1 = None", "answer_1 = (0.4, 0.4)", "answer_1 = (0.405, 0.0)"),
        ("answer_2 = None", "answer_2 = 3.47", "answer_2 = 9.21"),
        (
            NOTHING,
            "    return kl.sum(-1).clamp(min=target)",
            "    return torch.maximum(kl, torch.tensor(target / kl.shape[1])).sum(1)",
        ),
        ("factor = None", "factor = 0.9", "factor = 0.01"),
        (
            "my_recipe = None",
            "my_recipe = Recipe()",
            "my_recipe = Recipe(free_bits=objectives.FreeBits(1.0), "
            'decoder=recipes.RECIPES["word-dropout"].decoder)',
        ),
    ],
    "03_lagging": [
        ("answer_1 = None", 'answer_1 = "d"', 'answer_1 = "c"'),
        (
            NOTHING,
            "    return points @ log_joint.softmax(0)",
            "    mass = log_joint.softmax(0)\n"
            "    return ((points[:, None] - points @ mass) ** 2 * mass).sum(0)",
        ),
        ("answer_3 = None", "answer_3 = 2.2", "answer_3 = 3.73"),
        ("stride = None", "stride = 0.2", "stride = 3.0"),
        ("answer_5 = None", "answer_5 = True", "answer_5 = False"),
        (
            "my_strategy = None",
            "my_strategy = training.Joint()",
            "my_strategy = training.Aggressive(training.InnerBudget(10), max_epochs=1)",
        ),
    ],
    "04_pooling": [
        ("answer_1 = None", "answer_1 = 0.04", "answer_1 = 0.5**25"),
        ("answer_2 = None", "answer_2 = 0.7", "answer_2 = 0.0"),
        (
            NOTHING,
            "    return states.nan_to_num().mean(1)",
            "    real = torch.arange(states.shape[1]) < lengths[:, None]\n"
            "    kept = states.where(real.unsqueeze(-1), torch.zeros(()))\n"
            "    return kept.sum(1) / lengths[:, None]",
        ),
        (NOTHING, "    return 1e-3 * features", "    return features - features.mean(0)"),
        ("answer_5 = None", "answer_5 = 0.5", "answer_5 = 0.27"),
    ],
    "05_bn_vae": [
        ("answer_1 = None", "answer_1 = (7.84, 7.84)", "answer_1 = (32 * 0.49 / 2, 0.0)"),
        ("answer_2 = None", "answer_2 = 0.01", "answer_2 = 0.1"),
        (
            NOTHING,
            "    return gamma * (means - means.mean(0)) / (means.std(0) + eps) + beta",
            "    centred = means - means.mean(0)\n"
            "    variance = centred.square().mean(0)\n"
            "    return gamma * centred / (variance + eps).sqrt() + beta",
        ),
        ("spread_before = None", "spread_before = 1e-2", "spread_before = 1e-4"),
        (
            "my_recipe = None",
            "my_recipe = Recipe(posterior=Part(posteriors.BatchNormGaussian, gamma=1.0))",
            "my_recipe = Recipe(posterior=Part(\n"
            "        posteriors.BatchNormGaussian, gamma=0.0, beta=1.0, learn_beta=False))",
        ),
    ],
    "06_bn_cvae": [
        ("answer_1 = None", "answer_1 = (25.0, 0.0)", "answer_1 = (6.17, 0.0)"),
        ("answer_2 = None", 'answer_2 = "CVAE (BOW)"', 'answer_2 = "CVAE"'),
        (
            NOTHING,
            "    return scores.mean(), scores.max()",
            "    return scores.amax(1).mean(), scores.amax(0).mean()",
        ),
        ("my_means = None", "my_means = (1, -1, 1, -1)", "my_means = (-1, -1, 1, 1)"),
    ],
    "07_scale_vae": [
        ("answer_1 = None", "answer_1 = 8.4", "answer_1 = 32 * 1.1**2 / 2"),
        (
            "answer_2 = None",
            'answer_2 = ("yes", 10.82)',
            'answer_2 = ("no", 2.0 + 2.0)',
        ),
        (
            NOTHING,
            "    unit = torch.distributions.Normal(0.0, 1.0).log_prob(u)\n"
            "    return (unit - torch.distributions.Normal(mu, sd).log_prob(u)).sum(1)",
            "    read = torch.distributions.Normal(factor * mu, sd).log_prob(u)\n"
            "    return (torch.distributions.Normal(0.0, factor).log_prob(u) - read).sum(1)",
        ),
        ("my_std = None", "my_std = 0.5", "my_std = 5.0"),
        (
            "my_paragraph = None",
            'my_paragraph = "We report the likelihood of the model by importance weighting."',
            'my_paragraph = 6 * "prior, posterior, what the decoder reads, factor, samples, "\n'
            'my_paragraph += "documents, seeds, scaled means. " + 35 * "word "',
        ),
    ],
}

# Replies that depend on what training does, by the number of the check: at the smoke scale nothing
# is learned, so these only have to say something.
OF_TRAINING = {"02_collapse": {3, 4}, "03_lagging": {3, 4, 5}}

# A check cell with an answer in it, and what is then asked of what it prints.
ASKED = """
from contextlib import redirect_stdout as _redirect
from io import StringIO as _Text
with _redirect(_Text()) as _said:
    exec(compile({source!r}, "check {number}", "exec"))
_said = _said.getvalue()
assert {wanted}, _said
""".strip()
WRONG, RIGHT = "'Not yet' in _said and 'Right' not in _said", "'Right' in _said"
EITHER = "'Not yet' in _said or 'Right' in _said"


def with_answers(notebook: nbformat.NotebookNode, chapter: str) -> nbformat.NotebookNode:
    """The same notebook; each check cell is followed by itself with its wrong and right answer.

    Args:
        notebook: a chapter.
        chapter: its name in ``ANSWERS``.

    Raises:
        ValueError: when a check cell has no answers here, or holds no such place for them.
    """
    cells, left = [], list(enumerate(ANSWERS[chapter]))
    for cell in notebook.cells:
        cells.append(cell)
        if "check" in cell.metadata.get("tags", []):
            number, (blank, *replies) = left.pop(0)
            if blank not in cell.source:
                raise ValueError(f"Check {number} of {chapter} has no place {blank!r}.")
            either = number in OF_TRAINING.get(chapter, ())
            for reply, wanted in zip(replies, (WRONG, RIGHT), strict=True):
                source = cell.source.replace(blank, reply)
                request = EITHER if either else wanted
                code = ASKED.format(source=source, number=number, wanted=request)
                cells.append(nbformat.v4.new_code_cell(code))
    if left:
        raise ValueError(f"{chapter} has fewer checks than answers: {len(left)} are left.")
    notebook.cells = cells
    return notebook
