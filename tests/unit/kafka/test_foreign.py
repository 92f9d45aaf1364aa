"""Foreign records: named by their place, and left out where an operator says so."""

from __future__ import annotations

import pytest

from kpr_stream.errors import ConfigurationError
from kpr_stream.kafka.foreign import (
    foreign_record,
    has_ledger_header,
    place_text,
    read_places,
)

PLACE = ("kpr.hst.consultation", 3, 12)


def test_a_place_is_read_as_it_is_written() -> None:
    assert read_places(place_text(PLACE)) == {PLACE}
    other = ("kpr.rights", 0, 0)
    assert read_places(f"{place_text(PLACE)}, {place_text(other)}") == {PLACE, other}
    assert read_places("") == frozenset()


@pytest.mark.parametrize("text", ["rubbish", "a/1", "a/1@x", "a/-1@2", "a/1@2;b/1@2", "/1@2"])
def test_what_is_no_place_is_refused_and_not_quoted(text: str) -> None:
    with pytest.raises(ConfigurationError, match="KPR_SKIP_RECORDS") as refused:
        read_places(text)
    assert text not in str(refused.value)


def test_a_foreign_record_is_named_with_the_way_on() -> None:
    error = foreign_record(PLACE, "it has no value.")
    assert "kpr.hst.consultation, partition 3, offset 12: it has no value." in error.message
    assert f"KPR_SKIP_RECORDS={place_text(PLACE)} " in error.what_to_do


def test_the_header_of_the_processor_is_looked_for_by_its_name() -> None:
    assert has_ledger_header([("other", b""), ("kpr-ledger", bytes(80))])
    assert not has_ledger_header([])
    assert not has_ledger_header([("other", b"")])
