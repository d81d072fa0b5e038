"""The sentences that are kept for a page are whole, and of a recipe that the page can train."""

from pathlib import Path

from collapse.viz.pages.written import written
from notebooks import ROOT

KEPT = ROOT / "book" / "results" / "written"


def test_what_is_kept_is_what_a_page_shows() -> None:
    names = [file.stem for file in KEPT.glob("*.json")]
    assert "yelp-sentiment-medium" in names
    for name in names:
        kept = written(name, KEPT)
        assert kept is not None
        assert all(len(pair) == 2 and all(pair) for pair in kept["sentences"])
        assert 1 <= kept["different"] <= kept["of"]
        found = kept["metrics"]
        assert found["mi"] <= min(found["kl"], found["mi_cap"])
        assert {"recipe", "corpus", "scale", "seed", "changes", "system", "date"} <= kept.keys()


def test_where_nothing_is_kept_there_is_nothing(tmp_path: Path) -> None:
    assert written("yelp-sentiment-medium", tmp_path) is None
