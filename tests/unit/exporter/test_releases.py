"""Items by release of the senders' software, and deliveries that nobody has processed."""

from __future__ import annotations

from typing import Final

from kpr_stream.audit.books import Section, SourcePartition
from kpr_stream.exporter.follow import unprocessed
from kpr_stream.exporter.releases import ReleaseItems
from kpr_stream.exporter.states import UnitStates
from kpr_stream.model.unit import Totals, UnitState, unit_key
from kpr_stream.model.words import OUTCOMES, SYSTEMS, System
from kpr_stream.schemas import wire

OLD: Final = "4.1"
NEW: Final = "4.2"
ACCEPTED: Final = 0
REJECTED: Final = len(OUTCOMES) - 1


def state(version: str | None, accepted: int = 0, rejected: int = 0, at: int = 1_000) -> UnitState:
    items = [0] * len(OUTCOMES)
    items[ACCEPTED], items[REJECTED] = accepted, rejected
    return UnitState(
        org_nr="974760673",
        system=System.EG_INFODOC,
        software_version=version,
        last_delivery_at=at,
        totals=Totals(items=tuple(items)),
    )


def counted(items: ReleaseItems) -> dict[tuple[str, str], int]:
    """By version and outcome, without zeros."""
    found = {(version, what): n for (_, version, what), n in items.totals().items() if n}
    return dict(sorted(found.items()))


def test_what_a_delivery_adds_belongs_to_its_release() -> None:
    items = ReleaseItems()
    items.begin([state(OLD, 100, 3)])
    assert counted(items) == {}
    assert len(items.totals()) == len(OUTCOMES), "the release in use starts at zero"
    items.change(state(OLD, 100, 3), state(OLD, 110, 3))
    items.change(state(OLD, 110, 3), state(NEW, 112, 9))
    assert counted(items) == {(OLD, "accepted"): 10, (NEW, "accepted"): 2, (NEW, "rejected"): 6}


def test_a_unit_that_is_new_is_counted_from_its_first_delivery() -> None:
    items = ReleaseItems()
    items.begin([state(None)])
    assert not items.totals(), "an agreement is no release"
    items.change(None, state(NEW, 5))
    items.change(state(NEW, 5), state(NEW, 1))
    assert counted(items) == {(NEW, "accepted"): 5}, "totals that begin again add nothing"


def test_the_releases_that_were_heard_of_last_are_kept() -> None:
    items = ReleaseItems(most=2)
    items.begin([state("a", at=3), state("b", at=1)])
    items.change(None, state("c", 1, at=2))
    items.change(None, state("a", 1, at=0))
    assert {version for _, version, _ in items.totals()} == {"a", "c"}


def test_a_version_that_a_sender_writes_names_nobody() -> None:
    items = ReleaseItems()
    items.begin([state("1.0 for 01815012345")])
    assert {version for _, version, _ in items.totals()} == {"unknown"}


def test_every_record_since_the_first_reading_is_counted() -> None:
    states = UnitStates()

    def read(*records: UnitState) -> None:
        for one in records:
            key = unit_key(one.org_nr, one.system)
            states.add(key, wire.encode("unit_state", one.to_record()))
        states.all()

    read(state(OLD, 100), state(OLD, 120))
    assert counted(states.releases) == {}
    # Both within one round: the second is another release.
    read(state(OLD, 123), state(NEW, 127))
    assert counted(states.releases) == {(OLD, "accepted"): 3, (NEW, "accepted"): 4}


def test_unprocessed_is_what_lies_there_and_is_not_committed() -> None:
    first, second, third = (SourcePartition(SYSTEMS[0], lane) for lane in range(3))
    other = SourcePartition(SYSTEMS[1], 0)
    sections = {
        first: Section(committed=10, end=15),
        second: Section(committed=0, end=9),  # nobody has ever committed; 4 were deleted by age
        third: Section(committed=20, end=8),  # made again
        other: Section(committed=7, end=7),
    }
    begins = {first: 2, second: 4, third: 0, other: 0}
    assert unprocessed(sections, begins) == dict.fromkeys(SYSTEMS, 0) | {SYSTEMS[0]: 10}
