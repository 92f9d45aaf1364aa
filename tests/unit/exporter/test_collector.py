"""The exporter's series: bounded, without a person, and none of an earlier round."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import islice
from typing import Final

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from kpr_stream.audit.books import Books, Fault
from kpr_stream.exporter.clock import ExporterClock
from kpr_stream.exporter.collector import SnapshotCollector
from kpr_stream.exporter.quarantine import Quarantine
from kpr_stream.exporter.rejected import RejectedItems
from kpr_stream.exporter.rows import ROWS
from kpr_stream.exporter.run import places_of
from kpr_stream.exporter.snapshot import Snapshot, books_now
from kpr_stream.exporter.states import UnitStates, exact_totals
from kpr_stream.exporter.units import MOST_UNITS, views
from kpr_stream.model.identifiers import looks_like_an_id
from kpr_stream.model.unit import Gap, Totals, UnitState, unit_key
from kpr_stream.model.words import OUTCOMES, SYSTEMS, System
from kpr_stream.schemas import wire
from kpr_stream.simulate.identifiers import org_nr, org_numbers
from tests.support.repository import ROOT

PLACES: Final = places_of()
NOW: Final = datetime(2026, 3, 4, 12, tzinfo=UTC)
MOST_SERIES: Final = 50_000
UNITS: Final = 2_000
MUNICIPALITIES: Final = 357
ORG_NUMBERS: Final = list(islice(org_numbers(), UNITS + 600))
SERIES_A_UNIT: Final = 11
"""Nine of state and agreement, two of coverage."""

Labels = tuple[tuple[str, str], ...]


def served(
    *states: UnitState,
) -> dict[str, dict[Labels, float]]:
    units, left_out = views(states, now=NOW, clock=ExporterClock())
    collector = SnapshotCollector(PLACES)
    registry = CollectorRegistry()
    registry.register(collector)
    assert generate_latest(registry) == b""
    collector.snapshot = Snapshot(
        read_at=NOW.timestamp(),
        units=units,
        left_out=left_out,
        rejected=Counter({(states[0].org_nr, states[0].system.value): 7}),
        totals=exact_totals(states, PLACES),
        stopped_releases={("eg-infodoc", "1.1"): 5.0},
        admitted_releases={("eg-infodoc", "1.0"): 7.0},
        releases={("eg-infodoc", "1.0", "accepted"): 5},
        unprocessed=dict.fromkeys(SYSTEMS, 0),
        open_items=Quarantine().open_items(),
        books=books_now(Books({})),
    )
    text = generate_latest(registry).decode()
    return {
        family.name: {tuple(sorted(s.labels.items())): s.value for s in family.samples}
        for family in text_string_to_metric_families(text)
    }


def busy(n: int, system: System = System.EG_INFODOC, municipality: str = "0301") -> UnitState:
    """A unit with everything that gives a series."""
    at = round(NOW.timestamp() * 1000)
    return UnitState(
        org_nr=ORG_NUMBERS[n],
        system=system,
        municipality_code=municipality,
        agreed_from=date(2026, 1, 1),
        last_processed_at=at,
        last_content_at=at,
        blocked_since=at,
        blocked_reason="DIGEST_MISMATCH",
        gaps=(Gap(2, 3, at),),
        totals=Totals(processed=3, empty=1, refused=2, items=(5, 0, 0, 0, 0, 0, 1)),
        first_delivery_at=at,
        software_version="1.0 01815012345",
    )


def test_a_unit_has_its_series_and_its_place_only_in_the_info() -> None:
    found = served(busy(1))
    ((labels, _),) = found["kpr_unit_info"].items()
    info = dict(labels)
    assert (info["municipality_name"], info["county_name"]) == ("Oslo - Oslove", "Oslo")
    assert (info["agreement"], info["software_version"]) == ("begun", "unknown")
    assert all(
        "municipality" not in dict(labels)
        for name, samples in found.items()
        if name.startswith("kpr_unit_") and name != "kpr_unit_info"
        for labels in samples
    )
    ((_, rejected),) = found["kpr_unit_items_rejected_30d"].items()
    assert rejected == 7


def test_a_series_ends_with_what_it_says() -> None:
    before, after = busy(1), replace(busy(1), blocked_since=None, blocked_reason=None, gaps=())
    gone = {name for name, samples in served(after).items() if not samples}
    assert gone == {"kpr_unit_blocked_since_timestamp_seconds", "kpr_unit_missing_deliveries"}
    assert all(served(before).values())


def test_a_stopped_release_says_since_when() -> None:
    found = served(busy(1))["kpr_release_stopped_since_timestamp_seconds"]
    assert found == {(("software_version", "1.1"), ("system", "eg-infodoc")): 5}


def test_an_admitted_release_says_until_when() -> None:
    found = served(busy(1))["kpr_release_admitted_until_timestamp_seconds"]
    assert found == {(("software_version", "1.0"), ("system", "eg-infodoc")): 7}


def test_exact_totals_have_every_kind_and_outcome() -> None:
    found = served(busy(1), busy(2))
    assert len(found["kpr_exact_items"]) == len(OUTCOMES)
    kinds = {dict(labels)["kind"]: value for labels, value in found["kpr_exact_deliveries"].items()}
    assert kinds == {"with_content": 4, "empty": 2, "refused": 4}


def test_the_books_have_every_system_and_fault_also_while_they_balance() -> None:
    found = served(busy(1))["kpr_books_imbalance_deliveries"]
    assert len(found) == len(SYSTEMS) * len(Fault)
    assert set(found.values()) == {0}


def test_the_nation_has_fewer_series_than_prometheus_is_planned_for() -> None:
    codes = sorted(PLACES)[-MUNICIPALITIES:]
    units = [busy(n, SYSTEMS[n % 4], codes[n // 4 % MUNICIPALITIES]) for n in range(UNITS)]
    found = served(*units)
    assert sum(map(len, found.values())) < MOST_SERIES
    of_units = sum(len(s) for name, s in found.items() if name.startswith("kpr_unit_"))
    assert of_units <= SERIES_A_UNIT * UNITS
    strangers = [busy(n) for n in range(UNITS, UNITS + 600)]
    more = served(*units, *strangers)
    assert more["kpr_units_left_out"] == {(): UNITS + len(strangers) - MOST_UNITS}
    assert sum(map(len, more.values())) < MOST_SERIES


def test_no_label_holds_what_looks_like_an_id() -> None:
    found = served(*(busy(n) for n in range(50)))
    values = {value for samples in found.values() for labels in samples for _, value in labels}
    assert not [value for value in values if looks_like_an_id(value)]


def test_the_page_lists_every_metric_with_its_labels() -> None:
    page = (ROOT / "docs" / "operate" / "exporter.md").read_text("utf-8")
    listed = dict(re.findall(r"^\| `(kpr_\w+)` \|[^|]*\|[^|]*\| ([^|]*) \|", page, re.MULTILINE))
    wanted = {row.name: ", ".join(f"`{one}`" for one in row.labels) or "-" for row in ROWS}
    assert listed == wanted


def test_only_the_newest_state_of_a_key_counts() -> None:
    states = UnitStates()
    first, second = busy(1), replace(busy(1), next_sequence=9)
    key = unit_key(first.org_nr, first.system)
    states.add(key, b"never decoded: a newer record follows")
    states.add(key, wire.encode("unit_state", second.to_record()))
    assert [one.next_sequence for one in states.all()] == [9]
    states.add(key, None)
    assert list(states.all()) == []


def receipt(at: datetime, rejected: int, status: str = "processed") -> dict[str, object]:
    return {
        "received_at": at,
        "counts": {"rejected": rejected},
        "status": status,
        "org_nr": org_nr(1),
        "system": "eg-infodoc",
    }


def test_rejected_items_are_those_of_thirty_days() -> None:
    rejected = RejectedItems()
    for day, number in ((1, 100), (2, 10), (31, 1)):
        rejected.add(receipt(datetime(2026, 1, day, 12, tzinfo=UTC), number))
    rejected.add(receipt(datetime(2026, 1, 31, tzinfo=UTC), 50, "repeated"))
    assert rejected.totals(date(2026, 2, 1)) == {(org_nr(1), "eg-infodoc"): 11}
    assert rejected.totals(date(2026, 4, 1)) == {}


def test_items_are_of_the_norwegian_day_on_which_their_delivery_arrived() -> None:
    rejected = RejectedItems()
    rejected.add(receipt(datetime(2026, 1, 1, 23, 30, tzinfo=UTC), 7))  # 00:30 on 2 January
    assert rejected.totals(date(2026, 2, 1)) == {(org_nr(1), "eg-infodoc"): 7}
    assert rejected.totals(date(2026, 2, 2)) == {}


def test_the_quarantine_tells_number_and_age_of_open_items() -> None:
    quarantine = Quarantine()
    for n, (state, minute) in enumerate([("open", 1), ("open", 2), ("closed", 0)]):
        since = datetime(2026, 3, 4, 10, minute, tzinfo=UTC)
        item = {"quarantine_id": str(n), "system": "eg-infodoc", "state": state, "since": since}
        quarantine.add(item)
    found = quarantine.open_items()[System.EG_INFODOC]
    assert (found.number, found.oldest) == (2, datetime(2026, 3, 4, 10, 1, tzinfo=UTC).timestamp())
    quarantine.add({**item, "quarantine_id": "0", "state": "discarded"})
    assert quarantine.open_items()[System.EG_INFODOC].number == 1
