"""Settings of all tests."""

from __future__ import annotations

import pytest
from hypothesis import settings

# A shared machine stalls: how long one example takes says nothing about the code.
settings.register_profile("no-deadline", deadline=None)
# Half an hour of histories: pytest tests/property/test_outcomes.py --hypothesis-profile=long
settings.register_profile("long", deadline=None, max_examples=20_000)
settings.load_profile("no-deadline")

ON_A_STACK = ("tests/integration/", "tests/faults/")


@pytest.hookimpl(tryfirst=True)  # before xdist looks for groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever needs a broker stays in one process when tests run in several: one stack, and no
    other fault's noise; the pure tests go beside it."""
    for item in items:
        if item.nodeid.startswith(ON_A_STACK):
            item.add_marker(pytest.mark.xdist_group("stack"))
