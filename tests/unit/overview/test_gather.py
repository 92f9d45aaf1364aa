"""The facts of two readings, from metrics as the processes serve them."""

from __future__ import annotations

import pytest

from kpr_stream.model.topics import PARTITIONS
from kpr_stream.model.words import SYSTEMS, System
from kpr_stream.overview.gather import gather
from kpr_stream.overview.samples import ADDRESS, Reading, Samples, increases
from tests.support.installation import (
    BLOCKED,
    HEARD,
    NEVER,
    RATE,
    SILENT,
    Installation,
)

UNITS = (HEARD, SILENT, NEVER, BLOCKED)
BEFORE, NOW = Installation(units=UNITS), Installation(units=UNITS, seconds=10)
FACTS = gather(NOW.samples(), BEFORE.samples())


def test_every_process_is_named_by_what_it_says_of_itself() -> None:
    assert [(one.process, one.name) for one in FACTS.processes] == [
        ("worker", "worker-1"),
        ("worker", "worker-2"),
        ("content-sink", "content"),
        ("identity-sink", "identity"),
        ("projector", "projector"),
        ("exporter", "exporter"),
        ("probe", "probe"),
    ]
    assert all(one.answers and one.ready and one.version for one in FACTS.processes)


def test_the_rates_of_all_workers_are_summed_and_the_totals_of_states_are_shares() -> None:
    by_system = {one.system: one for one in FACTS.systems}
    assert list(by_system) == list(SYSTEMS)
    visma = by_system[System.VISMA_HSPRO]
    assert visma.deliveries_per_s == pytest.approx(2 * RATE)
    assert visma.items_per_s == pytest.approx(20 * RATE)
    assert visma.rejected_share == pytest.approx(0.02)
    assert (visma.units, visma.silent, visma.blocked) == (1, 0, 0)
    infodoc = by_system[System.EG_INFODOC]
    assert (infodoc.units, infodoc.silent, infodoc.blocked) == (2, 2, 0)
    assert by_system[System.CGM_HELSESTASJON].blocked == 1
    assert by_system[System.HELSEPLATTFORMEN].units == 0
    assert by_system[System.HELSEPLATTFORMEN].rejected_share is None


def test_a_first_reading_has_no_rates() -> None:
    facts = gather(NOW.samples())
    assert {one.items_per_s for one in facts.systems} == {None}
    assert {one.commits_per_s for one in facts.workers} == {None}
    assert {one.rows_per_s for one in facts.sinks} == {None}


def test_lanes_belong_to_the_worker_that_shows_them() -> None:
    assert [(one.name, one.lanes, one.waiting) for one in FACTS.workers] == [
        ("worker-1", (0, 1, 2, 3), 6),
        ("worker-2", (4, 5, 6, 7), 22),
    ]
    assert FACTS.workers[0].commits_per_s == pytest.approx(RATE)
    assert FACTS.unowned_lanes == ()
    alone = gather(Installation(away=["worker-2"]).samples())
    assert alone.unowned_lanes == (4, 5, 6, 7)


def test_without_the_owner_of_a_lane_nobody_knows_how_long_its_deliveries_wait() -> None:
    waiting = 'kpr_unprocessed_deliveries{system="eg-infodoc"} 5\n'

    def oldest(away: tuple[str, ...]) -> dict[str, float | None]:
        facts = gather(Installation(away=away, more=waiting, waiting_s=7.0).samples())
        return {one.system: one.oldest_waiting_s for one in facts.systems}

    assert oldest(())[System.EG_INFODOC] == 7.0
    assert oldest(("worker-2",)) == {**oldest(()), System.EG_INFODOC: None}


def test_sinks_sum_up_their_partitions() -> None:
    content, _ = FACTS.sinks
    assert (content.sink, content.lag) == ("content", 2 * PARTITIONS)
    assert content.rows_per_s == pytest.approx(30)
    assert content.last_commit_s == pytest.approx(3)


def test_the_projector_sums_up_its_partitions_and_what_it_holds_is_no_lag() -> None:
    found = FACTS.projector
    assert found is not None
    assert (found.lag, found.held) == (PARTITIONS, 3 * PARTITIONS)
    assert found.records_per_s == pytest.approx(21)
    assert found.last_commit_s == pytest.approx(5)
    assert gather(Installation(missing=["projector"]).samples()).projector is None


def test_the_municipality_with_most_troubles_is_first() -> None:
    assert [(one.name, one.silent, one.blocked) for one in FACTS.municipalities] == [
        ("Bergen", 2, 0),
        ("Trondheim - Tråante", 0, 1),
        ("Oslo - Oslove", 0, 0),
    ]
    bergen, _, oslo = FACTS.municipalities
    assert bergen.oldest_delivery_s is None, "one of its units was never heard"
    assert bergen.newest_delivery_s == pytest.approx(6 * 86_400 + 10)
    assert oslo.newest_delivery_s == pytest.approx(2 * 3600 + 10)


def test_only_units_with_a_trouble_are_listed_the_longest_first() -> None:
    found = {one.org_nr: one for one in FACTS.units}
    assert HEARD.org_nr not in found
    assert list(found)[-1] == BLOCKED.org_nr
    assert found[NEVER.org_nr].never_reported
    assert found[SILENT.org_nr].overdue_s == pytest.approx(2 * 86_400 + 3 * 3600 + 10)
    assert found[BLOCKED.org_nr].blocked_reason == "DIGEST_MISMATCH"
    assert found[BLOCKED.org_nr].overdue_s is None


def test_two_exporters_count_no_unit_twice() -> None:
    one = NOW.samples()
    again = [r for r in one.readings if r.name == "exporter"]
    (other,) = [
        Reading(process=r.process, name="exporter-2", address="127.0.0.1:9442", text=r.text)
        for r in again
    ]
    twice = gather(Samples([*one.readings, other], at=one.at))
    assert [s.units for s in twice.systems] == [s.units for s in FACTS.systems]
    assert twice.municipalities == FACTS.municipalities


def test_a_process_that_has_started_again_counts_from_zero_and_a_new_one_not_at_all() -> None:
    def reading(address: str, text: str | None) -> Reading:
        return Reading(process="worker", name="one", address=address, text=text)

    before = Samples([reading("a:1", "kpr_commits_total 50\n"), reading("b:1", None)], at=0.0)
    now = Samples(
        [reading("a:1", "kpr_commits_total 7\n"), reading("b:1", "kpr_commits_total 900\n")],
        at=1.0,
    )
    assert increases(before, now, "kpr_commits_total", ADDRESS) == {("a:1",): 7}


def test_what_serves_no_metrics_does_not_answer() -> None:
    page = Reading(process="?", name="x", address="x:80", text="<html>{not metrics</html>\n")
    (found,) = gather(Samples([page], at=0.0)).processes
    assert not found.answers
    assert found.why_not == "it serves no metrics"
