"""The rooms of the embedded stack: no import points upwards or sideways."""

from __future__ import annotations

from tests.support.imports import imports_below, upward
from tests.support.repository import PACKAGE

FLOORS = (
    "files ports",
    "layout diagnose",
    "credentials plan state children",
    "kafka postgres schema_registry",
    "supervisor stop",
    "start status",
)


def test_no_room_imports_a_higher_one() -> None:
    assert upward(imports_below(PACKAGE, "embedded"), FLOORS) == []


def test_an_upward_import_is_found() -> None:
    assert upward(imports_below(PACKAGE, "embedded"), FLOORS[::-1]) != []
