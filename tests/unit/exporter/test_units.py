"""What the exporter says of a unit, from its state alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from kpr_stream.errors import ConfigurationError
from kpr_stream.exporter.clock import ExporterClock, read_clock
from kpr_stream.exporter.units import Agreement, ReportingUnit, views
from kpr_stream.model.coverage import months_until
from kpr_stream.model.unit import Gap, UnitState
from kpr_stream.model.words import System
from kpr_stream.simulate.identifiers import org_nr

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)  # a Wednesday
NEW = UnitState(org_nr="974760673", system=System.EG_INFODOC)
AGREED = replace(NEW, agreed_from=date(2026, 3, 2))


def ms(*when: int) -> int:
    return round(datetime(*when, tzinfo=UTC).timestamp() * 1000)  # type: ignore[arg-type, misc]


def seen(*states: UnitState, now: datetime = NOW, **more: Any) -> list[ReportingUnit]:
    return views(states, now=now, clock=ExporterClock(), **more)[0]


HEARD = replace(AGREED, last_processed_at=ms(2026, 3, 4, 1), first_delivery_at=ms(2026, 3, 2, 1))


def test_a_unit_that_was_never_heard_is_there_with_its_first_deadline() -> None:
    (one,) = seen(AGREED)
    assert one.agreement is Agreement.EXPECTED
    assert one.last_delivery == one.last_content == 0
    assert one.due == datetime(2026, 3, 3, 9, tzinfo=UTC).timestamp()  # 10:00 in Oslo


def test_a_delivery_of_the_night_is_followed_by_the_deadline_of_the_next_working_day() -> None:
    (one,) = seen(HEARD)
    assert one.agreement is Agreement.BEGUN
    assert one.due == datetime(2026, 3, 5, 9, tzinfo=UTC).timestamp()


def test_days_without_content_begin_at_the_newest_content_or_at_the_first_delivery() -> None:
    monday = ms(2026, 3, 16, 1)
    never = replace(HEARD, first_delivery_at=monday, last_processed_at=monday)
    later = replace(never, last_content_at=ms(2026, 3, 18, 1))
    now = datetime(2026, 3, 20, 12, tzinfo=UTC)  # a Friday
    found, _ = views([NEW, never, later], now=now, clock=ExporterClock())
    assert [one.days_without_content for one in found] == [3, 1, None]


def test_nothing_is_expected_without_agreement_after_its_end_and_in_a_pause() -> None:
    ended = replace(HEARD, agreed_to=date(2026, 3, 2))
    paused = replace(HEARD, paused_from=date(2026, 3, 3))
    found = seen(NEW, ended, paused)
    assert {one.agreement: one.due for one in found} == {
        Agreement.MISSING: None,
        Agreement.ENDED: None,
        Agreement.PAUSED: None,
    }


def test_block_and_gaps_say_since_when_and_how_many() -> None:
    blocked = replace(HEARD.refused("DIGEST_MISMATCH", at=ms(2026, 3, 4, 2)), gaps=(Gap(3, 5, 0),))
    (one,) = seen(blocked)
    assert one.blocked_since == ms(2026, 3, 4, 2) / 1000
    assert (one.blocked_reason, one.missing) == ("DIGEST_MISMATCH", 3)
    assert one.last_delivery == ms(2026, 3, 4, 1) / 1000, "a refused delivery is not one"


def test_months_are_expected_from_2017_to_the_last_that_is_over() -> None:
    half = replace(HEARD, covered_months=months_until(date(2021, 12, 1)))
    (one,) = seen(half)
    assert (one.covered_months, one.expected_months) == (60, 110)
    (over,) = seen(replace(half, agreed_from=date(2020, 1, 1), agreed_to=date(2020, 12, 31)))
    assert (over.covered_months, over.expected_months) == (48, 48)


def test_a_system_that_took_over_is_expected_from_its_first_month() -> None:
    old = replace(HEARD, agreed_from=date(2020, 1, 1), agreed_to=date(2026, 1, 31))
    new = replace(AGREED, system=System.VISMA_HSPRO, agreed_from=date(2026, 2, 1))
    months = {one.system: one.expected_months for one in seen(old, new)}
    assert months == {System.EG_INFODOC: 109, System.VISMA_HSPRO: 1}


def test_the_number_of_units_is_bounded_and_those_with_an_agreement_come_first() -> None:
    strangers = [replace(NEW, org_nr=org_nr(n)) for n in range(20)]
    shown, left_out = views([*strangers, AGREED, HEARD], now=NOW, clock=ExporterClock(), most=2)
    assert {one.agreement for one in shown} == {Agreement.EXPECTED, Agreement.BEGUN}
    assert left_out == 20


IN_THE_NIGHT = datetime(2026, 3, 31, 22, 30, tzinfo=UTC)  # 00:30 on 1 April in Norway
IN_WINTER = datetime(2026, 2, 28, 23, 30, tzinfo=UTC)  # 00:30 on 1 March in Norway


@pytest.mark.parametrize("now", [IN_THE_NIGHT, IN_WINTER])
def test_pause_and_agreement_end_with_the_norwegian_day(now: datetime) -> None:
    utc_day = now.date()
    paused = replace(HEARD, paused_from=date(2026, 1, 1), paused_until=utc_day)
    ended = replace(HEARD, agreed_from=date(2026, 1, 1), agreed_to=utc_day)
    found = [one.agreement for one in seen(paused, ended, now=now)]
    assert found == [Agreement.BEGUN, Agreement.ENDED]
    tomorrow = replace(HEARD, paused_from=utc_day + timedelta(1))
    assert [one.agreement for one in seen(tomorrow, now=now)] == [Agreement.PAUSED]


def test_a_month_is_over_with_the_norwegian_day() -> None:
    from_march = 110  # January 2017 to February 2026
    (one,) = seen(HEARD, now=IN_WINTER)
    assert one.expected_months == from_march
    (before,) = seen(HEARD, now=IN_WINTER - timedelta(hours=1))
    assert before.expected_months == from_march - 1


def test_a_system_begins_on_the_norwegian_day_of_its_first_delivery() -> None:
    first = round(IN_WINTER.timestamp() * 1000)
    old = replace(HEARD, agreed_from=date(2020, 1, 1))
    new = replace(NEW, system=System.VISMA_HSPRO, first_delivery_at=first, last_processed_at=first)
    april = datetime(2026, 4, 5, 12, tzinfo=UTC)
    months = {one.system: one.expected_months for one in seen(old, new, now=april)}
    assert months[System.VISMA_HSPRO] == 1  # March


@pytest.mark.parametrize("text", ["1.0 for 01815012345", "x" * 300])
def test_a_version_that_a_sender_writes_is_bounded_and_names_nobody(text: str) -> None:
    (one,) = seen(replace(HEARD, software_version=text))
    assert len(one.software_version) <= 40
    assert "01815012345" not in one.software_version


def test_a_fast_clock_gives_deadlines_in_real_time() -> None:
    clock = read_clock("2026-03-04T06:00:00+01:00 x1440", now=1_000_000.0)
    state = replace(AGREED, last_processed_at=1_000_000_000)
    ((one,), _) = views([state], now=clock.show(1_000_000.0), clock=clock)
    # 28 hours from 06:00 to 10:00 of the next day take 70 s.
    assert one.due == pytest.approx(1_000_070.0)


@pytest.mark.parametrize("text", ["tomorrow x2", "2026-03-04T06:00:00 x10", "2026-03-04", "x1"])
def test_a_clock_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="KPR_TEST_CLOCK"):
        read_clock(text, now=0)
