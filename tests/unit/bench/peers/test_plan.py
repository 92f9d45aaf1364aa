"""The input of the peers, the outputs that it wants, and how outputs are judged."""

from __future__ import annotations

from collections import Counter

from bench.peers.apps.bare import encoded, items_of
from bench.peers.fill import clear_records
from bench.peers.plan import LATER, Checked, Planned, check, expected, plan
from kpr_stream.model.partition import partition_of
from kpr_stream.model.topics import PARTITIONS

PLANNED = plan(400, 10)


def outputs(planned: list[Planned]) -> list[tuple[bytes, bytes]]:
    """What a peer without state writes."""
    return [
        (item.key.encode(), encoded(item))
        for record in clear_records(planned)
        for item in items_of(record.value or b"")
    ]


def test_one_delivery_in_ten_comes_again_later_with_the_next_sequence() -> None:
    times = Counter(one.first for one in PLANNED)
    assert sum(times.values()) == 44
    again = [first for first, count in times.items() if count > 1]
    assert again == [0, 100, 200, 300]
    for first in again:
        one, other = (n for n, own in enumerate(PLANNED) if own.first == first)
        assert other - one >= LATER
        assert PLANNED[one].org_nr == PLANNED[other].org_nr
        assert PLANNED[one].sequence < PLANNED[other].sequence


def test_each_unit_counts_its_deliveries_without_gaps_and_all_lanes_have_some() -> None:
    found: dict[str, list[int]] = {}
    for one in plan(8_000, 100):
        found.setdefault(one.org_nr, []).append(one.sequence)
    assert all(numbers == list(range(1, len(numbers) + 1)) for numbers in found.values())
    assert {partition_of(org_nr) for org_nr in found} == set(range(PARTITIONS))


def test_every_item_is_expected_once_and_its_record_is_the_reduced_item() -> None:
    wanted = expected(PLANNED)
    assert len(wanted) == 400
    first = PLANNED[0]
    fields = wanted[f"{first.org_nr}|k-0".encode()]
    item = first.items()[0]
    assert fields["org_nr"] == first.org_nr
    assert fields["weight_g"] == item["weight_g"]
    assert fields["start"] == item["start"].timestamp() * 1_000_000
    assert "fnr" not in fields


def test_what_the_shared_work_writes_is_right_but_for_doubles_without_state() -> None:
    wanted = expected(PLANNED)
    assert check(outputs(PLANNED), wanted) == Checked(missing=0, wrong=0, doubles=40)


def test_a_missing_a_wrong_and_a_foreign_output_are_found() -> None:
    wanted, own = expected(PLANNED), outputs(plan(400, 10)[:8])
    key, value = own[0]
    other = own[1][1]
    assert check(own[1:], wanted).missing == 321
    assert check([(key, other)], wanted).wrong == 1
    assert check([(key, value + b"\0")], wanted).wrong == 1
    assert check([(key, value[:-1])], wanted).wrong == 1
    assert check([(b"other", value)], wanted).wrong == 1
