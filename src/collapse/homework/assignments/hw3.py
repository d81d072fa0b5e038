"""Assignment 3: schedules of the KL's weight, aggressive training, and encoders that lag."""

from itertools import permutations

from collapse.homework.assignment import Assignment, Task
from collapse.homework.assignments.hw3_lag import GAPS, ROW, WAITS
from collapse.homework.assignments.hw3_schedules import (
    INNER_LOOP,
    LOGS,
    WEIGHTS,
    comes_and_goes,
    which_log,
)
from collapse.homework.kinds import Choice, Find

ASSIGNMENT = Assignment(
    title="Schedules, aggressive training and lag",
    chapters=(2, 3),
    tasks={
        "hw3.1": Task(
            "The weight of a step",
            goals=("write a schedule of the KL's weight by step",),
            points=3,
            minutes=10,
            difficulty="easy",
            kind="implement",
            answer="kl_weights",
            exercise=WEIGHTS,
        ),
        "hw3.2": Task(
            "When does an inner loop end?",
            goals=("implement a stopping rule from its description",),
            points=3,
            minutes=15,
            difficulty="medium",
            kind="implement",
            answer="inner_steps",
            exercise=INNER_LOOP,
        ),
        "hw3.3": Task(
            "Does a slow encoder make a trap?",
            goals=("tell a saddle from a minimum", "tell a direction from a speed"),
            points=4,
            minutes=25,
            difficulty="hard",
            kind="derive",
            rubric={
                "the gradients near (0, 0) to first order, with the KL's and the noise's terms": 1,
                "a growing direction exists if and only if λ > σ², by the determinant": 1,
                "the same condition for every r > 0, since r multiplies the determinant": 1,
                "the growth falls with r and goes to 0; a wait, and no minimum": 1,
            },
        ),
        "hw3.4": Task(
            "Two gaps",
            goals=("write the exact posterior of a linear decoder", "split the gap of a bound"),
            points=5,
            minutes=25,
            difficulty="hard",
            kind="implement",
            answer="gaps",
            exercise=GAPS,
        ),
        "hw3.5": Task(
            "When does it leave?",
            goals=("predict from a curvature how long a start stays silent",),
            points=3,
            minutes=15,
            difficulty="medium",
            kind="predict",
            answer="answer_5",
            exercise=WAITS,
        ),
        "hw3.6": Task(
            "A KL that comes and goes",
            goals=("see that a schedule moves the threshold of collapse",),
            points=2,
            minutes=10,
            difficulty="easy",
            kind="break",
            answer="warm_up",
            exercise=Find(comes_and_goes, rehearsed=5),
        ),
        "hw3.7": Task(
            "Three logs",
            goals=("read an objective whose weight changes",),
            points=2,
            minutes=10,
            difficulty="medium",
            kind="read a log",
            answer="answer_7",
            exercise=Choice(
                truth=which_log,
                options=["".join(order) for order in permutations(LOGS)],
                hint="What lies between −ELBO and objective, at a weight below 1 and at 1?",
                why_not={
                    "CAB": "A rising objective is no sign of another schedule: the weight rises. "
                    "What must objective and −ELBO be at weight 1?",
                    "BCA": "Which of the two ends with a KL of 0?",
                    "ABC": "Does the sum come out in each epoch of the log that you name first?",
                },
                praise="An objective with a moving weight may rise while the model gets better.",
            ),
        ),
        "hw3.8": Task(
            "Judge a published row",
            goals=("put an interval over seeds on a published difference",),
            points=3,
            minutes=15,
            difficulty="medium",
            kind="judge a published row",
            answer="answer_8",
            exercise=ROW,
        ),
        "hw3.9": Task(
            "A fair comparison (open)",
            goals=("plan a comparison at one budget, with what would refute it",),
            points=4,
            minutes=30,
            difficulty="hard",
            kind="open problem",
            rubric={
                "one budget for all systems, counted in passes that include the inner steps": 1,
                "tuned rivals: slow annealing and a longer plain VAE among them": 1,
                "measures and seeds named before: likelihood with an interval, information": 1,
                "a prediction, and the result that would change the author's mind": 1,
            },
        ),
    },
)
