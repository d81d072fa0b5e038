"""Walls for hand-ins: without them these tests are skipped, and fail where there must be some."""

import os

import pytest

from collapse.homework.grading import fence, user

MUST = os.environ.get("COLLAPSE_WALLS") == "must"  # where it is known that there are some


@pytest.fixture
def walls() -> None:
    """Namespaces, as the grader needs them."""
    if not fence.has_namespaces():
        if MUST:
            pytest.fail("This machine offers no namespaces, and it must have them.")
        pytest.skip("this machine offers no namespaces")


@pytest.fixture
def open_gate(monkeypatch: pytest.MonkeyPatch) -> None:
    """No namespaces, but a user for the hand-in."""
    if not fence.is_root():
        pytest.skip("only the grader of root has a user for hand-ins")
    user.python_for_others()  # a sentence here, where no other user can run Python
    monkeypatch.setattr(fence, "has_namespaces", lambda: False)


@pytest.fixture
def gate(request: pytest.FixtureRequest) -> str:
    """One of the two, by its name as the parameter."""
    request.getfixturevalue(request.param)
    return request.param
