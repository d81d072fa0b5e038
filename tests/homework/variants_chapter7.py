"""Answers to the exercises of chapter 7 as students give them: right in several ways, and wrong.

Each wrong one stands with a piece of what it must be told.
"""

import math

import torch
from torch.distributions import Independent, Normal


def with_torch(z, mu, sd, factor):
    return (Normal(0.0, 1.0).log_prob(z) - Normal(mu, sd / factor).log_prob(z)).sum(-1)


def written_out(z, mu, sd, factor):
    width = sd / factor
    return (width.log() - z**2 / 2 + ((z - mu) / width) ** 2 / 2).sum(1)


def of_u(z, mu, sd, factor):
    u = factor * z
    return (Normal(0.0, factor).log_prob(u) - Normal(factor * mu, sd).log_prob(u)).sum(-1)


def by_row(z, mu, sd, factor):
    rows = []
    for one, m, s in zip(z, mu, sd, strict=True):
        prior = torch.distributions.MultivariateNormal(torch.zeros(3), torch.eye(3))
        rows.append(prior.log_prob(one) - Independent(Normal(m, s / factor), 1).log_prob(one))
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
    "7.2": [
        (4.0, 6.92, 10.82),
        [4, 3 + 8 * 0.49, math.log(50_000)],
        torch.tensor([4.0, 6.92, 10.82]),
    ],
    "7.3": [with_torch, written_out, of_u, by_row],
    "7.4": [
        (16, 0, 9.7),
        [16.0, 0.0, 16 * math.exp(-0.5)],
        torch.tensor([16.0, 0.0, 9.704]),
    ],
    "7.5": [PARAGRAPH, ANOTHER, SHORTEST],
}


def in_place(z, mu, sd, factor):
    z *= factor
    return (Normal(0.0, factor).log_prob(z) - Normal(factor * mu, sd).log_prob(z)).sum(-1)


def weight(prior="Normal(0.0, 1.0)", posterior="Normal(mu, sd / factor)", **more):
    """A log-weight of which one part is otherwise, as a student would write it."""
    code = f"""
def log_weight(z, mu, sd, factor):
    prior, posterior = {prior}, {posterior}
    each = {more.get("each", "prior.log_prob(z) - posterior.log_prob(z)")}
    return {more.get("gives", "each.sum(-1)")}
"""
    names = {"torch": torch, "Normal": Normal}
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
        ((10.82, 10.82, 10.82), "cap of the estimator"),
        ((4.0, 6.92, 27.0), "cannot show so much"),
        ((2, 3, 9), "the KL alone"),
        ((2, 3.92, 10.82), "the KL comes on top"),
        ((6.0, 10.82, 10.82), "Look at the half"),
        ((6.0, 8.6, 10.82), "added is a variance"),
        ((2.125, 3.245, 10.125), "Every one of the 16"),
        ((5.77, 9.983, 15.61), "base 2"),
        ((4.4, 6.5, 11.3), "Compare the bound"),
        ((4.0, 6.9, 10.8), "give two decimals"),
        ((4.0, 6.9, 11.3), "Compare the bound"),
        ("no", "The answer is (largest MI"),
        (4.0, "The answer is (largest MI"),
        ((4.0, math.nan, 10.82), "The answer is (largest MI"),
    ],
    "7.3": [
        (weight(posterior="Normal(mu, sd)"), "both parts"),
        (weight(posterior="Normal(factor * mu, sd)"), "that of u, at z"),
        (weight(posterior="Normal(mu, sd * factor)"), "the deviation, too"),
        (weight(prior="Normal(0.0, factor)"), "Your prior is that of u"),
        (weight("Normal(0.0, factor)", "Normal(factor * mu, sd)"), "Both of your densities"),
        (
            weight(each="prior.log_prob(z) - posterior.log_prob(z) + factor.log()"),
            "both get the same one",
        ),
        (
            weight(each="prior.log_prob(z) - posterior.log_prob(z) - factor.log()"),
            "one stands over the other",
        ),
        (weight(posterior="Normal(mu, (sd / factor) ** 2)"), "your posterior got a variance"),
        (weight(each="posterior.log_prob(z) - prior.log_prob(z)"), "upside down"),
        (weight(gives="each.mean(-1)"), "yours is a mean"),
        (weight(gives="each.sum()"), "over nothing else"),
        (weight(gives="each"), "one number a dimension"),
        (weight(gives="each.sum(-1).exp()"), "logarithm of the weight"),
        (weight(gives="each.sum(0)"), "Another log-weight"),
        (weight(each="torch.log(prior.log_prob(z))"), "Another log-weight"),  # NaN
        (weight(gives="None"), "write its body"),
        (in_place, "changes its inputs"),
        (weight(posterior="Normal(factor @ mu, sd)"), "failed with RuntimeError"),
        (1.5, "The answer is a function"),
    ],
    "7.4": [
        ((1, 0, 9.7), "with a hint of its own"),
        ((2.77, 0, 9.7), "a logarithm of the sum"),
        ((16, 2.773, 9.7), "floor of likelihoods"),
        ((16, -2.773, 9.7), "a KL is never negative"),
        ((16, 0.5, 9.7), "leave their scale free"),
        ((16, 0, 16), "where the factor is held"),
        ((16, 0, 26.38), "side of the equation"),
        ((16, 0, 2.355), "for a des_std below 1"),
        ((16, 0, 2.27), "logarithm of the des_std"),
        ((16, 0, 2.77), "at which the two meet"),
        ((16, 0, 11.31), "base 2"),
        ((1, 2.77, 9.7), "How far apart"),
        ((4, 0, 9.7), "How far apart"),
        (4, "The answer is (limit of the sum"),
        ((math.inf, 0, 9.7), "The answer is (limit of the sum"),
        ("large", "The answer is (limit of the sum"),
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
