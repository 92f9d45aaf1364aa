"""The rooms of the simulated nation: no import points upwards or sideways."""

from __future__ import annotations

from tests.support.imports import imports_below, upward
from tests.support.repository import PACKAGE

FLOORS = (
    "draw",
    "codes days",
    "levels",
    "people",
    "visits",
    "records",
    "export",
    "truth",
    "make",
    "generate",
)


def test_no_room_imports_a_higher_one() -> None:
    assert upward(imports_below(PACKAGE, "simulate", "nation"), FLOORS) == []
