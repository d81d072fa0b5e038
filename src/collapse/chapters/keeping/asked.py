"""The runs that a page asks for, before anything is done."""

from collections.abc import Mapping, Sequence

from collapse import data
from collapse.recipe import Recipe
from collapse.runs.request import Request, make_request
from collapse.runs.settings import Settings

Asked = Mapping[str, Sequence[Request]]
"""By the name of the recipe, a request a seed."""


def requests_for(
    recipes: Sequence[str] | Mapping[str, Recipe],
    corpus: data.AnyCorpus,
    scale: str,
    seeds: Sequence[int],
    *,
    settings: Settings | Mapping[str, Settings] | None = None,
    device: str | None = None,
) -> dict[str, list[Request]]:
    """Every recipe with every seed, as :func:`collapse.run_all` asks for them.

    Args:
        recipes: names from ``RECIPES``, or recipes of your own by name.
        corpus: a name from ``CORPORA``, a path to texts of your own, or a corpus.
        scale: "smoke", "light", "medium", "colab" or "full".
        seeds: one run each.
        settings: instead of those of the corpus and scale: for all recipes, or for some by name.
        device: "cpu", "cuda" or "mps" instead of the one that the scale has by itself.

    Returns:
        By recipe, one request a seed, in the order of the seeds.

    Raises:
        CollapseError: with a sentence, for a name that does not exist.
    """
    by_name = recipes if isinstance(recipes, Mapping) else {name: name for name in recipes}
    given = settings if isinstance(settings, Mapping) else dict.fromkeys(by_name, settings)
    return {
        name: [
            make_request(r, corpus, scale, seed, name=name, settings=given.get(name), device=device)
            for seed in seeds
        ]
        for name, r in by_name.items()
    }
