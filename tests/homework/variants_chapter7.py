"""Answers to the exercises of chapter 7 as students give them: right in several ways, and wrong.

Each wrong one stands with a piece of what it must be told.
"""

import math

import torch
from torch.distributions import Independent, Normal


def with_torch(u, mu, sd, factor):
    return (Normal(0.0, factor).log_prob(u) - Normal(factor * mu, sd).log_prob(u)).sum(-1)


def written_out(u, mu, sd, factor):
    far, near = u / factor, (u - factor * mu) / sd
    return (sd.log() - factor.log() - far**2 / 2 + near**2 / 2).sum(1)


def in_blocks(u, mu, sd, factor):
    prior = torch.distributions.MultivariateNormal(torch.zeros(len(factor)), factor.square().diag())
    return prior.log_prob(u) - Independent(Normal(mu * factor, sd), 1).log_prob(u)


def by_row(u, mu, sd, factor):
    rows = []
    for one, m, s in zip(u, mu, sd, strict=True):
        density = Normal(torch.zeros(3), factor).log_prob(one).sum()
        rows.append(density - torch.sum(Normal(m * factor, s).log_prob(one)))
    return torch.stack(rows)


PARAGRAPH = (
    "The NLL is that of the generator whose prior is N(0, I) and whose decoder reads f·z. For each "
    "of 10,000 test documents we draw 500 samples u from the scaled posterior; a weight is p(x|u) "
    "times the density N(u; 0, f²) over that of the posterior at u. The factor f is one constant, "
    "the mean over the batches of the last epoch. KL and MI are both of the scaled posterior. Mean "
    "and standard deviation over five seeds."
)
ANOTHER = (
    "We print two rows for the same checkpoint. In both the proposal is the distribution with "
    "scaled means that the decoder was trained on, and 1,000 draws are taken for each of the "
    "sentences of the test set. The first row has the standard normal as its prior, the second one "
    "the normal whose deviation is the factor, held after training. Every number is the mean of "
    "three runs, with the range of the three beside it, and the code that computes it is printed "
    "in the appendix."
)
SHORTEST = (
    "prior posterior decoder factor samples documents seeds scaled " + "and so on " * 18
).strip()

RIGHT = {
    "7.1": [19.36, 32 * 1.1**2 / 2, torch.tensor(19.36)],
    "7.2": [("no", 4.0), ["no", 2 + 16 * 0.5**2 / 2], ("no", torch.tensor(4.0))],
    "7.3": [with_torch, written_out, in_blocks, by_row],
    "7.4": [4, 3.0, torch.tensor(10.0)],
    "7.5": [PARAGRAPH, ANOTHER, SHORTEST],
}


def unit_prior(factor):
    return Normal(torch.zeros_like(factor), torch.ones_like(factor))


def in_place(u, mu, sd, factor):
    mu *= factor
    return (Normal(0.0, factor).log_prob(u) - Normal(mu, sd).log_prob(u)).sum(-1)


def weight(prior="Normal(0.0, factor)", posterior="Normal(factor * mu, sd)", **more):
    """A log-weight of which one part is otherwise, as a student would write it."""
    code = f"""
def log_weight(u, mu, sd, factor):
    prior, posterior = {prior}, {posterior}
    each = {more.get("each", "prior.log_prob(u) - posterior.log_prob(u)")}
    return {more.get("gives", "each.sum(-1)")}
"""
    names = {"torch": torch, "Normal": Normal, "unit_prior": unit_prior}
    exec(code, names)
    return names["log_weight"]


WRONG = {
    "7.1": [
        (8.4, "the printed KL"),
        (38.72, "half is forgotten"),
        (17.6, "what is paid is a variance"),
        (0.605, "one dimension"),
        (0, "keeps them apart"),
        (0.31, "as wide as all means"),
        (27.93, "base 2"),
        (12.0, "which spread is fixed"),
        ("D/2", "The answer is a number"),
        (math.inf, "The answer is a number"),
    ],
    "7.2": [
        (("yes", 10.82), "cap of the estimator"),
        (("no", 2.0), "one part alone"),
        (("yes", 6.0), "the half and at the square"),
        (("no", 2.125), "Every one of the 16"),
        (("yes", 16 * 0.5**2 / 2), "Compare the bound"),
        (("yes", 4.0), "with the printed information"),
        (("no", 5.77), "base 2"),
        (("no", 4.4), "Compare the bound"),
        (4.0, 'The answer is ("yes" or "no"'),
        (("perhaps", 4.0), 'The answer is ("yes" or "no"'),
        (("no", math.nan), 'The answer is ("yes" or "no"'),
    ],
    "7.3": [
        (weight(posterior="Normal(mu, sd)"), "unscaled mean"),
        (weight(prior="unit_prior(factor)"), "M_1"),
        (weight("unit_prior(factor)", "Normal(mu, sd)"), "mixed weights"),
        (weight(prior="Normal(0.0, factor**2)"), "your prior got a variance"),
        (weight(posterior="Normal(factor * mu, factor * sd)"), "width of the posterior stays"),
        (weight(posterior="Normal(factor * mu, sd**2)"), "your posterior got a variance"),
        (weight(each="posterior.log_prob(u) - prior.log_prob(u)"), "upside down"),
        (weight(gives="each.mean(-1)"), "yours is a mean"),
        (weight(gives="each.sum()"), "over nothing else"),
        (weight(gives="each"), "one number a dimension"),
        (weight(gives="each.sum(-1).exp()"), "logarithm of the weight"),
        (weight(gives="each.sum(0)"), "Another log-weight"),
        (weight(each="torch.log(prior.log_prob(u))"), "Another log-weight"),  # NaN
        (weight(gives="None"), "write its body"),
        (in_place, "changes its inputs"),
        (weight(posterior="Normal(factor @ mu, sd)"), "failed with RuntimeError"),
        (1.5, "The answer is a function"),
    ],
    "7.4": [
        (0.5, "who pays"),
        (1, "They sum to 2.07"),
        (2.0, "They sum to 3"),
        (1000.0, "who pays"),
        (0, "des_std"),
        (-4.0, "des_std"),
        ("large", "The answer is a number"),
        (math.nan, "The answer is a number"),
    ],
    "7.5": [
        ("We report the likelihood of the model by importance weighting.", "reader asks"),
        (PARAGRAPH.replace("prior", "start"), "does the generator draw"),
        (PARAGRAPH.replace("posterior", "normal"), "the draws of the estimate"),
        (PARAGRAPH.replace("factor", "number"), "multiplied by"),
        (PARAGRAPH.replace("documents", "of them"), "Over how many texts"),
        (PARAGRAPH.replace("seeds", "of them"), "How many trainings"),
        (PARAGRAPH.replace("scaled ", ""), "which of the two"),
        (ANOTHER.replace("draws", "of them"), "How many draws"),
        (ANOTHER.replace("decoder", "network"), "What does the network get"),
        (SHORTEST.replace(" and so on", "", 1).replace(" and so on", "", 5), "60 to 160 words"),
        (3 * PARAGRAPH, "60 to 160 words"),
        ("", "8 of 8 points"),
        (160, "text in quotes"),
    ],
}
