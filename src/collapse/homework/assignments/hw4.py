"""Assignment 4: BN-VAE, Scale-VAE, and bounds that are valid."""

from itertools import permutations

from collapse.homework.assignment import Assignment, Task
from collapse.homework.assignments.hw4_floors import CODES, COPIED, FITTED, hidden_from_the_count
from collapse.homework.assignments.hw4_scaled import ESTIMATE, LOGS, SCALED, by_excess
from collapse.homework.kinds import Choice, Find

ASSIGNMENT = Assignment(
    title="BN-VAE, Scale-VAE and valid bounds",
    chapters=(5, 7),
    tasks={
        "hw4.1": Task(
            "Whose statistics?",
            goals=("write batch normalisation for training and for test time",),
            points=3,
            minutes=15,
            difficulty="easy",
            kind="implement",
            answer="codes",
            exercise=CODES,
        ),
        "hw4.2": Task(
            "A floor, and where it is measured",
            goals=("find γ for a floor", "predict a KL under statistics that do not fit"),
            points=3,
            minutes=15,
            difficulty="medium",
            kind="predict",
            answer="answer_2",
            exercise=FITTED,
        ),
        "hw4.3": Task(
            "How far can a valid price fall?",
            goals=("derive what a valid charge leaves free",),
            points=4,
            minutes=25,
            difficulty="hard",
            kind="derive",
            rubric={
                "the charge to N(0, f²) as a function of c, with the − log c from the width": 1,
                "the minimum over c, found and shown to be one": 1,
                "the least charge written as a KL to the normal that fits u best": 1,
                "it is not below the information; and what Eq. 7 lacks, named as that term": 1,
            },
        ),
        "hw4.4": Task(
            "What is charged, and what is paid",
            goals=("compute factor and both charges of a scaled posterior",),
            points=4,
            minutes=20,
            difficulty="medium",
            kind="implement",
            answer="scaled",
            exercise=SCALED,
        ),
        "hw4.5": Task(
            "An estimate with valid weights",
            goals=("write a stable importance-weighted likelihood with the right densities",),
            points=4,
            minutes=20,
            difficulty="hard",
            kind="implement",
            answer="log_likelihoods",
            exercise=ESTIMATE,
        ),
        "hw4.6": Task(
            "Hidden from the count",
            goals=("break active units: a code that tells, with none active",),
            points=3,
            minutes=20,
            difficulty="hard",
            kind="break",
            answer="posteriors",
            exercise=Find(hidden_from_the_count),
        ),
        "hw4.7": Task(
            "Three logs",
            goals=("tell from factor and width on which side of a bound an objective lies",),
            points=2,
            minutes=10,
            difficulty="medium",
            kind="read a log",
            answer="answer_7",
            exercise=Choice(
                truth=by_excess,
                options=["".join(order) for order in permutations(LOGS)],
                hint="Which sign has each term of (7.2), for a factor above 1 and for one below?",
                why_not={
                    "CAB": "That is the order of the factors. The width counts, too: what is "
                    "1 − f⁻² for a factor below 1?",
                    "ACB": "Look at the signs of both terms of (7.2), one by one.",
                    "CBA": "Which is larger, log 3 or what log 0.6 and a wide posterior make?",
                },
                praise="A factor above 1 with a wide posterior can leave a bound, and one below "
                "1 can break it.",
            ),
        ),
        "hw4.8": Task(
            "Judge a published row",
            goals=("test a copied number by the cap of its estimator",),
            points=3,
            minutes=10,
            difficulty="easy",
            kind="judge a published row",
            answer="answer_8",
            exercise=COPIED,
        ),
        "hw4.9": Task(
            "What is the floor for? (open)",
            goals=("plan an experiment that tells two explanations apart",),
            points=4,
            minutes=30,
            difficulty="hard",
            kind="open problem",
            rubric={
                "two explanations that predict different numbers, both stated": 1,
                "a change that separates them, all else equal, and a control": 1,
                "use and likelihood are measured, not the KL alone, with seeds": 1,
                "what would count against each, said before the run": 1,
            },
        ),
    },
)
