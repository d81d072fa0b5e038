"""Ratings: whole files, means by hand, agreement by the library."""

import numpy as np
import pytest

from collapse.base.errors import CollapseError
from collapse.metrics.dialogue import ratings as rt
from collapse.metrics.dialogue.ratings import Rating, add_rating, read_ratings


def rated(rater: str, item: int, points: int, system: str = "cvae") -> Rating:
    return Rating(rater, item, system, points, 2, 3)


def test_ratings_come_back_from_the_file(tmp_path) -> None:
    path = tmp_path / "ratings.csv"
    assert read_ratings(path) == []
    for one in (rated("ann, b", 0, 1), rated("carl", 0, 3), rated("ann, b", 1, 2)):
        add_rating(path, one)
    assert read_ratings(path) == [rated("ann, b", 0, 1), rated("carl", 0, 3), rated("ann, b", 1, 2)]
    add_rating(path, rated("carl", 0, 2))
    assert rated("carl", 0, 3) not in read_ratings(path)
    assert [p.name for p in tmp_path.iterdir()] == ["ratings.csv"]


def test_a_file_that_is_no_list_of_ratings_is_named(tmp_path) -> None:
    path = tmp_path / "ratings.csv"
    path.write_text("a,b\n")
    with pytest.raises(CollapseError, match="columns must be"):
        read_ratings(path)
    add = ",".join(rt.RATING_COLUMNS) + "\nann,0,cvae,1,2,9\n"
    path.write_text(add)
    with pytest.raises(CollapseError, match="Line 2"):
        read_ratings(path)
    with pytest.raises(CollapseError, match="points from 1 to 3"):
        rated(" ", 0, 1)


def test_a_write_that_fails_leaves_the_file_as_it_was(tmp_path, monkeypatch) -> None:
    path = tmp_path / "ratings.csv"
    add_rating(path, rated("ann", 0, 1))
    before = path.read_text()

    def full(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(CollapseError, match="disk full"):
        add_rating(path, rated("ann", 1, 1))
    assert path.read_text() == before


def test_the_table_of_points_has_gaps_where_nobody_rated() -> None:
    found = rt.reliability([rated("a", 5, 1), rated("b", 9, 3)], "fluency")
    np.testing.assert_array_equal(found, [[1, np.nan], [np.nan, 3]])
    with pytest.raises(CollapseError, match="no aspect"):
        rt.reliability([], "wit")


def test_without_its_library_agreement_says_what_to_install(monkeypatch) -> None:
    monkeypatch.setattr(rt, "find_spec", lambda name: None)
    with pytest.raises(CollapseError, match="pip install krippendorff"):
        rt.agreement([rated("a", 0, 1)], "fluency")


def test_agreement_is_that_of_the_library() -> None:
    pytest.importorskip("krippendorff")
    same = [rated(who, item, 1 + item % 3) for who in "ab" for item in range(6)]
    assert rt.agreement(same, "fluency") == pytest.approx(1.0)
    with pytest.raises(CollapseError, match="more than one value"):
        rt.agreement(same, "relevance")
    with pytest.raises(CollapseError, match="two raters"):
        rt.agreement([rated("a", 0, 1), rated("b", 1, 2)], "fluency")
    opposite = [rated(who, i, p) for i in range(4) for who, p in (("a", 1), ("b", 3))]
    # two values, all pairs disagree: D_o = 1, D_e = n / (2 (n - 1)) with n = 8 values
    assert rt.agreement(opposite, "fluency") == pytest.approx(1 - 1 / (8 / 14))
