"""Answers to the exercises of chapter 3 as students give them: right in several ways, and wrong."""

import math

import torch

from collapse import Recipe, training


def by_adam(model, x, steps, moving=("encoder", "log_var"), sign=-1):
    optimizer = torch.optim.Adam([getattr(model, name) for name in moving], lr=0.05)
    for _ in range(steps):
        optimizer.zero_grad()
        (sign * model.elbo(x).mean()).backward()
        optimizer.step()
    return model


def held_still(model, x, steps):
    model.decoder.requires_grad_(False)
    optimizer = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], lr=0.05)
    for _ in range(steps):
        model.zero_grad()
        loss = -torch.mean(model.elbo(x))
        loss.backward()
        optimizer.step()
    return model


def by_hand(model, x, steps):
    for _ in range(steps):
        gradients = torch.autograd.grad(-model.elbo(x).mean(), [model.encoder, model.log_var])
        with torch.no_grad():
            for parameter, gradient in zip((model.encoder, model.log_var), gradients, strict=True):
                parameter -= 0.1 * gradient
    return model


def forgets_gradients(model, x, steps):
    optimizer = torch.optim.Adam([model.encoder, model.log_var], lr=0.05)
    (-model.elbo(x).mean()).backward()
    for _ in range(steps):
        optimizer.step()
    return model


def gives_another(model, x, steps):
    return x.mean()


RIGHT = {
    "3.1": ["ca", "CA", ("c", "a")],
    "3.2": [by_adam, held_still, by_hand],
    "3.3": ["BCA", "bca", "BCA "],
    "3.4": [("b", 0.2), ["B.", 357.0 - 356.8], ("b", torch.tensor(0.2))],
}
WRONG = {
    "3.1": [
        ("aa", "encoder is as it was"),
        ("ac", "the other way round"),
        ("ba", "does not depend on z"),
        ("da", "follow the encoder"),
        ("cb", "At the end: Across"),
        ("cc", "pays for them"),
        ("cd", "tells documents apart, too"),
        ("e", "The answer is "),
        ("c", "The answer is "),
        ("", "The answer is "),
        (True, "The answer is "),
    ],
    "3.2": [
        (lambda m, x, n: by_adam(m, x, n, ("encoder", "log_var", "decoder")), "decoder has moved"),
        (lambda m, x, n: by_adam(m, x, n, ("encoder",)), "width has not moved"),
        (lambda m, x, n: by_adam(m, x, n, ("log_var",)), "mean has not moved"),
        (lambda m, x, n: by_adam(m, x, n, sign=1), "uphill"),
        (lambda m, x, n: by_adam(m, x, 1), "one step"),
        (lambda m, x, n: m, "Another encoder"),
        (forgets_gradients, "Another encoder"),
        (lambda m, x, n: by_adam(m, x, n, ("decoder",)), "decoder"),
        (lambda m, x, n: None, "write its body"),
        (gives_another, "failed with AttributeError"),
    ],
    "3.3": [
        ("BAC", "tell nothing"),
        ("CBA", "own means"),
        ("ABC", "Lag"),
        ("ACB", "Lag"),
        ("CAB", "Lag"),
        ("BC", "The answer is "),
    ],
    "3.4": [
        (("a", 0.2), "not annealed"),
        (("c", 0.2), "is a cost"),
        (("d", 0.2), "row that is annealed"),
        (("b", 0.9), "from the annealed row"),
        (("b", 0.5), "look at Yelp"),
        (("b", -0.2), "without its sign"),
        (("b", 0.35), "a mean over corpora"),
        (("b", 1.1), "is in question"),
        (("b", 356.8), "row by row"),
        ("b", "The answer is "),
        (("e", 0.2), "The answer is "),
        (1, "The answer is "),
    ],
}
# --- the same with what a training might give: None where it is refused before one ------------

SHORT = training.Aggressive(training.InnerBudget(10), max_epochs=1)
RIGHT_AFTER = {
    "3.5": [(True, {"mi": 0.11}), (False, {"mi": 0.1}), (False, {"mi": 0.0}), (True, {"mi": 2.0})],
    "3.6": [
        (SHORT, {"encoder_steps": 1999, "mi": 0.31}),
        (training.Aggressive(training.InnerBudget(2)), {"encoder_steps": 800, "mi": 1.0}),
        (training.Joint(), {"encoder_steps": 100, "mi": 0.5}),
    ],
}
WRONG_AFTER = {
    "3.5": [
        ("no", None, "True or False"),
        ("True", None, "True or False"),
        (1, None, "True or False"),
        (0.1, None, "True or False"),
        ([True], None, "True or False"),
        (torch.tensor(True), None, "True or False"),
        (math.nan, None, "True or False"),
        (True, {"mi": 0.1}, "MI 0.100"),
        (False, {"mi": 0.2}, "MI 0.200"),
        (False, {"mi": math.nan}, "the mi is nan"),
    ],
    "3.6": [
        (Recipe(), None, "The answer is a strategy"),
        ("aggressive", None, "The answer is a strategy"),
        (training.Joint, None, "The answer is a strategy"),
        (training.InnerBudget(2), None, "The answer is a strategy"),
        ([SHORT], None, "The answer is a strategy"),
        (10, None, "The answer is a strategy"),
        (SHORT, {"encoder_steps": 2000, "mi": 1.0}, "Fewer than 2,000"),
        (SHORT, {"encoder_steps": 100, "mi": 0.3}, "more than 0.3"),
        (SHORT, {"encoder_steps": 0, "mi": 1.0}, "never moved"),
        (SHORT, {"encoder_steps": 100, "mi": math.nan}, "the mi is nan"),
    ],
}
TRAINED = {
    "3.5": [(True, "MI"), (False, "MI"), ("no", "True or False"), (0.1, "True or False")],
    "3.6": [
        (training.Joint(), "encoder steps"),
        (training.Aggressive(training.InnerBudget(2), max_epochs=1), "encoder steps"),
        (Recipe(), "The answer is a strategy"),
    ],
}
