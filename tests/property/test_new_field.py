"""The item contract is in one place: a new field is a schema version each and one mapping row."""

from __future__ import annotations

from pathlib import Path

from tests.support import new_field
from tests.support.new_field import KEY, NAME, OBJECT, VALUE


def test_a_new_field_arrives_with_two_schema_versions_and_one_row(tmp_path: Path) -> None:
    found = new_field.sent_through_a_copy(tmp_path)
    assert [counts["accepted"] for counts in found["counts"]] == [1, 1]
    # The second consultation was sent in the older contract, which does not have the field.
    assert found["cleaned"] == [VALUE, None]
    assert found["rows"] == [VALUE, None]
    assert found["columns"][NAME] == ["integer", True, True]
    assert found["set_aside"] == [[], []]
    assert found["not_read"] == []


def test_without_the_row_nothing_arrives_and_the_dry_run_says_so(tmp_path: Path) -> None:
    found = new_field.sent_through_a_copy(tmp_path, with_row=False)
    assert found["cleaned"] == [None, None]
    assert found["not_read"] == [OBJECT]
    assert KEY not in found["not_read"]
