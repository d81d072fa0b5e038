"""Answers to the exercises, a wrong one and a right one each, and what the checks must say to them.

The copies of the chapters that the tests run (`smoke.py`) put each answer into its check cell.
"""

import re

import nbformat

# For each check cell in order: what stands there for the reader to replace, a wrong answer, a
# right one. They are written here from the text of the exercises, not read from the solutions.
NOTHING = "    return None"
ANSWERS = {
    "01_elbo": [
        ("answer_1 = None", "answer_1 = (0.097, 0.153)", "answer_1 = (0.1534, 0.0966)"),
        ("answer_2 = None", "answer_2 = (0.5, 0.5, 0)", "answer_2 = (0.5, 0, 0.5)"),
        (
            NOTHING,
            "    z = model.encode(x).mean\n    return -model.log_likelihood(x, z).mean().item()",
            "    q = model.encode(x)\n"
            "    unit = Normal(torch.zeros_like(q.mean), torch.ones_like(q.mean))\n"
            "    told = model.log_likelihood(x, q.mean + q.stddev * noise)\n"
            "    loss = (beta * kl_divergence(q, unit).sum(1) - told).mean()\n"
            "    optimizer.zero_grad()\n"
            "    loss.backward()\n"
            "    optimizer.step()\n"
            "    return loss.item()",
        ),
        ("answer_4 = None", "answer_4 = 0.1", "answer_4 = 0.0"),
        ("answer_5 = None", 'answer_5 = "AB"', 'answer_5 = "BA"'),
        ("answer_6 = None", 'answer_6 = ("a", 0.0)', 'answer_6 = ("b", 0.69)'),
    ],
    "02_collapse": [
        (
            NOTHING,
            "    q = Q.mean(0)\n"
            "    whole = (q * (q / torch.outer(p1, p2)).log()).sum()\n"
            "    return (Q * (Q / q).log()).sum((1, 2)).mean(), 0.0, whole",
            "    q = Q.mean(0)\n"
            "    one, two = q.sum(1), q.sum(0)\n"
            "    told = (Q * Q.log()).sum((1, 2)).mean() - (q * q.log()).sum()\n"
            "    tied = (q * q.log()).sum() - (one * one.log()).sum() - (two * two.log()).sum()\n"
            "    missed = (one * (one / p1).log()).sum() + (two * (two / p2).log()).sum()\n"
            "    return told, tied, missed",
        ),
        ("answer_2 = None", 'answer_2 = "eec"', 'answer_2 = "esc"'),
        ("answer_3 = None", 'answer_3 = (3.47, "no")', 'answer_3 = (9.21, "no")'),
        (
            NOTHING,
            "    return kl.clamp(min=target / kl.shape[-1]).sum(-1)",
            "    mean = torch.maximum(kl.mean(0), torch.tensor(target / kl.shape[1]))\n"
            "    return mean.sum().repeat(len(kl))",
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
        ("answer_1 = None", 'answer_1 = "cc"', 'answer_1 = "ca"'),
        (
            NOTHING,
            "    optimizer = torch.optim.Adam(model.parameters(), lr=0.05)\n"
            "    for _ in range(steps):\n"
            "        optimizer.zero_grad()\n"
            "        (-model.elbo(x).mean()).backward()\n"
            "        optimizer.step()\n"
            "    return model",
            "    optimizer = torch.optim.Adam([model.encoder, model.log_var], lr=0.05)\n"
            "    for _ in range(steps):\n"
            "        optimizer.zero_grad()\n"
            "        (-model.elbo(x).mean()).backward()\n"
            "        optimizer.step()\n"
            "    return model",
        ),
        ("answer_3 = None", 'answer_3 = "BAC"', 'answer_3 = "BCA"'),
        ("answer_4 = None", 'answer_4 = ("a", 0.2)', 'answer_4 = ("b", 0.2)'),
        ("answer_5 = None", "answer_5 = True", "answer_5 = False"),
        (
            "my_strategy = None",
            "my_strategy = training.Joint()",
            "my_strategy = training.Aggressive(training.InnerBudget(10), max_epochs=1)",
        ),
    ],
    "04_pooling": [
        (NOTHING, "    return 0.5**m / T", "    return sum(0.5**k for k in range(m + 1)) / T"),
        ("answer_2 = None", "answer_2 = (0.7, 0.7)", "answer_2 = (0.0, 0.7)"),
        (NOTHING, "    return 1e-3 * features", "    return features - features.mean(0)"),
        ("answer_4 = None", "answer_4 = 0.9", "answer_4 = 0.3"),
        ("my_sgd = None", "my_sgd = dict(learning_rate=1e-6)", "my_sgd = dict(learning_rate=0.5)"),
    ],
    "05_bn_vae": [
        (
            NOTHING,
            "    return 0.5 * (gamma**2 * var / (var + eps) + b**2).sum()",
            "    slope = gamma / (kept_var + eps).sqrt()\n"
            "    shift = slope * (mean - kept_mean) + b\n"
            "    return 0.5 * (slope.square() * var + shift.square()).sum()",
        ),
        ("answer_2 = None", "answer_2 = (1.96, 1.96, 0.98)", "answer_2 = (1.96, 0.98, 0.99)"),
        ("answer_3 = None", "answer_3 = 0.01", "answer_3 = 0.1"),
        ("answer_4 = None", 'answer_4 = "DFC"', 'answer_4 = "AFC"'),
        (
            "my_recipe = None",
            "my_recipe = Recipe(posterior=Part(posteriors.BatchNormGaussian, gamma=1.0))",
            "my_recipe = Recipe(free_bits=objectives.FreeBits(0.6))",
        ),
        (
            NOTHING,
            "    mean = 0.7 * (features - features.mean(0)) / features.std(0)\n"
            "    return mean, torch.ones_like(mean)",
            "    mean = 0.7 * (features - features.mean(0)) / features.std(0)\n"
            "    return mean, torch.full_like(mean, 0.51**0.5)",
        ),
    ],
    "06_bn_cvae": [
        ("my_means = None", "my_means = [1, -1] * 4", "my_means = [0, 0, 0, -2, 2, 0, 0, 0]"),
        ("answer_2 = None", "answer_2 = 0.7", "answer_2 = 1.96 / 2"),
        (
            NOTHING,
            "    return (beta * kl_divergence(q, p).sum(1) - log_likelihood).mean()",
            "    both = theory.two_kls(q.mean, q.stddev, p.mean, p.stddev).sum(1)\n"
            "    return (beta * both - log_likelihood).mean()",
        ),
        ("answer_4 = None", 'answer_4 = "CBA"', 'answer_4 = "CAB"'),
        ("answer_5 = None", "answer_5 = 13", "answer_5 = 5.03 / 0.1713"),
    ],
    "07_scale_vae": [
        ("answer_1 = None", "answer_1 = 8.4", "answer_1 = 32 * 1.1**2 / 2"),
        (
            "answer_2 = None",
            "answer_2 = (10.82, 10.82, 10.82)",
            "answer_2 = (2.0 + 2.0, 3 + 8 * 0.49, 10.8198)",
        ),
        (
            NOTHING,
            "    unit = torch.distributions.Normal(0.0, 1.0).log_prob(z)\n"
            "    return (unit - torch.distributions.Normal(mu, sd).log_prob(z)).sum(1)",
            "    unit = torch.distributions.Normal(0.0, 1.0).log_prob(z)\n"
            "    return (unit - torch.distributions.Normal(mu, sd / factor).log_prob(z)).sum(1)",
        ),
        ("answer_4 = None", "answer_4 = (1, 2.77, 9.7)", "answer_4 = (16, 0.0, 9.70)"),
        (
            "my_paragraph = None",
            'my_paragraph = "We report the likelihood of the model by importance weighting."',
            'my_paragraph = 6 * "prior, posterior, what the decoder reads, factor, samples, "\n'
            'my_paragraph += "documents, seeds, scaled means. " + 35 * "word "',
        ),
    ],
    "08_other_remedies": [
        ("answer_1 = None", "answer_1 = (1.96, 1.96)", "answer_1 = (1.595, 0.797)"),
        (
            NOTHING,
            "    return torch.nn.functional.conv1d(values, weight, dilation=dilation)",
            "    span = (weight.shape[-1] - 1) * dilation\n"
            "    padded = torch.nn.functional.pad(values, (span, 0))\n"
            "    return torch.nn.functional.conv1d(padded, weight, dilation=dilation)",
        ),
        ("my_decoder = None", "my_decoder = (2, (1, 2, 4, 8))", "my_decoder = (2, (15,))"),
        ("answer_4 = None", 'answer_4 = ("A", 3.1)', 'answer_4 = ("C", 3.1)'),
        (
            "answer_5 = None",
            'answer_5 = "DDD"',
            "answer_5 = [log.shows for log in three]",  # which shows what, the ledger decides
        ),
    ],
    "09_images": [
        ("answer_1 = None", "answer_1 = 0.693", "answer_1 = 0.168"),
        (
            NOTHING,
            "    each = torch.distributions.Normal(means, stds).log_prob(z[:, None])\n"
            "    return each.sum(-1).mean(1)",
            "    each = torch.distributions.Normal(means, stds).log_prob(z[:, None])\n"
            "    return each.sum(-1).logsumexp(1) - np.log(len(means))",
        ),
        ("answer_3 = None", 'answer_3 = (76, "B")', 'answer_3 = (70 + 6 - 4, "B")'),
        ("my_noise = None", "my_noise = 0.3", "my_noise = 0.16"),
        (
            "my_pictures = None",
            "my_pictures = np.zeros((3, 14, 14), bool)",
            "coins = np.random.default_rng(0).random((256, 9)) < 0.5\n"
            "my_pictures = np.zeros((256, 14, 14), bool)\n"
            "my_pictures[:, :3, 2:11] = my_pictures[:, -2:, 2:11] = coins[:, None]",
        ),
    ],
}

# Replies that depend on what training does, by the number of the check: at the smoke scale nothing
# is learned, so these only have to say something.
OF_TRAINING = {"02_collapse": {5}, "03_lagging": {4, 5}, "04_pooling": {3, 4}, "05_bn_vae": {4}}

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
                # What a cell ends with is shown to a reader; here it is printed.
                shown = re.sub(r"^check\((.*)\)$", r"print(check(\1))", cell.source, flags=re.M)
                source = shown.replace(blank, reply)
                request = EITHER if either else wanted
                code = ASKED.format(source=source, number=number, wanted=request)
                cells.append(nbformat.v4.new_code_cell(code))
    if left:
        raise ValueError(f"{chapter} has fewer checks than answers: {len(left)} are left.")
    notebook.cells = cells
    return notebook
